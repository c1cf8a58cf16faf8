"""Does the process grow? The verdict of a run, from samples that are equally spaced in messages.

Ordinary trend tests call every warm-up plateau a leak. Here growth is VALID only when it is above a threshold in the
second AND the last third of the run, no less than half as fast in the last, and in neither the work of one step, which
is how an allocator takes memory; INVALID only when the last two thirds rule out a slope of that size; else
INCONCLUSIVE, and the run has to be longer.
"""

from enum import Enum

import msgspec
import numpy as np
from numpy.typing import NDArray

from tidemark.memory.ledger import Reservation, Usage
from tidemark.units import KIB

BUDGET_SHARE = 0.005
LEAST_BYTES = 256 * KIB
BLOCKS_PER_MILLION = 200
# The minimum of a block of samples is free of what came and went inside it.
BLOCK = 4
LEAST_SAMPLES = 96
_Z95 = 1.959964

_SAMPLES = 720
_OBJECT_BYTES = 2048


class Growth(Enum):
    """Whether the hypothesis "it grows" holds."""

    VALID = "VALID"
    INVALID = "INVALID"
    INCONCLUSIVE = "INCONCLUSIVE"


class Slope(msgspec.Struct, frozen=True, kw_only=True):
    """A Theil-Sen slope and its bounds at 95 %, in units of the series per whole run."""

    value: float
    lower: float
    upper: float


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one series says. `slope` is that of the last two thirds, None while there are too few samples.

    `threshold` in units of the series per run; `needed` more samples may settle an inconclusive run, 0 otherwise.
    """

    growth: Growth
    slope: Slope | None
    threshold: float
    samples: int
    needed: int


class GrowthReport(msgspec.Struct, frozen=True, kw_only=True):
    """The verdicts on anonymous memory (bytes) and on the interpreter's blocks, and the one that follows from both."""

    memory: Verdict
    blocks: Verdict

    @property
    def growth(self) -> Growth:
        """VALID when either grows, INVALID when neither does."""
        both = {self.memory.growth, self.blocks.growth}
        if Growth.VALID in both:
            return Growth.VALID
        return Growth.INVALID if both == {Growth.INVALID} else Growth.INCONCLUSIVE


class Samples:
    """At most `capacity` samples of a run of any length: when full, every other one goes and the stride doubles.

    Memory: allocated once; a sampler that grew would be seen by its own verdict.
    """

    def __init__(self, owner: str = "samples", capacity: int = _SAMPLES) -> None:
        self.reservation = self.reserve(owner, capacity)
        self.stride = 1
        self._rows = np.empty((capacity, 3), np.int64)
        self._rows.fill(0)
        self._count = 0
        self._offered = 0
        self._evicted = 0
        self._dropped = 0

    @staticmethod
    def reserve(owner: str = "samples", capacity: int = _SAMPLES) -> Reservation:
        """What such a sampler will take; allocates nothing."""
        return Reservation(
            owner=owner,
            kind="array",
            capacity=capacity,
            item_bytes=24,
            fixed_bytes=_OBJECT_BYTES,
            policy="keeps every other sample",
        )

    def __len__(self) -> int:
        return self._count

    @property
    def is_due(self) -> bool:
        """Whether the next sample may be kept; else there is no need to take it."""
        return self._offered % self.stride == 0

    def skip(self) -> None:
        """Let a turn pass without a sample."""
        self._offered += 1
        self._dropped += 1

    def add(self, messages: int, anonymous: int, blocks: int) -> None:
        """Take a sample after *messages* messages in all; kept when its turn has come."""
        if not self.is_due:
            self.skip()
            return
        self._offered += 1
        capacity = self.reservation.capacity
        if self._count == capacity:
            kept = (capacity + 1) // 2
            self._rows[:kept] = self._rows[::2].copy()
            self._count = kept
            self._evicted += capacity - kept
            self.stride *= 2
            if (self._offered - 1) % self.stride:
                self._dropped += 1
                return
        self._rows[self._count] = (messages, anonymous, blocks)
        self._count += 1

    def column(self, index: int) -> NDArray[np.int64]:
        """A copy of one column, oldest first: 0 messages, 1 anonymous bytes, 2 blocks."""
        return self._rows[: self._count, index].copy()

    def clear(self) -> None:
        """Begin another run."""
        self._count = self._offered = 0
        self.stride = 1

    def usage(self) -> Usage:
        """Samples held now; `dropped` came between two turns, `evicted` went when the stride doubled."""
        return Usage(
            used=self._count,
            peak=self.reservation.capacity if self._evicted else self._count,
            bytes_used=self._rows.nbytes,
            evicted=self._evicted,
            dropped=self._dropped,
        )


def theil_sen(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Median of the slopes between all pairs of points one apart, and its bounds at 95 % (Sen 1968), per point."""
    count = len(values)
    first, second = np.triu_indices(count, 1)
    slopes = np.sort((values[second] - values[first]) / (second - first))
    spread = _Z95 * np.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = max(0, int(np.floor((len(slopes) - spread) / 2)))
    high = min(len(slopes) - 1, int(np.ceil((len(slopes) + spread) / 2)))
    return float(np.median(slopes)), float(slopes[low]), float(slopes[high])


def judge(values: NDArray[np.int64] | NDArray[np.float64], threshold: float) -> Verdict:
    """The verdict on one series, equally spaced; *threshold* is the growth per run that matters, in its units."""
    count = len(values)
    if count < LEAST_SAMPLES:
        return Verdict(
            growth=Growth.INCONCLUSIVE, slope=None, threshold=threshold, samples=count, needed=LEAST_SAMPLES - count
        )
    blocks = count // BLOCK
    # Blocks end with the newest sample; what does not fill one is the oldest.
    minima = values[count - blocks * BLOCK :].astype(np.float64).reshape(blocks, BLOCK).min(axis=1)
    middle, end = minima[blocks // 3 : 2 * blocks // 3], minima[2 * blocks // 3 :]
    second, third, late = _per_run(middle, blocks), _per_run(end, blocks), _per_run(minima[blocks // 3 :], blocks)
    growth, needed = Growth.INCONCLUSIVE, count
    lasting = second.lower > threshold and third.lower > threshold and third.value >= second.value / 2
    if lasting and _is_gradual(middle) and _is_gradual(end):
        growth, needed = Growth.VALID, 0
    elif late.upper < threshold:
        growth, needed = Growth.INVALID, 0
    return Verdict(growth=growth, slope=late, threshold=threshold, samples=count, needed=needed)


def _is_gradual(minima: NDArray[np.float64]) -> bool:
    """Whether no single step makes more than half of the rise; both are taken between means over a tenth."""
    width = max(1, len(minima) // 10)
    means = np.convolve(minima, np.full(width, 1 / width), "valid")
    return bool((means[width:] - means[:-width]).max() <= (means[-1] - means[0]) / 2)


def _per_run(minima: NDArray[np.float64], blocks: int) -> Slope:
    value, lower, upper = theil_sen(minima)
    return Slope(value=value * blocks, lower=lower * blocks, upper=upper * blocks)


def judge_samples(samples: Samples, budget: int) -> GrowthReport:
    """The verdicts on a run of a process with *budget* bytes."""
    messages = samples.column(0)
    run = int(messages[-1] - messages[0]) if len(messages) else 0
    return GrowthReport(
        memory=judge(samples.column(1), max(BUDGET_SHARE * budget, LEAST_BYTES)),
        blocks=judge(samples.column(2), BLOCKS_PER_MILLION * max(1.0, run / 1_000_000)),
    )
