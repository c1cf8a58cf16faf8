"""What a figure said beforehand about returns, with how sure that is: rank correlation, hits and deciles, by blocks.

Sums of each block of time are enough for all of it: many markets and years fit in little memory, and the bootstrap
draws whole blocks (H. Kunsch, The Jackknife and the Bootstrap for General Stationary Observations, 1989), the same for
all markets, so that what hangs together in time or between markets stays together.
"""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

DECILES = 10
DRAWS = 2000
_AT_ONCE = 64
# Columns of the sums of a block: for the rank correlation, for hits, and for each decile.
_N, _X, _Y, _XX, _YY, _XY, _SIGNED, _HITS, _LONGS, _UPS = range(10)
_FIRST_DECILE = 10
WIDTH = _FIRST_DECILE + 2 * DECILES


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A measured figure and its 95 % interval."""

    value: float
    low: float
    high: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one figure said about the return of one horizon.

    correlation: Spearman's, of figure and later return, each ranked within its market. hits: the share of returns in
    the direction of the figure, where both have one; base: what a coin with the same bias to either side would have
    hit; edge: hits less base. deciles: the mean return by the figure's decile within its market, lowest first;
    spread: the highest decile less the lowest. samples: pairs; independent: those that do not overlap, over all
    markets; blocks: of time. p: two-sided, of the correlation; survives: after the correction for all that was tested.
    """

    correlation: Estimate
    hits: float
    base: float
    edge: Estimate
    deciles: tuple[Estimate, ...]
    spread: Estimate
    samples: int
    independent: int
    blocks: int
    p: float
    survives: bool = False


def sums_of(figure: Array, returns: Array, block: Array, blocks: int) -> Array:
    """The sums of one market's pairs by their block, float64 (blocks, WIDTH).

    figure, returns: float64 (n,), finite; block: int (n,), in [0, blocks).
    """
    x, y = ranks(figure) - 0.5, ranks(returns) - 0.5
    has_sides = (figure != 0) & (returns != 0)
    signed = has_sides.astype(np.float64)
    columns = [
        np.ones(len(x)), x, y, x * x, y * y, x * y, signed, signed * ((figure > 0) == (returns > 0)),
        signed * (figure > 0), signed * (returns > 0),
    ]  # fmt: skip
    decile = np.minimum((ranks(figure) * DECILES).astype(int), DECILES - 1)
    for number in range(DECILES):
        inside = (decile == number).astype(np.float64)
        columns += [inside, inside * returns]
    return np.stack([np.bincount(block, column, blocks) for column in columns], axis=1)


def ranks(values: Array) -> Array:
    """The rank of each value as a share in (0, 1), ties at their mean.

    >>> ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist()
    [0.75, 0.125, 0.75, 0.375]
    """
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle: Array = np.cumsum(counts) - 0.5 * counts
    shares: Array = middle[inverse] / max(len(values), 1)
    return shares


def measure(sums: Array, independent: int, seed: int = 1) -> Measured | None:
    """What the blocks' sums say; None where there are fewer than five blocks, or no two figures differ."""
    used = sums[sums[:, _N] > 0]
    if len(used) < 5:
        return None
    total = used.sum(axis=0)
    if not np.isfinite(_correlation(total[None])[0]):
        return None
    rng = np.random.default_rng(seed)
    drawn = redrawn(used, rng)
    with np.errstate(divide="ignore", invalid="ignore"):
        correlations, edges = _correlation(drawn), _edge(drawn)
        deciles = [_mean_of(drawn, number) for number in range(DECILES)]
        hits, base = _hits(total[None])[0], _base(total[None])[0]
    below, above = float(np.mean(correlations <= 0)), float(np.mean(correlations >= 0))
    return Measured(
        correlation=estimated(_correlation(total[None])[0], correlations),
        hits=float(np.nan_to_num(hits)),
        base=float(np.nan_to_num(base)),
        edge=estimated(_edge(total[None])[0], edges),
        deciles=tuple(estimated(_mean_of(total[None], number)[0], deciles[number]) for number in range(DECILES)),
        spread=estimated(_mean_of(total[None], DECILES - 1)[0] - _mean_of(total[None], 0)[0], deciles[-1] - deciles[0]),
        samples=int(total[_N]),
        independent=independent,
        blocks=len(used),
        p=min(1.0, max(2.0 * min(below, above), 1.0 / DRAWS)),
    )


def redrawn(sums: Array, rng: np.random.Generator, draws: int = DRAWS) -> Array:
    """The sums of as many blocks as there are, drawn anew with replacement: float64 (draws, width).

    sums: float64 (blocks, width). Memory: 64 draws at a time.
    """
    count = len(sums)
    even = np.full(count, 1.0 / count)
    pieces = [min(_AT_ONCE, draws - begin) for begin in range(0, draws, _AT_ONCE)]
    return np.concatenate([rng.multinomial(count, even, piece) @ sums for piece in pieces])


def estimated(value: float, drawn: Array) -> Estimate:
    """*value* with the 95 % interval of the percentiles of what was drawn; what is not finite is left out."""
    finite = drawn[np.isfinite(drawn)]
    low, high = np.percentile(finite, (2.5, 97.5)) if len(finite) else (np.nan, np.nan)
    return Estimate(value=float(np.nan_to_num(value)), low=float(np.nan_to_num(low)), high=float(np.nan_to_num(high)))


def corrected(p: Array, rate: float = 0.05) -> Array:
    """Which tests stand when at most *rate* of those that do may be false: Y. Benjamini, Y. Hochberg (1995).

    >>> corrected(np.array([0.001, 0.04, 0.02, 0.9])).tolist()
    [True, False, True, False]
    """
    order = np.argsort(p)
    passed = p[order] <= rate * np.arange(1, len(p) + 1) / len(p)
    stands = np.zeros(len(p), bool)
    if passed.any():
        stands[order[: int(np.flatnonzero(passed)[-1]) + 1]] = True
    return stands


def _correlation(sums: Array) -> Array:
    n, x, y, xx, yy, xy = (sums[:, column] for column in (_N, _X, _Y, _XX, _YY, _XY))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation: Array = (xy - x * y / n) / np.sqrt((xx - x * x / n) * (yy - y * y / n))
    return correlation


def _hits(sums: Array) -> Array:
    share: Array = sums[:, _HITS] / sums[:, _SIGNED]
    return share


def _base(sums: Array) -> Array:
    longs, ups = sums[:, _LONGS] / sums[:, _SIGNED], sums[:, _UPS] / sums[:, _SIGNED]
    base: Array = longs * ups + (1.0 - longs) * (1.0 - ups)
    return base


def _edge(sums: Array) -> Array:
    edge: Array = _hits(sums) - _base(sums)
    return edge


def _mean_of(sums: Array, decile: int) -> Array:
    at = _FIRST_DECILE + 2 * decile
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: Array = sums[:, at + 1] / sums[:, at]
    return mean
