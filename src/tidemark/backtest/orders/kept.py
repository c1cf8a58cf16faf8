"""Runs that are in the database: whether one can be gone on with, and how they are removed."""

from pathlib import Path

from tidemark.backtest.orders.places import is_ours
from tidemark.backtest.runs.execution import settings_of
from tidemark.backtest.runs.shelf import Shelf
from tidemark.clock import SystemClock
from tidemark.errors import StoreError
from tidemark.store import backtest_rows
from tidemark.store.backtest_job import Accepted, BacktestJob, Refused, Removed
from tidemark.store.backtest_rows import State
from tidemark.store.database import Database

_NOT_THERE, _NOT_NOW = 404, 409
_GOES_ON = frozenset({State.INTERRUPTED, State.CANCELLED})


def found(job: BacktestJob, run: str) -> Accepted | Refused:
    """The run of that id, where it can be gone on with."""
    with Database.open(job.database, Path(job.folder)) as database:
        if not _is_there(database, run):
            return Refused(
                status=_NOT_THERE, why=f"there is no run {run}; /api/v1/backtests lists those that there are"
            )
        one = Shelf(database.engine, Path(job.folder), SystemClock()).find(run)
    request = settings_of(one).request
    if one.state not in _GOES_ON:
        return Refused(status=_NOT_NOW, why=f"run {run} is {one.state.value}: there is nothing to go on with")
    if not is_ours(job, request.strategy):
        why = f"run {run} is of a strategy outside of {job.strategies}; go on with it by tidemark backtest resume"
        return Refused(status=_NOT_NOW, why=why)
    return Accepted(
        run=run, name=one.name, strategy=Path(request.strategy).name, data=Path(request.data).name, candles=None
    )


def removed(job: BacktestJob, runs: tuple[str, ...]) -> Removed | Refused:
    """Remove those of *runs* that are there; none of them where one is at work."""
    gone = []
    with Database.open(job.database, Path(job.folder)) as database:
        shelf = Shelf(database.engine, Path(job.folder), SystemClock())
        there = [run for run in dict.fromkeys(runs) if _is_there(database, run)]
        busy = next((run for run in there if shelf.find(run).state is State.RUNNING), None)
        if busy is not None:
            return Refused(status=_NOT_NOW, why=f"run {busy} is at work in another process; wait, or end that one")
        try:
            for run in there:
                shelf.remove(run)
                gone.append(run)
        except StoreError as error:
            return Refused(status=_NOT_NOW, why=str(error))
    return Removed(runs=tuple(gone))


def _is_there(database: Database, run: str) -> bool:
    with database.engine.connect() as connection:
        return backtest_rows.find(connection, run) is not None
