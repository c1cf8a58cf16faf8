from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from tests.backtest_kept import BACKTEST, fill_backtest
from tests.postgresql import postgresql

from tidemark.backtest.runs.comparison import result_in
from tidemark.backtest.runs.shelf import Shelf
from tidemark.clock import SystemClock
from tidemark.errors import RequestError
from tidemark.serve.database.backtest_shelves import (
    SHELF_OF_BACKTESTS,
    compared_of,
    equity_of,
    every_trip,
    is_there,
    listed_of,
    seen,
    trips_of,
    whole,
)
from tidemark.store.backtest_rows import Run, State, put_run
from tidemark.store.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[sa.Engine, Run]]:
    with ExitStack() as stack:
        url = stack.enter_context(postgresql()).url if request.param == "postgresql" else None
        run = fill_backtest(url, tmp_path, markets=2)
        yield stack.enter_context(Database.open(url, tmp_path)).engine, run


def test_the_list_has_single_figures_of_each_run(kept: tuple[sa.Engine, Run]) -> None:
    engine, run = kept
    result = result_in(run)
    with engine.begin() as connection:
        put_run(connection, msgspec.structs.replace(run, id="b-1", state=State.RUNNING, result=None))
        question = SHELF_OF_BACKTESTS.page(connection.dialect.name, (), 10, None)
        rows = {row.id: listed_of(row) for row in connection.execute(question)}

    done, running = rows[BACKTEST], rows["b-1"]
    assert (done.trips, done.kind, done.state) == (result.trips, "Every", "done")
    assert done.total_return == result.curve.total_return.value
    assert done.sharpe is result.curve.sharpe.value is None
    assert done.max_drawdown == result.curve.max_drawdown.value
    assert Path(done.strategy).name == "every.py"
    assert (running.trips, running.total_return, running.data) == (None, None, run.data)


def test_one_run_is_read_whole_and_with_what_belongs_to_it(kept: tuple[sa.Engine, Run]) -> None:
    engine, run = kept
    trips = result_in(run).trips
    with engine.connect() as connection:
        found = whole(connection, BACKTEST)
        some = trips_of(connection, BACKTEST, None, 3, 4)
        of_one = trips_of(connection, BACKTEST, "M01USDT", 0, 1000)
        every = list(connection.execute(every_trip(BACKTEST, None)))
        equity = equity_of(connection, BACKTEST)
        there = [is_there(connection, name) for name in (BACKTEST, "nothing")]
        nothing = (
            whole(connection, "nothing"), trips_of(connection, "nothing", None, 0, 1), equity_of(connection, "nothing")
        )  # fmt: skip

    assert found is not None
    assert (found.settings, found.result) == (run.settings, run.result)
    assert [one.number for one in some or ()] == [4, 5, 6, 7]
    assert {one.symbol for one in of_one or ()} == {"M01USDT"}
    assert len(every) == trips
    assert equity is not None
    assert len(equity.at) == len(equity.equity) == len(equity.drawdown) == len(equity.exposure) > 100
    assert there == [True, False]
    assert nothing == (None, None, None)


def test_two_that_cannot_be_compared_say_why(kept: tuple[sa.Engine, Run]) -> None:
    engine, run = kept
    with engine.begin() as connection:
        put_run(connection, msgspec.structs.replace(run, id="b-1", state=State.RUNNING, result=None))
        put_run(connection, msgspec.structs.replace(run, id="c-1", result="{}"))
        told = compared_of(connection, BACKTEST, BACKTEST)
        refused = []
        for other in ("nothing", "b-1", "c-1"):
            with pytest.raises(RequestError) as error:
                compared_of(connection, BACKTEST, other)
            refused.append((error.value.status, str(error.value).partition(":")[0]))

    assert (told.is_same, told.asked) == (True, ())
    assert refused == [
        (404, "there is no run nothing; /api/v1/backtests lists those that there are"),
        (409, "run b-1 is running and has no result"),
        (409, "one of the two was written by another version"),
    ]


def test_one_whose_process_is_gone_is_seen_to_be_interrupted(tmp_path: Path) -> None:
    run = fill_backtest(None, tmp_path)
    with Database.open(None, tmp_path) as database:
        with database.engine.begin() as connection:
            put_run(connection, msgspec.structs.replace(run, state=State.RUNNING, ended_at=None))
            found = whole(connection, BACKTEST)
        assert found is not None
        elsewhere = seen(found.listed, tmp_path / "elsewhere")
        with Shelf(database.engine, tmp_path, SystemClock()).held(BACKTEST):
            held = seen(found.listed, tmp_path)
        gone = seen(found.listed, tmp_path)

    # Where nobody holds a file on this machine, it may run on another one.
    assert (elsewhere.state, held.state) == ("running", "running")
    assert (gone.state, gone.error) == ("interrupted", "its process ended before it was done")
