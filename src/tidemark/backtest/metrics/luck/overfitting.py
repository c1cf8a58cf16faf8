"""How likely the best of many trials is below the middle of them where it was not chosen: overfitting.

D. Bailey, J. Borwein, M. Lopez de Prado, Q. Zhu, The Probability of Backtest Overfitting, Journal of Computational
Finance 20 (2017; first 2013), by combinatorially symmetric cross-validation: the returns are cut into parts, every half
of the parts chooses the trial with the best Sharpe ratio, and the other half says what that one was worth.
"""

from itertools import combinations, islice
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.backtest.metrics.curve_figures import YEAR_DAYS
from tidemark.backtest.metrics.figure import Figure

Array = npt.NDArray[Any]

PARTS = 16
_AT_ONCE = 256


class Overfitting(msgspec.Struct, frozen=True, kw_only=True):
    """What choosing the best trial is worth; Sharpe ratios of a year, where returns are those of days.

    probability: the share of choices that were not above the middle of all trials where they were not chosen. loss: the
    share of them that lost there. chosen, kept: the mean Sharpe ratio of the chosen one where it was chosen and where
    it was not. slope: of the second by the first; below 0, what looked better was worse. choices: halves that chose.
    """

    trials: int
    returns: int
    parts: int
    choices: int
    probability: Figure
    loss: Figure
    chosen: Figure
    kept: Figure
    slope: Figure


def overfitting(returns: Array, parts: int = PARTS) -> Overfitting:
    """What choosing among trials is worth, by their returns of the same periods: float64 (periods, trials).

    parts: even; periods beyond a multiple of it are left out, at the beginning. A trial whose returns do not vary has a
    Sharpe ratio of 0. Memory: 256 choices by trials at a time, and twice parts by trials.
    """
    if parts < 2 or parts % 2:
        raise ValueError(f"the parts have to be even and at least 2, and are {parts}")
    periods, trials = returns.shape
    length = periods // parts
    if trials < 2 or length < 2:
        why = "fewer than two trials" if trials < 2 else f"fewer than two returns in each of {parts} parts"
        nothing = Figure.none(why)
        return Overfitting(
            trials=trials, returns=periods, parts=parts, choices=0, probability=nothing, loss=nothing, chosen=nothing,
            kept=nothing, slope=nothing,
        )  # fmt: skip
    chosen, kept, places = _choices(returns[periods - length * parts :], parts)
    spread = chosen - chosen.mean()
    # Ratios that differ by what rounding leaves are the same.
    spread[np.abs(spread) <= 1e-9 * np.abs(chosen)] = 0.0
    year = float(np.sqrt(YEAR_DAYS))
    return Overfitting(
        trials=trials,
        returns=length * parts,
        parts=parts,
        choices=len(places),
        probability=Figure.of(float(np.mean(places <= 0.5))),
        loss=Figure.of(float(np.mean(kept < 0.0))),
        chosen=Figure.of(float(chosen.mean()) * year),
        kept=Figure.of(float(kept.mean()) * year),
        slope=Figure.ratio(float(spread @ kept), float(spread @ spread), "all choices looked the same"),
    )


def _choices(returns: Array, parts: int) -> tuple[Array, Array, Array]:
    """Of every half: the Sharpe ratio of its best trial there and in the other half, and its place there in (0, 1)."""
    shift = returns.mean(axis=0)
    # Around their mean, so that squares lose nothing.
    apart = (returns - shift).reshape(parts, -1, returns.shape[1])
    sums, squares = apart.sum(axis=1), (apart * apart).sum(axis=1)
    count = len(returns) // 2
    halves = combinations(range(parts), parts // 2)
    chosen, kept, places = [], [], []
    while some := list(islice(halves, _AT_ONCE)):
        inside = np.zeros((len(some), parts))
        np.put_along_axis(inside, np.array(some), 1.0, axis=1)
        here = _sharpes(inside @ sums, inside @ squares, shift, count)
        there = _sharpes((1.0 - inside) @ sums, (1.0 - inside) @ squares, shift, count)
        best = here.argmax(axis=1)[:, None]
        its = np.take_along_axis(there, best, axis=1)
        chosen.append(np.take_along_axis(here, best, axis=1)[:, 0])
        kept.append(its[:, 0])
        # Its rank from below, ties at their middle, over one more than there are.
        rank = (there < its).sum(axis=1) + ((there == its).sum(axis=1) + 1) / 2.0
        places.append(rank / (there.shape[1] + 1))
    return np.concatenate(chosen), np.concatenate(kept), np.concatenate(places)


def _sharpes(sums: Array, squares: Array, shift: Array, count: int) -> Array:
    means = sums / count
    spread = np.sqrt(np.maximum(squares - sums * means, 0.0) / (count - 1))
    varies = spread > 1e-12 * np.abs(shift)
    return np.divide(means + shift, spread, out=np.zeros_like(means), where=varies)
