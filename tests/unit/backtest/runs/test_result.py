from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from tests.backtests import begun_run
from tests.build import instrument
from tests.round_trips import BEGAN, drawn

from tidemark.backtest.broker.models import Models
from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.random_entry import Chance
from tidemark.backtest.metrics.luck.shuffled_returns import none
from tidemark.backtest.metrics.trip_figures import TripFigures, trip_figures
from tidemark.backtest.metrics.trips import summed
from tidemark.backtest.runs.luck import Held, luck_of
from tidemark.backtest.runs.result import GROUPS, last_trips, result_of
from tidemark.store.backtest_rows import put_trips
from tidemark.store.database import Database
from tidemark.units import DAY, MINUTE


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sa.Connection]:
    with Database.open(None, tmp_path) as database, database.engine.begin() as opened:
        yield opened


def approximately(figures: TripFigures) -> dict[str, object]:
    """Figures to nine digits: a database adds up in another order."""
    return {
        name: float(f"{one.value:.9g}") if isinstance(one, Figure) and one.value is not None else one
        for name, one in ((name, getattr(figures, name)) for name in figures.__struct_fields__)
    }


def held() -> Held:
    return Held([instrument("BTCUSDT")], Models.null(), cash=1000.0, began=BEGAN, step_ns=MINUTE)


def test_figures_come_of_the_trips_that_were_written(connection: sa.Connection) -> None:
    trips = drawn(200)
    put_trips(connection, "a", trips)
    put_trips(connection, "other", drawn(10, seed=2))
    curve = Curve(1000.0, BEGAN)
    at = BEGAN + DAY * np.arange(1, 61)
    curve.put(at, 1000.0 + np.arange(60.0), np.zeros(60))

    luck = luck_of(connection, begun_run(), curve, held(), entries=Chance.none("not asked"), shuffled=none("not asked"))
    result = result_of(connection, begun_run(), curve, luck, digest="d", counts={"too_small": 3}, warm_up=20)

    assert (result.trips, result.start, result.end) == (200, 1000.0, 1059.0)
    assert approximately(result.all) == approximately(trip_figures(summed(trips)))
    assert set(result.groups) == set(GROUPS)
    mine = trip_figures(summed([one for one in trips if one.symbol == "M1USDT"]))
    assert approximately(result.groups["symbol"]["M1USDT"]) == approximately(mine)
    assert set(result.groups["regime"]) == {"range", "trend_up", ""}
    assert (result.digest, result.counts, result.warm_up) == ("d", {"too_small": 3}, 20)


def test_the_last_trips_come_in_their_order(connection: sa.Connection) -> None:
    trips = drawn(20)
    put_trips(connection, "a", trips)

    assert last_trips(connection, "a", 3) == trips[-3:]
    assert last_trips(connection, "nothing", 3) == []
