"""Sweeps in the database: how sweeps and their trials become rows, and how they are found again."""

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from tidemark.store.backtest_rows import State
from tidemark.store.tables import BACKTEST_SWEEPS, BACKTEST_TRIALS

# Rows that are read at a time.
_PIECE = 100


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """A sweep of a backtest; times ns since the epoch.

    settings, data, summary: texts of JSON: what was asked for, over which candles, what came of it. trials: how many
    there are to be, tests of windows among them. error: why it did not end, with what to do.
    """

    id: str
    name: str
    created_at: int
    ended_at: int | None = None
    state: State
    settings: str
    data: str
    trials: int
    summary: str | None = None
    error: str | None = None


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What one trial came to. window: which of a walk forward, else 0. number: from 1, 0 is the test of the window.

    parameters, figures: texts of JSON. value: of the figure that is looked for, None where that is not defined.
    digest: of all round trips. first_day, returns: of days since the epoch, float64 with the lowest byte first. error:
    why there is nothing of it.
    """

    window: int
    number: int
    parameters: str
    value: float | None = None
    figures: str = "{}"
    trips: int = 0
    digest: str = ""
    first_day: int = 0
    returns: bytes = b""
    error: str | None = None


class Value(msgspec.Struct, frozen=True, gc=False):
    """Of a trial, what the search for the next one needs."""

    number: int
    value: float | None


def put_sweep(connection: sa.Connection, sweep: Sweep) -> None:
    """Write *sweep*, in the place of what was known of it."""
    row = {**msgspec.structs.asdict(sweep), "state": sweep.state.value}
    columns = BACKTEST_SWEEPS.c
    if connection.execute(sa.update(BACKTEST_SWEEPS).where(columns.id == sweep.id).values(row)).rowcount == 0:
        connection.execute(sa.insert(BACKTEST_SWEEPS).values(row))


def put_trial(connection: sa.Connection, sweep: str, trial: Trial) -> None:
    """Write a trial of the sweep of that id; one that is there already stays as it is."""
    columns = BACKTEST_TRIALS.c
    there = sa.select(columns.number).where(
        columns.sweep == sweep, columns.window == trial.window, columns.number == trial.number
    )
    if connection.execute(there).first() is None:
        connection.execute(sa.insert(BACKTEST_TRIALS).values(sweep=sweep, **msgspec.structs.asdict(trial)))


def find(connection: sa.Connection, sweep: str) -> Sweep | None:
    """The sweep of that id; None where there is none."""
    row = connection.execute(sa.select(BACKTEST_SWEEPS).where(BACKTEST_SWEEPS.c.id == sweep)).first()
    return None if row is None else sweep_of(row)


def sweeps(connection: sa.Connection, *, most: int | None = None) -> Iterator[Sweep]:
    """The sweeps, the newest first."""
    columns = BACKTEST_SWEEPS.c
    query = sa.select(BACKTEST_SWEEPS).order_by(columns.created_at.desc(), columns.id.desc()).limit(most)
    for row in connection.execute(query.execution_options(yield_per=_PIECE)):
        yield sweep_of(row)


def values(connection: sa.Connection, sweep: str, window: int) -> Iterator[Value]:
    """Of all trials of a window, in the order of their numbers: what they were worth."""
    columns = BACKTEST_TRIALS.c
    query = sa.select(columns.number, columns.value).where(columns.sweep == sweep, columns.window == window)
    for row in connection.execute(query.order_by(columns.number).execution_options(yield_per=_PIECE)):
        yield Value(row.number, row.value)


def trials(connection: sa.Connection, sweep: str, window: int | None = None) -> Iterator[Trial]:
    """The trials of a sweep, or of one of its windows, by window and number."""
    columns = BACKTEST_TRIALS.c
    query = sa.select(BACKTEST_TRIALS).where(columns.sweep == sweep).order_by(columns.window, columns.number)
    if window is not None:
        query = query.where(columns.window == window)
    for row in connection.execute(query.execution_options(yield_per=_PIECE)):
        yield trial_of(row)


def tests(connection: sa.Connection, sweep: str) -> Iterator[Trial]:
    """The tests of the windows of a sweep, in their order."""
    columns = BACKTEST_TRIALS.c
    query = sa.select(BACKTEST_TRIALS).where(columns.sweep == sweep, columns.number == 0).order_by(columns.window)
    for row in connection.execute(query.execution_options(yield_per=_PIECE)):
        yield trial_of(row)


def trial(connection: sa.Connection, sweep: str, window: int, number: int) -> Trial | None:
    """One trial; None where it is not there."""
    columns = BACKTEST_TRIALS.c
    query = sa.select(BACKTEST_TRIALS).where(columns.sweep == sweep, columns.window == window, columns.number == number)
    row = connection.execute(query).first()
    return None if row is None else trial_of(row)


def best(connection: sa.Connection, sweep: str, *, is_highest: bool, most: int, window: int = 0) -> list[Trial]:
    """The best trials of a window, at most so many, the best first; of equals that with the lowest number."""
    columns = BACKTEST_TRIALS.c
    query = sa.select(BACKTEST_TRIALS).where(
        columns.sweep == sweep, columns.window == window, columns.number > 0, columns.value.is_not(None)
    )
    order = columns.value.desc() if is_highest else columns.value.asc()
    return [trial_of(row) for row in connection.execute(query.order_by(order, columns.number).limit(most))]


def counts(connection: sa.Connection, sweep: str) -> tuple[int, int]:
    """How many trials are there, and how many of them failed."""
    columns = BACKTEST_TRIALS.c
    query = sa.select(sa.func.count(), sa.func.count(columns.error)).where(columns.sweep == sweep)
    done, failed = connection.execute(query).one()
    return int(done), int(failed)


def errors(connection: sa.Connection, sweep: str, most: int) -> dict[str, int]:
    """Why trials failed, and how often, the most frequent first."""
    columns = BACKTEST_TRIALS.c
    count = sa.func.count().label("count")
    query = sa.select(columns.error, count).where(columns.sweep == sweep, columns.error.is_not(None))
    found = connection.execute(query.group_by(columns.error).order_by(count.desc(), columns.error).limit(most))
    return {why: int(times) for why, times in found}


def remove(connection: sa.Connection, sweep: str) -> bool:
    """Remove a sweep with its trials; give whether there was one."""
    connection.execute(sa.delete(BACKTEST_TRIALS).where(BACKTEST_TRIALS.c.sweep == sweep))
    return connection.execute(sa.delete(BACKTEST_SWEEPS).where(BACKTEST_SWEEPS.c.id == sweep)).rowcount > 0


def sweep_of(row: sa.Row[Any]) -> Sweep:
    """The sweep that a row of `BACKTEST_SWEEPS` tells."""
    return Sweep(**{**row._asdict(), "state": State(row.state)})


def trial_of(row: sa.Row[Any]) -> Trial:
    """The trial that a row of `BACKTEST_TRIALS` tells."""
    return Trial(**{name: value for name, value in row._asdict().items() if name != "sweep"})
