from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from tests.backtests import BEGAN, begun_run, candles, walk
from tests.build import instrument
from tests.round_trips import drawn

from tidemark.backtest.broker.models import Models
from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.metrics.luck.random_entry import Chance
from tidemark.backtest.metrics.luck.shuffled_returns import none
from tidemark.backtest.runs.luck import Held, luck_of
from tidemark.store.backtest_rows import put_trips
from tidemark.store.database import Database
from tidemark.units import DAY, MINUTE

NO_ENTRIES, NO_MARKETS = Chance.none("not asked"), none("not asked")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sa.Connection]:
    with Database.open(None, tmp_path) as database, database.engine.begin() as opened:
        yield opened


def held(models: Models, cash: float = 1000.0) -> Held:
    return Held([instrument("BTCUSDT")], models, cash=cash, began=BEGAN, step_ns=MINUTE)


def test_holding_gains_what_the_market_does() -> None:
    one = held(Models.null())

    one.take(candles([100, 110, 105]))
    figures = one.figures()

    assert figures.end == pytest.approx(1050.0)
    assert figures.max_drawdown.value == pytest.approx(-5 / 110)


def test_holding_pays_for_both_sides_and_for_the_time() -> None:
    models = Models.load({"slippage.fixed.bps": "10"})
    fee = models.numbers(instrument("BTCUSDT"), MINUTE)["taker"] + 10e-4
    flat = candles([100.0] * (DAY // MINUTE))
    one = held(models)

    one.take(flat)
    end = one.figures().end

    assert end < 1000.0 / (1 + fee) * (1 - fee)
    assert end == pytest.approx(1000.0 / (1 + fee) * (1 - fee) - 1000.0 * 0.0003, rel=1e-4)


def test_intervals_are_those_of_days_and_of_trips(connection: sa.Connection) -> None:
    put_trips(connection, "a", drawn(300))
    curve, one = Curve(1000.0, BEGAN), held(Models.null())
    at = BEGAN + DAY * np.arange(1, 101)
    equity = 1000.0 * np.exp(np.cumsum(np.random.default_rng(1).normal(0.004, 0.01, 100)))
    curve.put(at, equity, np.zeros(100))
    one.take(walk(100))

    luck = luck_of(connection, begun_run(), curve, one, entries=NO_ENTRIES, shuffled=NO_MARKETS)

    sharpe, win_rate = luck.returns.sharpe.estimate, luck.trips.win_rate.estimate
    assert sharpe is not None
    assert win_rate is not None
    assert sharpe.low < sharpe.value < sharpe.high
    assert win_rate.low < win_rate.value < win_rate.high
    assert luck.probabilistic_sharpe.value is not None
    assert luck.probabilistic_sharpe.value > 0.95
    # One that was tried once is the best of one.
    assert (luck.trials, luck.deflated_sharpe) == (1, luck.probabilistic_sharpe)


def test_of_a_short_run_nothing_is_said(connection: sa.Connection) -> None:
    curve, one = Curve(1000.0, BEGAN), held(Models.null())
    curve.put(np.array([BEGAN + DAY]), np.array([1001.0]), np.zeros(1))
    one.take(walk(10))

    luck = luck_of(connection, begun_run(), curve, one, entries=NO_ENTRIES, shuffled=NO_MARKETS)

    assert luck.returns.sharpe.estimate is None
    assert luck.returns.sharpe.why == "fewer than 30 days"
    assert luck.trips.win_rate.why == "trips on fewer than 8 days"
    assert luck.probabilistic_sharpe.value is None
