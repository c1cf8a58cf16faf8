"""What is wrong with candles in files, counted and not refused.

Gaps, rows twice or out of order, rows that are no candles, and stretches without volume.

Memory: one chunk, and of each kind the first cases.
"""

import msgspec
import numpy as np

from tidemark.backtest.bars import FIGURES, Array
from tidemark.backtest.data.dataset import Dataset
from tidemark.backtest.data.places import Place
from tidemark.backtest.data.source import Rows
from tidemark.backtest.data.stream import raw
from tidemark.backtest.imports.rows import Reason

TOLD = 5
# So many candles without volume in a row are a stretch of them.
QUIET = 60
_ROWS = 65_536
_EARLIEST, _LATEST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
_FAULTS = (
    Reason.FINITE, Reason.PRICE, Reason.VOLUME, Reason.CROSSED, Reason.OUTSIDE, Reason.GRID, Reason.TWICE, Reason.BACK,
)  # fmt: skip


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One place. time: of the row, or the last before a gap, or the first without volume (ns). count: candles."""

    file: str
    row: int
    time: int
    count: int = 1


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing: in how many places it was found, how many candles it is about, and the first of them."""

    kind: str
    places: int
    candles: int
    first: list[Case]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A market. first, last: open times (ns) of its candles, None without any. faults: rows that a backtest refuses."""

    market: str
    rows: int
    first: int | None
    last: int | None
    faults: list[Finding]
    gaps: Finding
    quiet: Finding

    @property
    def is_sound(self) -> bool:
        """Whether a backtest takes it."""
        return not self.faults


class _Count:
    """Places of one kind."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._first: list[Case] = []  # bounded: TOLD
        self._places = self._candles = 0

    def add(self, path: Place, rows: Array, times: Array, counts: Array) -> None:
        self._places += len(rows)
        self._candles += int(counts.sum())
        for row, time, count in zip(*(column[:TOLD].tolist() for column in (rows, times, counts)), strict=True):
            if len(self._first) < TOLD:
                self._first.append(Case(file=str(path), row=row, time=time, count=count))

    def told(self) -> Finding:
        return Finding(kind=self._kind, places=self._places, candles=self._candles, first=self._first)


class _Market:
    """Takes the rows of a market in the order of its files."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._newest = _EARLIEST
        self._begin: int | None = None
        self.rows = 0
        self.faults = {reason: _Count(reason.title) for reason in _FAULTS}
        self.gaps = _Count("gap")
        self.quiet = _Count("no volume")
        # The stretch without volume that may go on: where it began, and how long it is.
        self._open: tuple[Place, int, int] | None = None
        self._length = 0

    def take(self, path: Place, rows: Rows) -> None:
        reasons = self._judged(rows)
        for reason, count in self.faults.items():
            at = np.flatnonzero(reasons == reason)
            if len(at):
                count.add(path, rows.numbers[at], rows.times[at], np.ones(len(at), np.int64))
        self.rows += len(reasons)
        good = np.flatnonzero(reasons == Reason.NONE)
        if len(good):
            self._gaps(path, rows.numbers[good], rows.times[good])
            self._quiet(path, rows.numbers[good], rows.times[good], rows.figures["volume"][good] == 0)

    def told(self, market: str) -> Checked:
        self._end()
        found = [count.told() for count in self.faults.values()]
        return Checked(
            market=market, rows=self.rows, first=self._begin, last=None if self._begin is None else self._newest,
            faults=[one for one in found if one.places], gaps=self.gaps.told(), quiet=self.quiet.told(),
        )  # fmt: skip

    def _judged(self, rows: Rows) -> Array:
        """Of each row what is wrong with it; the newest time is that of the rows before."""
        opened, high, low, close, volume = figures = [rows.figures[name] for name in FIGURES]
        reasons = np.zeros(len(rows.times), np.uint8)
        with np.errstate(invalid="ignore"):
            for reason, is_bad in (
                (Reason.FINITE, ~np.isfinite(figures).all(axis=0)),
                (Reason.PRICE, np.min(figures[:4], axis=0) <= 0),
                (Reason.VOLUME, volume < 0),
                (Reason.CROSSED, high < low),
                (Reason.OUTSIDE, (np.maximum(opened, close) > high) | (np.minimum(opened, close) < low)),
                (Reason.GRID, rows.times % self._step != 0),
            ):
                reasons[(reasons == Reason.NONE) & is_bad] = reason
        good = np.flatnonzero(reasons == Reason.NONE)
        newest = np.maximum.accumulate(np.concatenate([[self._newest], rows.times[good]]))[:-1]
        reasons[good[rows.times[good] == newest]] = Reason.TWICE
        reasons[good[rows.times[good] < newest]] = Reason.BACK
        return reasons

    def _gaps(self, path: Place, numbers: Array, times: Array) -> None:
        if self._begin is None:
            self._begin = self._newest = int(times[0])
        before = np.concatenate([[self._newest], times[:-1]])
        missing = (times - before) // self._step - 1
        at = np.flatnonzero(missing > 0)
        if len(at):
            self.gaps.add(path, numbers[at], before[at], missing[at])
        self._newest = int(times[-1])

    def _quiet(self, path: Place, numbers: Array, times: Array, is_quiet: Array) -> None:
        edges = np.flatnonzero(np.diff(is_quiet, prepend=not is_quiet[0])).tolist()
        for begin, end in zip(edges, [*edges[1:], len(is_quiet)], strict=True):
            if not is_quiet[begin]:
                self._end()
                continue
            if self._open is None:
                self._open = path, int(numbers[begin]), int(times[begin])
            self._length += end - begin

    def _end(self) -> None:
        """The stretch without volume is over."""
        if self._open is not None and self._length >= QUIET:
            path, number, time = self._open
            self.quiet.add(path, *(np.array([value]) for value in (number, time, self._length)))
        self._open, self._length = None, 0


def checked(dataset: Dataset, market: int) -> Checked:
    """All that is to be said of one market. DataError where a file cannot be read at all."""
    found = _Market(dataset.timeframe.ns)
    for path, rows in raw(dataset, market, _EARLIEST, _LATEST, _ROWS):
        found.take(path, rows)
    return found.told(dataset.markets[market])
