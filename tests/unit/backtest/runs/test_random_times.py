from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from tests.backtests import BEGAN, candles
from tests.round_trips import trip

from tidemark.backtest.data.cache import Columns
from tidemark.backtest.runs.random_times import LEAST_DRAWS, WINDOW, Opens, random_times
from tidemark.backtest.runs.request import DataUsed
from tidemark.store.backtest_rows import put_trips
from tidemark.store.database import Database
from tidemark.units import MINUTE


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sa.Connection]:
    with Database.open(None, tmp_path) as database, database.engine.begin() as opened:
        yield opened


def used(count: int) -> DataUsed:
    return DataUsed(
        path="", digest="", markets=("UP", "FLAT"), timeframe="1m", candles=2 * count, begin=BEGAN + 10 * MINUTE,
        end=BEGAN + count * MINUTE,
    )  # fmt: skip


def columns(count: int) -> Columns:
    """A market that rises by a thousandth a candle, and one that does not move; both begin ten candles early."""
    rising = 100.0 * 1.001 ** np.arange(count + 20)
    return Columns.of([candles(rising), candles(np.full(count + 20, 50.0), market=1)])


def test_what_random_times_bring_is_what_each_market_does(connection: sa.Connection) -> None:
    mine = [
        trip(number, 0.1, symbol="UP", quantity=1.0, entry_price=100.0, bars=10, fees=0.02, funding=0.0, slippage=0.0)
        for number in range(1, 6)
    ]
    flat = [
        trip(number, -0.5, symbol="FLAT", quantity=1.0, entry_price=50.0, bars=5, fees=0.5, funding=0.0, slippage=0.0)
        for number in range(6, 9)
    ]
    put_trips(connection, "a", mine + flat)
    put_trips(connection, "other", [trip(1, 9.0, symbol="UP", bars=3)])

    found = random_times(connection, "a", 8, used(400), columns(400))

    # Ten candles anywhere are the same here, so each draw brings the same.
    each = 100.0 * (1.001**10 - 1.0)
    assert found.trips == 8
    assert found.draws == 999
    assert found.profit == pytest.approx(5 * 0.1 - 3 * 0.5)
    assert found.mean.value == pytest.approx(5 * each - 5 * 0.02 - 3 * 0.5)
    assert found.low.value == pytest.approx(found.high.value)
    assert found.p.value == 1.0


def test_candles_before_and_behind_the_run_do_not_count(connection: sa.Connection) -> None:
    put_trips(connection, "a", [trip(1, 0.0, symbol="UP", bars=100)])

    assert random_times(connection, "a", 1, used(109), columns(400)).p.why == (
        "the trips of a market last longer than its candles"
    )
    assert random_times(connection, "a", 1, used(111), columns(400)).p.value is not None


def test_of_many_trips_fewer_draws_are_made(connection: sa.Connection) -> None:
    put_trips(connection, "a", [trip(1, 0.0, symbol="UP", bars=1)])

    assert random_times(connection, "a", 10**9, used(300), columns(300)).draws == LEAST_DRAWS


def test_opens_are_those_of_their_candles_a_window_at_a_time() -> None:
    opens = np.random.default_rng(1).uniform(1.0, 2.0, 3 * WINDOW - 17)
    let_go: list[int] = []
    candles = np.random.default_rng(2).integers(0, len(opens), (7, 500))

    found = Opens(opens, lambda: let_go.append(1)).at(candles)

    assert np.array_equal(found, opens[candles])
    assert len(let_go) == 3
