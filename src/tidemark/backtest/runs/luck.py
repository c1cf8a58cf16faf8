"""How much of what came of a run could be luck: intervals, and what else would have brought as much.

That is holding the same markets, the same trips at random times, the same strategy over markets that never were, and
the best of as many tries as there were.
"""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from tidemark.backtest.bars import Bars
from tidemark.backtest.broker.models import Models
from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.metrics.curve_figures import CurveFigures, curve_figures
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.deflated import deflated_sharpe, probabilistic_sharpe
from tidemark.backtest.metrics.luck.holding import Holding
from tidemark.backtest.metrics.luck.random_entry import Chance
from tidemark.backtest.metrics.luck.return_intervals import ReturnIntervals, return_intervals
from tidemark.backtest.metrics.luck.shuffled_returns import Shuffled
from tidemark.backtest.metrics.luck.trip_intervals import TripIntervals, trip_intervals
from tidemark.backtest.metrics.sql import days_of
from tidemark.backtest.runs.trials import trials_of
from tidemark.model.instrument import Instrument
from tidemark.store.backtest_rows import Run
from tidemark.store.tables import BACKTEST_TRIPS
from tidemark.units import DAY


class Luck(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside the figures of a run.

    probabilistic_sharpe: how likely the true Sharpe ratio is above 0; deflated_sharpe: above what the best of `trials`
    tries without skill would show. returns, trips: intervals of 95 %. holding: the figures of the same cash, shared by
    all markets, bought at their first open and kept, at the same costs. entries: the same trips at random times.
    shuffled: the same strategy over shuffled markets.
    """

    probabilistic_sharpe: Figure
    trials: int
    deflated_sharpe: Figure
    returns: ReturnIntervals
    trips: TripIntervals
    holding: CurveFigures
    entries: Chance
    shuffled: Shuffled


class Held:
    """Buys and holds the markets of a run beside it."""

    def __init__(
        self, instruments: Sequence[Instrument], models: Models, *, cash: float, began: int, step_ns: int
    ) -> None:  # fmt: skip
        numbers = models.numbers(instruments[0], step_ns)
        interval = numbers["funding_interval"]
        carry = numbers["funding_rate"] * DAY / interval if interval > 0.0 else 0.0
        self._holding = Holding(
            len(instruments), cash, step_ns, cost=numbers["taker"] + numbers["slip_fixed"], carry=carry
        )  # fmt: skip
        self._curve = Curve(cash, began)

    def take(self, bars: Bars) -> None:
        """The next candles."""
        self._curve.put(*self._holding.put(bars))

    def figures(self) -> CurveFigures:
        """What it came to."""
        self._curve.put(*self._holding.end())
        return curve_figures(self._curve.sums())


def luck_of(
    connection: sa.Connection, run: Run, curve: Curve, held: Held, *, entries: Chance, shuffled: Shuffled
) -> Luck:  # fmt: skip
    """That of *run*, whose round trips are in the database."""
    sums = curve.sums()
    trials = trials_of(connection, run, curve_figures(sums).sharpe)
    return Luck(
        probabilistic_sharpe=probabilistic_sharpe(sums.moments),
        trials=trials.count,
        deflated_sharpe=deflated_sharpe(sums.moments, trials.count, trials.variance),
        returns=return_intervals(curve.daily(), is_cut=curve.is_cut),
        trips=trip_intervals(days_of(connection, BACKTEST_TRIPS, run.id)),
        holding=held.figures(),
        entries=entries,
        shuffled=shuffled,
    )
