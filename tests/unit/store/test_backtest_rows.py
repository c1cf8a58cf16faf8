from collections.abc import Iterator
from contextlib import nullcontext

import msgspec
import pytest
import sqlalchemy as sa
from tests.postgresql import postgresql
from tests.round_trips import BEGAN, drawn

from tidemark.model.round_trip import RoundTrip
from tidemark.store import backtest_rows
from tidemark.store.backtest_rows import Point, Run, State
from tidemark.store.tables import BACKTEST_EQUITY, BACKTEST_RUNS, BACKTEST_TRIPS, METADATA
from tidemark.units import MINUTE

RUN = Run(
    id="a1", name="cross", created_at=BEGAN, state=State.RUNNING, settings='{"fast":20}', data='{"hash":"0f"}',
    started_at=BEGAN + 1,
)  # fmt: skip
TRIPS = drawn(30)
POINTS = [
    Point(at=BEGAN + number * MINUTE, equity=1000.0 + number, cash=500.0, exposure=500.0, drawdown=-0.01)
    for number in range(5)
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    with postgresql() if request.param == "postgresql" else nullcontext() as server:
        engine = sa.create_engine("sqlite://" if server is None else server.url)
        METADATA.create_all(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def test_a_run_comes_back_as_it_was_put_there_last(connection: sa.Connection) -> None:
    done = msgspec.structs.replace(RUN, state=State.DONE, ended_at=BEGAN + 9, result="{}", position=None)
    later = msgspec.structs.replace(RUN, id="a2", created_at=BEGAN + 1, error="no space left")
    backtest_rows.put_run(connection, RUN)
    backtest_rows.put_run(connection, done)
    backtest_rows.put_run(connection, later)

    assert backtest_rows.find(connection, "a1") == done
    assert backtest_rows.find(connection, "a3") is None
    assert list(backtest_rows.runs(connection)) == [later, done]
    assert list(backtest_rows.runs(connection, most=1)) == [later]
    assert list(backtest_rows.runs(connection, state=State.DONE)) == [done]


def test_trips_come_back_as_they_were_by_their_numbers(connection: sa.Connection) -> None:
    backtest_rows.put_trips(connection, "a1", TRIPS[20:])
    backtest_rows.put_trips(connection, "a1", TRIPS[:25])
    backtest_rows.put_trips(connection, "a2", TRIPS[:2])

    assert list(backtest_rows.trips(connection, "a1")) == TRIPS
    assert list(backtest_rows.trips(connection, "a1", after=3, most=2)) == TRIPS[3:5]
    of_one = [trip for trip in TRIPS if trip.symbol == "M1USDT"]
    assert of_one
    assert list(backtest_rows.trips(connection, "a1", symbol="M1USDT")) == of_one


def test_points_come_back_in_the_order_of_time(connection: sa.Connection) -> None:
    backtest_rows.put_points(connection, "a1", POINTS[2:])
    backtest_rows.put_points(connection, "a1", POINTS[:4])
    backtest_rows.put_points(connection, "a1", [])

    assert list(backtest_rows.points(connection, "a1")) == POINTS
    assert list(backtest_rows.points(connection, "a1", after=POINTS[1].at, most=1)) == POINTS[2:3]


def test_a_run_that_is_taken_up_again_loses_what_is_behind_its_place(connection: sa.Connection) -> None:
    for run in ("a1", "a2"):
        backtest_rows.put_trips(connection, run, TRIPS)
        backtest_rows.put_points(connection, run, POINTS)

    backtest_rows.cut(connection, "a1", 10, POINTS[2].at)

    assert list(backtest_rows.trips(connection, "a1")) == TRIPS[:10]
    assert list(backtest_rows.points(connection, "a1")) == POINTS[:3]
    assert list(backtest_rows.trips(connection, "a2")) == TRIPS
    assert list(backtest_rows.points(connection, "a2")) == POINTS


def test_a_run_is_removed_with_all_that_belongs_to_it(connection: sa.Connection) -> None:
    for run in (RUN, msgspec.structs.replace(RUN, id="a2")):
        backtest_rows.put_run(connection, run)
        backtest_rows.put_trips(connection, run.id, TRIPS)
        backtest_rows.put_points(connection, run.id, POINTS)

    assert backtest_rows.remove(connection, "a1")
    assert not backtest_rows.remove(connection, "a1")
    left = [connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in
            (BACKTEST_RUNS, BACKTEST_TRIPS, BACKTEST_EQUITY)]  # fmt: skip
    assert left == [1, len(TRIPS), len(POINTS)]


def test_every_field_of_a_trip_has_its_column() -> None:
    assert set(BACKTEST_TRIPS.c.keys()) == {"run", *RoundTrip.__struct_fields__}
    assert set(BACKTEST_EQUITY.c.keys()) == {"run", *Point.__struct_fields__}
    assert set(BACKTEST_RUNS.c.keys()) == set(Run.__struct_fields__)
