"""What a run counted: hits, false alarms and misses of each event, delays, phases, schematics; and figures of them.

Memory: of a fixed size, but for `Cases`, which holds at most *MOST_CASES* of a kind and writes the rest to a file.
"""

from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.wyckoff.reading import PHASES
from tidemark.errors import StoreError
from tidemark.proof.accuracy.matching import Pair
from tidemark.signals.statistics import Interval, wilson
from tidemark.sim.schematics.label import KINDS, TEMPLATES

Array = npt.NDArray[Any]

MOST_CASES = 100
# Delays above it are counted as it.
MOST_DELAY = 4096


class Share(msgspec.Struct, frozen=True):
    """A share and its 95 % interval (Wilson); None of nothing."""

    value: float | None
    low: float
    high: float


class EventScore(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of event did; direction 0 is both together.

    f1: its interval is Wilson's with the mean of found and true events as the number of trials, which is near enough,
    and not exact. Delays are bars from the event to where it was known, of the hits.
    """

    event: str
    direction: int
    hits: int
    false: int
    missed: int
    precision: Share
    recall: Share
    f1: Share
    delay_median: float | None
    delay_p90: float | None


class PhaseScore(msgspec.Struct, frozen=True, kw_only=True):
    """How often the phase of a bar was right: of all bars, and of those that lie within a planted range.

    confusion: bars, by true phase (rows) and told phase, 0 and A to E each.
    """

    accuracy: float
    within: float
    confusion: tuple[tuple[int, ...], ...]


class SchematicScore(msgspec.Struct, frozen=True, kw_only=True):
    """How often a planted schematic was told as complete, by its own name or by another, of all of its kind."""

    template: str
    planted: int
    named: int
    otherwise: int


class Negative(msgspec.Struct, frozen=True, kw_only=True):
    """What was found where nothing is: by event, a thousand bars; complete schematics, ten thousand bars."""

    name: str
    bars: int
    alarms: dict[str, float]
    alarms_in_all: float
    schematics: int
    schematics_per_10k: float


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One event that was missed, or one that was found and is none."""

    kind: str
    event: str
    direction: int
    symbol: str
    at: int
    template: str = ""
    confidence: float | None = None


class Cases:
    """Examples: the first *MOST_CASES* of each kind and event here, the rest in *file*, a JSON object a line."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._out: IO[bytes] | None = None
        self.kept: dict[tuple[str, str], list[Case]] = {}  # bounded: two kinds, the events, MOST_CASES each
        self.written = self.left_out = 0

    def __enter__(self) -> Self:
        if self._file is not None:
            try:
                self._out = self._file.open("wb")
            except OSError as error:
                raise StoreError(f"{self._file} cannot be written: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None

    def add(self, case: Case) -> None:
        """One more."""
        kept = self.kept.setdefault((case.kind, case.event), [])
        if len(kept) < MOST_CASES:
            kept.append(case)
        elif self._out is not None:
            self._out.write(msgspec.json.encode(case) + b"\n")
            self.written += 1
        else:
            self.left_out += 1


class Tally:
    """Counts over all series of a run."""

    def __init__(self, cases: Cases) -> None:
        self.cases = cases
        self.bars = self.series = 0
        # By kind, and by direction: -1 first.
        self._counts = np.zeros((len(KINDS), 2, 3), np.int64)
        self._delays = np.zeros((len(KINDS), 2, MOST_DELAY + 1), np.int64)
        self._confusion = {name: np.zeros((len(PHASES), len(PHASES)), np.int64) for name in ("known", "drawn")}
        self._schematics = np.zeros((len(TEMPLATES), 3), np.int64)
        self.false_schematics = 0

    def pair(self, pair: Pair, symbol: str) -> None:
        """One settled pair."""
        label, found = pair.label, pair.found
        one = label or found
        if one is None:
            return
        place = KINDS.index(one.event), int(one.direction > 0)
        if label is not None and found is not None:
            self._counts[place][0] += 1
            self._delays[place][min(max(found.confirmed - found.at, 0), MOST_DELAY)] += 1
        elif label is not None:
            self._counts[place][2] += 1
            self.cases.add(
                Case(kind="missed", event=label.event, direction=label.direction, symbol=symbol, at=label.at,
                     template=label.template)
            )  # fmt: skip
        elif found is not None:
            self._counts[place][1] += 1
            self.cases.add(
                Case(kind="false", event=found.event, direction=found.direction, symbol=symbol, at=found.at,
                     confidence=found.confidence)
            )  # fmt: skip

    def phases(self, name: str, true: Array, told: Array) -> None:
        """Bars of which the phase is settled; *name*: `known` or `drawn`."""
        width = len(PHASES)
        counted = np.bincount(true.astype(np.int64) * width + told, minlength=width * width)
        self._confusion[name] += counted.reshape(width, width)

    def schematic(self, template: str, *, is_found: bool, is_named: bool) -> None:
        """One planted schematic, and what became of it."""
        row = self._schematics[TEMPLATES.index(template)]
        row += (1, int(is_named), int(is_found and not is_named))

    def events(self) -> list[EventScore]:
        """Of each kind: both directions, then +1 and -1."""
        rows = []
        for number, name in enumerate(KINDS):
            for direction, sides in ((0, [0, 1]), (1, [1]), (-1, [0])):
                counts = self._counts[number, sides].sum(axis=0)
                rows.append(_score(name, direction, counts, self._delays[number, sides].sum(axis=0)))
        return rows

    def phase_score(self, name: str) -> PhaseScore:
        """How the phases did, as `known` or as `drawn`."""
        table = self._confusion[name]
        right, within = np.diag(table), table[1:].sum()
        return PhaseScore(
            accuracy=float(right.sum() / max(table.sum(), 1)), within=float(right[1:].sum() / max(within, 1)),
            confusion=tuple(tuple(int(count) for count in row) for row in table),
        )  # fmt: skip

    def schematic_scores(self) -> list[SchematicScore]:
        """How the schematics did."""
        return [
            SchematicScore(template=name, planted=int(row[0]), named=int(row[1]), otherwise=int(row[2]))
            for name, row in zip(TEMPLATES, self._schematics, strict=True)
        ]

    def negative(self, name: str) -> Negative:
        """What was counted, where all of it is false."""
        counts = self._counts.sum(axis=(1, 2))
        thousand = max(self.bars, 1) / 1000.0
        return Negative(
            name=name, bars=self.bars, alarms={kind: float(counts[at] / thousand) for at, kind in enumerate(KINDS)},
            alarms_in_all=float(counts.sum() / thousand), schematics=self.false_schematics,
            schematics_per_10k=self.false_schematics / max(self.bars, 1) * 10_000.0,
        )  # fmt: skip


def share_of(part: int, whole: int) -> Share:
    """*part* of *whole*.

    >>> share_of(8, 10).value
    0.8
    """
    interval: Interval = wilson(part, whole)
    return Share(part / whole if whole else None, interval.low, interval.high)


def _score(name: str, direction: int, counts: Array, delays: Array) -> EventScore:
    hits, false, missed = (int(count) for count in counts)
    trials = 2 * hits + false + missed
    interval = wilson(hits, round(trials / 2))
    return EventScore(
        event=name, direction=direction, hits=hits, false=false, missed=missed, precision=share_of(hits, hits + false),
        recall=share_of(hits, hits + missed),
        f1=Share(2 * hits / trials if trials else None, interval.low, interval.high),
        delay_median=_quantile(delays, 0.5), delay_p90=_quantile(delays, 0.9),
    )  # fmt: skip


def _quantile(counts: Array, share: float) -> float | None:
    """The lowest delay that so many do not exceed."""
    total = int(counts.sum())
    return float(np.searchsorted(np.cumsum(counts), share * total)) if total else None
