from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
import sqlalchemy as sa
from tests.postgresql import postgresql
from tests.round_trips import drawn, trip

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.sql import By, days_of, groups_of, sums_of
from tidemark.backtest.metrics.trip_figures import trip_figures
from tidemark.backtest.metrics.trips import OTHERS, TripSums, grouped, side_of, summed
from tidemark.model.round_trip import RoundTrip
from tidemark.store import backtest_rows
from tidemark.store.tables import BACKTEST_TRIPS, METADATA
from tidemark.units import DAY

TRIPS = drawn(400)
KEYS = {
    "symbol": lambda one: one.symbol,
    "tag": lambda one: one.tag,
    "side": side_of,
    "regime": lambda one: one.regime,
    "exit": lambda one: one.exit.value,
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    if request.param == "sqlite":
        yield from connected("sqlite://")
    else:
        with postgresql() as server:
            yield from connected(server.url)


def connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    METADATA.create_all(engine)
    with engine.begin() as connection:
        backtest_rows.put_trips(connection, "other", drawn(50, seed=2))
        backtest_rows.put_trips(connection, "run", TRIPS)
        yield connection
    engine.dispose()


def same(found: TripSums, wanted: TripSums) -> None:
    """All but the state of the streak that goes on."""
    for name, value in msgspec.structs.asdict(wanted).items():
        if name == "r":
            wanted_r = [value.count, value.mean, value.m2]
            assert [found.r.count, found.r.mean, found.r.m2] == pytest.approx(wanted_r, rel=1e-9)
        elif not name.startswith("_"):
            assert getattr(found, name) == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value), name


def test_sql_gives_the_sums_of_the_trips(connection: sa.Connection) -> None:
    found, wanted = sums_of(connection, BACKTEST_TRIPS, "run"), summed(TRIPS)

    same(found, wanted)
    figures, others = trip_figures(found), trip_figures(wanted)
    for name in figures.__struct_fields__:
        one, other = getattr(figures, name), getattr(others, name)
        if isinstance(other, Figure) and other.value is not None:
            assert one.value == pytest.approx(other.value, rel=1e-9), name
        else:
            assert one == other, name


@pytest.mark.parametrize("by", KEYS)
def test_sql_gives_the_sums_of_each_group(connection: sa.Connection, by: By) -> None:
    found, wanted = groups_of(connection, BACKTEST_TRIPS, "run", by), grouped(TRIPS, KEYS[by])

    assert list(found) == list(wanted)
    for name, sums in found.items():
        same(sums, wanted[name])


def test_further_groups_stand_together(connection: sa.Connection) -> None:
    found = groups_of(connection, BACKTEST_TRIPS, "run", "symbol", most=2)
    wanted = grouped(TRIPS, KEYS["symbol"], most=2)

    assert found[OTHERS].count > 0
    assert set(found) == set(wanted)
    for name, sums in found.items():
        same(sums, wanted[name])


def test_a_run_without_trips_has_no_groups(connection: sa.Connection) -> None:
    assert sums_of(connection, BACKTEST_TRIPS, "nobody") == TripSums()
    assert groups_of(connection, BACKTEST_TRIPS, "nobody", "tag") == {}
    assert days_of(connection, BACKTEST_TRIPS, "nobody").shape == (0, 6)


def test_a_stop_at_the_entry_put_nothing_at_stake(connection: sa.Connection) -> None:
    told: list[RoundTrip] = [trip(1, 5.0, risk=0.0), trip(2, 8.0, risk=4.0), trip(3, -2.0, risk=None)]
    backtest_rows.put_trips(connection, "stops", told)

    same(sums_of(connection, BACKTEST_TRIPS, "stops"), summed(told))


def test_many_long_trips_last_longer_than_a_whole_number_holds(connection: sa.Connection) -> None:
    entered = TRIPS[0].entry_at
    told = [trip(number, 1.0, exit_at=entered + 3000 * DAY, entry_at=entered) for number in range(1, 51)]
    backtest_rows.put_trips(connection, "long", told)

    assert sum(one.exit_at - one.entry_at for one in told) > 2**63
    assert sums_of(connection, BACKTEST_TRIPS, "long").held_s == pytest.approx(50 * 3000 * 86400.0)


def test_days_are_those_on_which_trips_were_opened(connection: sa.Connection) -> None:
    found = days_of(connection, BACKTEST_TRIPS, "run")

    wanted: dict[int, np.ndarray] = {}
    for one in TRIPS:
        row = [1.0, one.profit > 0, max(one.profit, 0.0), max(-one.profit, 0.0), one.risk is not None, one.r or 0.0]
        wanted[one.entry_at // DAY] = wanted.get(one.entry_at // DAY, np.zeros(6)) + np.array(row, float)
    assert found == pytest.approx(np.array([wanted[day] for day in sorted(wanted)]), rel=1e-9)
