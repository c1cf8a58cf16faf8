"""How sure the figures of round trips are: 95 % intervals, whole days of them drawn anew.

Trips of one day are not independent of each other, since markets move together; those of different days are taken to
be. The sums of each day are enough: of a run in a database, `sql.days_of` gives them.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.interval import Interval, interval_of
from tidemark.backtest.statistics import DRAWS, redrawn
from tidemark.model.round_trip import RoundTrip
from tidemark.units import DAY

Array = npt.NDArray[Any]

# Of a day: trips, wins, what they brought and cost, trips with R, and the sum of it.
WIDTH = 6
LEAST_BLOCKS = 8
_FIGURES = ("win_rate", "profit_factor", "expectancy", "expectancy_r")


class TripIntervals(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of round trips with their 95 % intervals. days: those on which a trip was opened."""

    trips: int
    days: int
    draws: int
    win_rate: Interval
    profit_factor: Interval
    expectancy: Interval
    expectancy_r: Interval


def day_sums(trips: Iterable[RoundTrip]) -> Array:
    """The sums of *trips* by the day (UTC) on which they were opened, in its order: float64 (days, 6).

    Memory: a row a day.
    """
    days: dict[int, Array] = {}
    for one in trips:
        row = days.setdefault(one.entry_at // DAY, np.zeros(WIDTH))
        r = one.r
        row += (1.0, one.profit > 0.0, max(one.profit, 0.0), max(-one.profit, 0.0), r is not None, r or 0.0)
    return np.array([days[day] for day in sorted(days)]).reshape(-1, WIDTH)


def trip_intervals(days: Array, *, draws: int = DRAWS, seed: int = 1) -> TripIntervals:
    """The intervals of the figures of the trips of *days*, float64 (days, 6)."""
    count = len(days)
    trips = int(days[:, 0].sum())
    if count < LEAST_BLOCKS:
        nothing = Interval(None, f"trips on fewer than {LEAST_BLOCKS} days")
        return TripIntervals(trips=trips, days=count, draws=0, **dict.fromkeys(_FIGURES, nothing))
    drawn = _figures(redrawn(days, np.random.default_rng(seed), draws))
    found = _figures(days.sum(axis=0)[None])[:, 0]
    whys = ("no trips", "no losses", "no trips", "no trip had a stop")
    intervals = {
        name: interval_of(Figure.of(value) if np.isfinite(value) else Figure.none(why), row)
        for name, value, why, row in zip(_FIGURES, found.tolist(), whys, drawn, strict=True)
    }
    return TripIntervals(trips=trips, days=count, draws=draws, **intervals)


def _figures(sums: Array) -> Array:
    """Those of `trip_figures.py` for each row of sums: float64 (figures, rows)."""
    trips, wins, gained, lost, with_r, r = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.stack([wins / trips, gained / lost, (gained - lost) / trips, r / with_r])
