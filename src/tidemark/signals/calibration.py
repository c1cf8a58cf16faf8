"""Whether a higher score was worth more: outcomes by the score that a signal had, as a table and as a curve.

The score of a SHORT is taken from 100, so that 100 is always what speaks most for the trade. A rule that is calibrated
has a curve that rises.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec
import numpy as np

from tidemark.model.signal import Outcome
from tidemark.signals.scorecard import BLOCK_NS, LEAST, MOST, newest
from tidemark.signals.statistics import Interval, mean_interval, wilson

# Scores, folded to the trade's own side, from edge to edge; the last bin has both.
EDGES = (0.0, 50.0, 55.0, 60.0, 65.0, 70.0, 75.0, 80.0, 100.0)


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """The graded trades whose score for their own side lies in [low, high).

    mean_score: where the bin stands on the curve; win_rate: the share with more than 0 R net; intervals of 95 %. None
    where there is nothing. is_enough: of fewer than 30 nothing is said.
    """

    low: float
    high: float
    n: int
    is_enough: bool
    mean_score: float | None
    wins: int
    win_rate: float | None
    win_interval: Interval | None
    mean_r: float | None
    mean_r_interval: Interval | None


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """All bins, and what holds over them: n graded trades with a score, `base_rate` of them won.

    slope_per_point: by how many R a point more of the score goes with, least squares over all trades; None of fewer
    than 30, or where all have one score.
    """

    n: int
    base_rate: float | None
    slope_per_point: float | None
    bins: tuple[Bin, ...]

    def curve(self) -> list[tuple[float, float, float, float]]:
        """The reliability curve: mean score, win rate and its interval, of each bin that has enough."""
        return [
            (one.mean_score, one.win_rate, *one.win_interval)
            for one in self.bins
            if one.is_enough
            and one.mean_score is not None
            and one.win_rate is not None
            and one.win_interval is not None
        ]


def calibrate(
    outcomes: Iterable[Outcome], edges: Sequence[float] = EDGES, *, seed: int = 1, most: int = MOST
) -> Calibration:
    """The calibration of graded signals; random entries are left out, they have the score of another moment."""
    graded = [
        (one.score if one.side > 0 else 100.0 - one.score, one.net_r, one.at // BLOCK_NS)
        for one in newest(outcomes, most).values()
        if not one.is_null and one.score is not None and one.net_r is not None
    ]
    scores, results, blocks = (np.array([row[at] for row in graded], np.float64) for at in range(3))
    rng = np.random.default_rng(seed)
    bins = []
    for low, high in pairwise(edges):
        inside = (scores >= low) & ((scores < high) | (scores == high) & (high == edges[-1]))
        some, count = results[inside], int(inside.sum())
        wins = int(np.count_nonzero(some > 0.0))
        interval = mean_interval(some, blocks[inside], rng) if count else None
        bins.append(
            Bin(
                low=low,
                high=high,
                n=count,
                is_enough=count >= LEAST,
                mean_score=float(scores[inside].mean()) if count else None,
                wins=wins,
                win_rate=wins / count if count else None,
                win_interval=wilson(wins, count) if count else None,
                mean_r=float(some.mean()) if count else None,
                mean_r_interval=interval,
            )
        )
    away = scores - scores.mean() if len(scores) else scores
    square = float(away @ away)
    return Calibration(
        n=len(graded),
        base_rate=float(np.mean(results > 0.0)) if graded else None,
        slope_per_point=float(away @ results) / square if len(graded) >= LEAST and square > 0.0 else None,
        bins=tuple(bins),
    )
