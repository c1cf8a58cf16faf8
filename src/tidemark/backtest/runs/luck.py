"""How much of what came of a run could be luck: intervals, and what holding the same markets would have brought."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from tidemark.backtest.bars import Bars
from tidemark.backtest.broker.models import Models
from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.metrics.curve_figures import CurveFigures, curve_figures
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.deflated import probabilistic_sharpe
from tidemark.backtest.metrics.luck.holding import Holding
from tidemark.backtest.metrics.luck.return_intervals import ReturnIntervals, return_intervals
from tidemark.backtest.metrics.luck.trip_intervals import TripIntervals, trip_intervals
from tidemark.backtest.metrics.sql import days_of
from tidemark.model.instrument import Instrument
from tidemark.store.tables import BACKTEST_TRIPS
from tidemark.units import DAY


class Luck(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside the figures of a run.

    probabilistic_sharpe: how likely the true Sharpe ratio is above 0. returns, trips: intervals of 95 %. holding:
    the figures of the same cash, shared by all markets, bought at their first open and kept, at the same costs.
    """

    probabilistic_sharpe: Figure
    returns: ReturnIntervals
    trips: TripIntervals
    holding: CurveFigures


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


def luck_of(connection: sa.Connection, run: str, curve: Curve, held: Held) -> Luck:
    """That of *run*, whose round trips are in the database."""
    return Luck(
        probabilistic_sharpe=probabilistic_sharpe(curve.sums().moments),
        returns=return_intervals(curve.daily(), is_cut=curve.is_cut),
        trips=trip_intervals(days_of(connection, BACKTEST_TRIPS, run)),
        holding=held.figures(),
    )
