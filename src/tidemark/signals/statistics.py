"""What few numbers are worth: intervals of a share and of a mean, and how likely a difference is by chance alone.

Trades of one time are not independent of each other: markets move together. So what is drawn anew and what is turned
over are blocks of time, never single trades.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Of the normal distribution, for 95 %.
Z = 1.959963984540054
DRAWS = 2000
# Up to so many blocks every turning is looked at, beyond that so many draws of them.
EXACT_BLOCKS = 12
_AT_ONCE = 64


class Interval(NamedTuple):
    """Where a figure lies, 95 %."""

    low: float
    high: float


def wilson(wins: int, count: int) -> Interval:
    """The interval of a share of *wins* in *count* (E. B. Wilson, JASA 22, 1927).

    >>> tuple(round(end, 4) for end in wilson(8, 10))
    (0.4902, 0.9433)
    """
    if count <= 0:
        return Interval(0.0, 1.0)
    share, square = wins / count, Z * Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = Z / (1 + square / count) * np.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return Interval(max(0.0, float(middle - half)), min(1.0, float(middle + half)))


def blocked(figures: Array, blocks: Array) -> tuple[Array, Array]:
    """The sum and the count of the figures of each block, in the order of the blocks."""
    _, at = np.unique(blocks, return_inverse=True)
    return np.bincount(at, figures), np.bincount(at).astype(np.float64)


def mean_interval(figures: Array, blocks: Array, rng: np.random.Generator, draws: int = DRAWS) -> Interval | None:
    """The percentile bootstrap of a mean over whole blocks (B. Efron, Annals of Statistics 7, 1979).

    None of fewer than two blocks: nothing is known then. Memory: 64 draws at a time.
    """
    sums, counts = blocked(figures, blocks)
    if len(sums) < 2:
        return None
    means = []
    for begin in range(0, draws, _AT_ONCE):
        drawn = rng.integers(0, len(sums), (min(_AT_ONCE, draws - begin), len(sums)))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    low, high = np.percentile(np.concatenate(means), (2.5, 97.5))
    return Interval(float(low), float(high))


def sign_test(differences: Array, blocks: Array, rng: np.random.Generator, draws: int = DRAWS) -> float:
    """How likely a mean of differences is at least as far from 0 by chance alone: both ends, over whole blocks.

    Were a signal no better than the random entry against it, either could have been the other: the sign of all
    differences of a block is turned at random. Up to 12 blocks all turnings are looked at, the one that was found among
    them, so that p is exact; beyond that 2,000 are drawn and p is (1 + as far) / (1 + draws).

    >>> sign_test(np.array([1.0, 1.0, 1.0]), np.arange(3), np.random.default_rng(1))
    0.25
    """
    sums, _ = blocked(differences, blocks)
    found = abs(float(sums.sum())) * (1.0 - 1e-12)
    if not len(sums):
        return 1.0
    if len(sums) <= EXACT_BLOCKS:
        turned = 1.0 - 2.0 * ((np.arange(1 << len(sums))[:, None] >> np.arange(len(sums))) & 1)
        return float(np.mean(np.abs(turned @ sums) >= found))
    as_far = 0
    for begin in range(0, draws, _AT_ONCE):
        turned = 1.0 - 2.0 * rng.integers(0, 2, (min(_AT_ONCE, draws - begin), len(sums)))
        as_far += int(np.count_nonzero(np.abs(turned @ sums) >= found))
    return (1 + as_far) / (1 + draws)
