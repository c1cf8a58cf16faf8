from pathlib import Path

import msgspec
import pytest
from tests.backtest_kept import BACKTEST, fill_backtest
from tests.served_jobs import job

from tidemark.backtest.orders.kept import found, removed
from tidemark.backtest.runs.shelf import Shelf
from tidemark.clock import SystemClock
from tidemark.store.backtest_job import Accepted, BacktestJob, Refused, Removed
from tidemark.store.backtest_rows import State, find, put_run
from tidemark.store.database import Database


@pytest.fixture
def told(tmp_path: Path) -> BacktestJob:
    """With a run of a strategy that is in the folder of strategies."""
    (tmp_path / "backtests").mkdir()
    fill_backtest(None, tmp_path / "backtests")
    return job(tmp_path, strategies=str(tmp_path / "backtests"))


def move(told: BacktestJob, state: State) -> None:
    with Database.open(None, Path(told.folder)) as database, database.engine.begin() as connection:
        run = find(connection, BACKTEST)
        assert run is not None
        put_run(connection, msgspec.structs.replace(run, state=state))


@pytest.mark.parametrize("state", [State.INTERRUPTED, State.CANCELLED, State.RUNNING])
def test_one_that_stopped_can_be_gone_on_with(told: BacktestJob, state: State) -> None:
    # Nobody holds one that is said to run: its process is gone.
    move(told, state)

    assert found(told, BACKTEST) == Accepted(run=BACKTEST, name="every", strategy="every.py", data="made", candles=None)


def test_one_that_is_over_is_not_gone_on_with(told: BacktestJob) -> None:
    assert found(told, BACKTEST) == Refused(status=409, why=f"run {BACKTEST} is done: there is nothing to go on with")


def test_only_a_whole_id_names_a_run(told: BacktestJob) -> None:
    assert found(told, "every") == Refused(
        status=404, why="there is no run every; /api/v1/backtests lists those that there are"
    )


def test_a_strategy_from_elsewhere_is_not_run(told: BacktestJob, tmp_path: Path) -> None:
    move(told, State.INTERRUPTED)
    refused = found(msgspec.structs.replace(told, strategies=str(tmp_path / "strategies")), BACKTEST)

    assert isinstance(refused, Refused)
    assert refused.status == 409
    assert refused.why.endswith("go on with it by tidemark backtest resume")


def test_those_that_are_there_are_removed(told: BacktestJob) -> None:
    assert removed(told, (BACKTEST, "nothing", BACKTEST)) == Removed(runs=(BACKTEST,))
    assert removed(told, (BACKTEST,)) == Removed(runs=())


def test_one_that_is_at_work_is_not_removed(told: BacktestJob) -> None:
    move(told, State.RUNNING)
    with (
        Database.open(None, Path(told.folder)) as database,
        Shelf(database.engine, Path(told.folder), SystemClock()).held(BACKTEST),
    ):
        refused = removed(told, (BACKTEST,))

    assert refused == Refused(status=409, why=f"run {BACKTEST} is at work in another process; wait, or end that one")
