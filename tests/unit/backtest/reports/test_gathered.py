import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from tests.round_trips import drawn

from tidemark.backtest.reports.gathered import MOST_DOTS, Gathered, curve, dots, gather
from tidemark.backtest.reports.page import html
from tidemark.backtest.runs.comparison import result_in
from tidemark.store.backtest_rows import Point, Run, points, put_points, put_run, put_trips
from tidemark.store.database import Database

MANY = 100_000


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[sa.Engine]:
    with Database.open(None, tmp_path) as database:
        yield database.engine


def gathered(engine: sa.Engine, run: Run) -> Gathered:
    with engine.connect() as connection:
        return gather(connection, run)


def test_a_run_that_is_over_is_gathered_whole(engine: sa.Engine, done: Run) -> None:
    told = gathered(engine, done)
    result = result_in(done)

    assert told.result == result
    assert told.all == result.all
    assert told.groups == result.groups
    assert told.trips == len(told.dots) == result.trips
    with engine.connect() as connection:
        assert told.points == list(points(connection, done.id))


def test_a_run_that_failed_is_gathered_as_far_as_it_came(engine: sa.Engine, failed: Run) -> None:
    told = gathered(engine, failed)

    assert told.result is None
    assert told.all.count == told.trips == len(told.dots) > 0
    assert sum(one.count for one in told.groups["symbol"].values()) == told.trips
    assert told.points


def test_more_points_than_are_drawn_become_fewer_with_their_deepest_drawdowns(empty: sa.Engine) -> None:
    whole = [
        Point(at=at, equity=float(at), cash=0.0, exposure=0.0, drawdown=-0.5 if at == 17 else 0.0)
        for at in range(1, 101)
    ]
    with empty.begin() as connection:
        put_points(connection, "a", whole)
        kept = list(curve(connection, "a", most=10))

    assert [one.at for one in kept] == list(range(10, 101, 10))
    assert [one.drawdown for one in kept] == [0.0, -0.5, *[0.0] * 8]


def test_the_last_point_is_kept_whatever_the_step_is(empty: sa.Engine) -> None:
    whole = [Point(at=at, equity=1.0, cash=0.0, exposure=0.0, drawdown=0.0) for at in range(1, 24)]
    with empty.begin() as connection:
        put_points(connection, "a", whole)
        kept = list(curve(connection, "a", most=10))

    assert kept[-1].at == 23
    assert len(kept) <= 10


def test_of_many_trips_the_same_few_are_drawn_evenly_and_in_bounded_memory(empty: sa.Engine, done: Run) -> None:
    """The result of the run is the small one's: pictures and tables are as large as they get."""
    run = msgspec.structs.replace(done, id="many")
    with empty.begin() as connection:
        put_run(connection, run)
        for begin in range(0, MANY, 5000):
            batch = drawn(5000, seed=begin)
            put_trips(
                connection, "many", [msgspec.structs.replace(one, number=begin + one.number) for one in batch]
            )  # fmt: skip

    with empty.connect() as connection:
        one, other = list(dots(connection, "many", MANY)), list(dots(connection, "many", MANY))
        tracemalloc.start()
        told = gather(connection, run)
        page = html(told)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert one == other == told.dots
    assert abs(len(one) - MOST_DOTS) <= 20
    assert told.trips == MANY
    assert f"of {MANY:,} trips are drawn" in page
    assert peak < 16 << 20
    assert len(page) < 1 << 20


@pytest.mark.parametrize("every", [1, 2, 7, 50])
def test_trips_of_markets_that_take_turns_are_drawn_of_each(empty: sa.Engine, every: int) -> None:
    """A step that is the same all the time would draw those of one market alone."""
    whole = [msgspec.structs.replace(one, worst=-float(one.number % every)) for one in drawn(5000)]
    with empty.begin() as connection:
        put_trips(connection, "a", whole)
        kept = list(dots(connection, "a", len(whole), most=500))

    counts = [sum(1 for one in kept if one.worst == -turn) for turn in range(every)]
    assert min(counts) >= 0.5 * len(kept) / every
