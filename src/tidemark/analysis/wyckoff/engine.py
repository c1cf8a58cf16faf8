"""Structure of many series at once, a closed bar after the other: kernels over rows, then names.

A function of the bars: the same bars give the same, however they are cut into chunks. Memory: 2.5 KB a series.
"""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.wyckoff.profile import Profile
from tidemark.kernels import bar_features, structure
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.units import HOUR

Array = npt.NDArray[Any]

# Events that wait to be given on: a batch is taken in so many parts as it takes.
_ROOM = 256
_GIVEN: Layout = {"events": (np.int64, (structure.EVENT,)), "values": (np.float64, (structure.VALUES,))}
_COLUMNS: Layout = {
    "features": (np.float32, (bar_features.WIDTH,)),
    "state": (np.float32, (structure.WIDTH,)),
}
_DAY_HOURS = 24


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch of bars gave.

    events: int64 (n, 9) and values: float64 (n, 14), columns as of kernels.structure. seen: int32 (bars, 4), the newest
    range of each bar: id, phase, how it was seen, direction. pull: float64 (bars,), what events speak for. bars: int32
    (bars,), how many the series had. features: float64 (bars, 6) as of kernels.bar_features.
    """

    events: Array
    values: Array
    seen: Array
    pull: Array
    bars: Array
    features: Array


class Standing(msgspec.Struct, frozen=True, gc=False):
    """A live range, in the order of kernels.structure.STANDING: bars since the series began, prices as logarithms."""

    id: float
    origin: float
    begin: float
    lower: float
    upper: float
    bars: float
    inside: float
    volume_sum: float
    volume_time: float
    touches_lower: float
    touches_upper: float
    alternations: float
    phase: float
    phase_from: float
    broken: float
    break_at: float
    has_sign: float
    pullbacks: float
    pullback_at: float
    tests: float
    atr: float
    a: float
    b: float
    c: float
    d: float
    e: float


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """A climax that waits for its range: stage 1, or 2 with its reaction; levels as logarithms.

    first_level: before bars up to *lowered_at* went further; replaced_at: the climax whose place it took; -1 for none.
    """

    direction: int
    stage: int
    at: int
    level: float
    reaction: float
    first_level: float
    lowered_at: int
    replaced_at: int


class Structure:
    """The structure of all series of one timeframe."""

    def __init__(self, owner: str, *, series: int, timeframe_ns: int, profile: Profile, ledger: Ledger) -> None:
        self.profile = profile
        self._series = series
        self._table = Table(owner, slots=series, columns=_COLUMNS)
        ledger.open(self._table)
        given = Table(f"{owner}/given", slots=_ROOM, columns=_GIVEN)
        ledger.open(given)
        self._has_hours = timeframe_ns < _DAY_HOURS * HOUR
        rules, counts = profile.rule_table()
        self._events, self._values = given.columns["events"], given.columns["values"]
        self._kernel = structure.Structures(
            self._table.columns["state"],
            profile.parameter_row(),
            rules,
            counts,
            profile.odds_table(),
            profile.likely_table(),
            self._events,
            self._values,
        )

    @staticmethod
    def reserve(owner: str, *, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [
            Table.reserve(owner, slots=series, columns=_COLUMNS),
            Table.reserve(f"{owner}/given", slots=_ROOM, columns=_GIVEN),
        ]

    def take(
        self, rows: Array, times: Array, open_: Array, high: Array, low: Array, close: Array, volume: Array
    ) -> Batch:
        """Take closed bars: entry i of series rows[i] (int32), of one series in order, opened at times[i] (ns)."""
        rows = np.ascontiguousarray(rows, np.int32)
        hours = (times // HOUR % _DAY_HOURS).astype(np.int32) if self._has_hours else np.full(len(rows), -1, np.int32)
        logs = [np.log(np.ascontiguousarray(one, np.float64)) for one in (open_, high, low, close)]
        features = np.zeros((len(rows), bar_features.GIVEN))
        bar_features.measure(
            self._table.columns["features"], rows, hours, logs[0], logs[1], logs[2], logs[3],
            np.ascontiguousarray(volume, np.float64), features,
        )  # fmt: skip
        # As precise as they are kept: else a low would not equal the one before it.
        high, low, close = (one.astype(np.float32).astype(np.float64) for one in logs[1:])
        seen = np.zeros((len(rows), 4), np.int32)
        pull = np.zeros(len(rows))
        bars = np.zeros(len(rows), np.int32)
        parts: list[tuple[Array, Array]] = []
        begin = 0
        while begin < len(rows):
            begin, given = self._kernel.take(rows, high, low, close, features, begin, seen, pull, bars)
            parts.append((self._events[:given].copy(), self._values[:given].copy()))
        events = np.concatenate([one for one, _ in parts]) if parts else self._events[:0].copy()
        values = np.concatenate([one for _, one in parts]) if parts else self._values[:0].copy()
        return Batch(events=events, values=values, seen=seen, pull=pull, bars=bars, features=features)

    def standing(self, slot: int) -> tuple[int, list[Standing]]:
        """How many bars the series had, and its live ranges, the one that began last at the end."""
        count, ranges = self._kernel.standing(slot)
        return count, [Standing(*map(float, one)) for one in ranges]

    def candidates(self, slot: int) -> list[Candidate]:
        """Climaxes that wait for their range."""
        return [Candidate(*one) for one in self._kernel.candidates(slot)]

    def count(self, slot: int) -> int:
        """How many bars the series had."""
        return int(self._kernel.count(slot))

    def summary(self) -> Array:
        """Of every series: bars that it had, and how many live ranges it has; int32 (series, 2)."""
        told = np.zeros((self._series, 2), np.int32)
        self._kernel.summary(told)
        return told

    def atr(self, slot: int) -> float:
        """The average true range of the series, as a logarithm."""
        return float(self._table.columns["features"][slot, bar_features.ATR_COLUMN])

    def atrs(self) -> Array:
        """The same of all series, float (series,); 0 before it is known."""
        atrs: Array = self._table.columns["features"][:, bar_features.ATR_COLUMN]
        return atrs

    def clear(self, slot: int) -> None:
        """Forget the series."""
        self._table.clear(slot)
