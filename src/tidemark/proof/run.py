"""One run of a process as an audit sees it: how long it is, whether it grows, and what in it becomes more."""

from collections.abc import Callable, Sequence
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.live.probe import Sample
from tidemark.memory.census import Held
from tidemark.memory.growth import (
    BLOCKS_PER_MILLION,
    BUDGET_SHARE,
    LEAST_BYTES,
    LEAST_SAMPLES,
    Growth,
    GrowthReport,
    Verdict,
    judge,
)
from tidemark.proof.findings import Suspect
from tidemark.proof.recording import Recording
from tidemark.units import MINUTE, SECOND

# In its first minutes a process fills what it will hold; a shorter run says nothing.
LEAST_RUN_S = 300.0
# The time of an engine goes on in steps, so that a run may look shorter than it was.
_STEP_S = 5.0
# Counts in the last two thirds of a run, from which a rise can be told.
LEAST_COUNTS = 4
# About what one of Python's blocks takes, where only blocks are seen to grow.
_BLOCK_BYTES = 64
_LEAST_RISE = 16.0

Values = npt.NDArray[np.float64]


class Rise(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that rises all the time that is looked at; per minute, `most` in the fastest quarter of it."""

    per_minute: float
    most: float
    first: float
    last: float


class Run:
    """The samples of *recording*. Times are by the process's clock, which a soak makes pass faster."""

    def __init__(self, recording: Recording) -> None:
        self.looks: Sequence[Sample] = recording.looks
        self.counts: Sequence[Sample] = recording.counts

    @property
    def last(self) -> Sample:
        """The newest sample."""
        return self.looks[-1]

    @property
    def whole(self) -> Sample | None:
        """The newest whole sample; None when none was taken."""
        return self.counts[-1] if self.counts else None

    @property
    def minutes(self) -> float:
        """How long it is."""
        return (self.looks[-1].lived_ns - self.looks[0].lived_ns) / MINUTE

    @property
    def messages(self) -> int:
        """What came in meanwhile."""
        return self.looks[-1].messages - self.looks[0].messages

    @property
    def missing_s(self) -> float:
        """How much longer it has to be before growth can be judged; 0 when it is long enough."""
        seconds = self.minutes * 60
        by_samples = seconds * LEAST_SAMPLES / len(self.looks) if len(self.looks) < LEAST_SAMPLES else 0.0
        missing = max(LEAST_RUN_S, by_samples) - seconds
        return missing if by_samples or missing > _STEP_S else 0.0

    def series(self, of: Callable[[Sample], float]) -> Values:
        """A figure over the run, equally spaced in messages; in time, where no message came."""
        places = np.array([sample.messages for sample in self.looks], np.float64)
        if places[-1] == places[0]:
            places = np.array([sample.lived_ns for sample in self.looks], np.float64)
        values = np.array([of(sample) for sample in self.looks], np.float64)
        spaced: Values = np.interp(np.linspace(places[0], places[-1], len(places)), places, values)
        return spaced

    def judge(self, of: Callable[[Sample], float], threshold: float) -> Verdict:
        """Whether a figure grows, by the rule of `tidemark.memory.growth`; inconclusive while the run is too short."""
        verdict = judge(self.series(of), threshold)
        if self.missing_s:
            return msgspec.structs.replace(verdict, growth=Growth.INCONCLUSIVE)
        return verdict

    @property
    def byte_threshold(self) -> float:
        """The growth of memory over a run that matters."""
        return max(BUDGET_SHARE * self.last.budget, LEAST_BYTES)

    @property
    def block_threshold(self) -> float:
        """The growth in Python's blocks over a run that matters."""
        return BLOCKS_PER_MILLION * max(1.0, self.messages / 1_000_000)

    @cached_property
    def growth(self) -> GrowthReport:
        """The verdict on the process."""
        return GrowthReport(
            memory=self.judge(lambda sample: sample.process.anonymous, self.byte_threshold),
            blocks=self.judge(lambda sample: sample.process.blocks, self.block_threshold),
        )

    @cached_property
    def observed(self) -> float | None:
        """Bytes a minute by which the process grows; None where it is not said to."""
        if self.growth.growth is not Growth.VALID or not self.minutes:
            return None
        memory, blocks = self.growth.memory.slope, self.growth.blocks.slope
        if self.growth.memory.growth is Growth.VALID and memory is not None:
            return max(memory.value, 1.0) / self.minutes
        return max(blocks.value * _BLOCK_BYTES if blocks is not None else 0.0, 1.0) / self.minutes

    def slope(self, of: Callable[[Sample], float]) -> float:
        """By how much a figure rises a minute, over the last two thirds."""
        slope = judge(self.series(of), 0.0).slope
        return slope.value / self.minutes if slope is not None and self.minutes else 0.0

    def rise(self, points: Sequence[tuple[float, float]], least: float = _LEAST_RISE) -> Rise | None:
        """The rise of a figure over (minutes, value) by at least *least* in the last two thirds; None without one.

        What counts is the least of each part of three: whatever comes and goes is at its least now and then. The median
        has to rise as well.
        """
        late = self.late(points)
        if len(late) < LEAST_COUNTS:
            return None
        times, values = np.array(late, np.float64).T
        starts = np.array([part[0] for part in np.array_split(times, 3)])
        minima = np.array([part.min() for part in np.array_split(values, 3)])
        medians = np.array([np.median(part) for part in np.array_split(values, 3)])
        (before, behind), spans = np.diff(minima), np.diff(starts)
        if before <= 0 or behind <= 0 or before + behind < least or min(*spans, *np.diff(medians)) <= 0:
            return None
        if behind / spans[1] < before / spans[0] / 2:
            return None
        apart = max(1, len(late) // 4)
        steps = (values[apart:] - values[:-apart]) / np.maximum(times[apart:] - times[:-apart], 1e-9)
        whole = float((minima[-1] - minima[0]) / (starts[-1] - starts[0]))
        return Rise(per_minute=whole, most=float(steps.max()), first=float(values[0]), last=float(values[-1]))

    def late(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """Those of the last two thirds of the run, of which a rise is told."""
        return [(at, value) for at, value in points if at >= self.minutes / 3]

    def over_counts(self, of: Callable[[Sample], float]) -> list[tuple[float, float]]:
        """A figure of the whole samples: minutes since the start of the run, and value."""
        start = self.looks[0].lived_ns
        return [((sample.lived_ns - start) / MINUTE, of(sample)) for sample in self.counts]

    def over_looks(self, of: Callable[[Sample], float]) -> list[tuple[float, float]]:
        """The same of the cheap samples."""
        start = self.looks[0].lived_ns
        return [((sample.lived_ns - start) / MINUTE, of(sample)) for sample in self.looks]

    @cached_property
    def rising(self) -> tuple[tuple[Held, Suspect], ...]:
        """Every name of the census that becomes more, with its share of the growth, the largest first."""
        found = []
        tables = [
            {(one.kind, one.name): one for one in sample.dear.held} if sample.dear is not None else {}
            for sample in self.counts
        ]
        start = self.looks[0].lived_ns if self.looks else 0
        times = [(sample.lived_ns - start) / MINUTE for sample in self.counts]
        for key, latest in (tables[-1] if tables else {}).items():
            held = [table.get(key) for table in tables]
            # What a view keeps alive counts, not how many views there are.
            amounts = [0.0 if one is None else float(one.bytes if one.kind == "view" else one.entries) for one in held]
            if (rise := self.rise(list(zip(times, amounts, strict=True)))) is not None:
                each = 1.0 if latest.kind == "view" else _bytes_each([one for one in held if one is not None])
                found.append((latest, self.suspect(f"{latest.kind} {latest.name}", _counted(latest), rise, each)))
        return tuple(sorted(found, key=lambda pair: -pair[1].bytes_per_minute))

    def suspect(self, name: str, what: str, rise: Rise, bytes_each: float) -> Suspect:
        """Something that rises, with its share of the growth."""
        rate = rise.per_minute * bytes_each
        return Suspect(
            name=name,
            what=what,
            per_minute=rise.per_minute,
            bytes_per_minute=rate,
            most_bytes_per_minute=rise.most * bytes_each,
            share=None if self.observed is None else rate / self.observed,
        )

    @property
    def seconds(self) -> float:
        """How long it is."""
        return (self.looks[-1].lived_ns - self.looks[0].lived_ns) / SECOND


def _counted(held: Held) -> str:
    kinds = {"view": "bytes pinned", "closure": "closures", "coroutine": "coroutines", "exception": "exceptions"}
    return kinds.get(held.kind, "objects" if held.kind == "instances" else "entries")


def _bytes_each(held: Sequence[Held]) -> float:
    """What one more entry takes: the containers' own growth, and what was weighed."""
    weighed = [one.bytes_each for one in held if one.bytes_each]
    first, last = held[0], held[-1]
    own = (last.bytes - first.bytes) / (last.entries - first.entries) if last.entries > first.entries else 0.0
    return max(0.0, own) + (float(np.median(weighed)) if weighed else 0.0)
