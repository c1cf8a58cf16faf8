"""Carries out a run, says how far it is, and hears whether it is still wanted."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec
import sqlalchemy as sa

from tidemark.backtest.data.cache import Cache
from tidemark.backtest.orders.limits import spare
from tidemark.backtest.orders.places import data_at, strategy_at
from tidemark.backtest.runs.chance import draws_of
from tidemark.backtest.runs.execution import Execution, settings_of
from tidemark.backtest.runs.opening import opened
from tidemark.backtest.runs.request import Request
from tidemark.backtest.runs.shelf import Shelf
from tidemark.clock import Clock, SystemClock
from tidemark.errors import StrategyError, TidemarkError
from tidemark.store.backtest_job import CANCEL, Asked, BacktestJob, Ended, Progress, Refused, Running, Said
from tidemark.store.backtest_rows import State, find, put_run
from tidemark.store.database import Database
from tidemark.store.tables import BACKTEST_TRIPS, line_of
from tidemark.units import MIB, MILLISECOND, SECOND

_WRONG = 422
_SAID_NS, _COUNTED_NS = 250 * MILLISECOND, SECOND
# Nobody is there any more: a strategy that does not come back is left behind.
_GONE_S = 2.0
_GONE = "the monitor ended"


class Wanted:
    """Whether the run is: until CANCEL is heard, or there is nobody any more who could say it."""

    def __init__(self, told: IO[bytes]) -> None:
        self._told = told
        self._is_cancelled = threading.Event()
        self._is_over = threading.Event()
        self._is_gone = False
        threading.Thread(target=self._listen, name="listener", daemon=True).start()

    def __call__(self) -> bool:
        """KeyboardInterrupt where whoever began it is gone: it may be gone on with."""
        if self._is_gone:
            raise KeyboardInterrupt(_GONE)
        return not self._is_cancelled.is_set()

    def _listen(self) -> None:
        while line := self._told.readline():
            if line == CANCEL:
                self._is_cancelled.set()
        self._is_gone = True
        if not self._is_over.wait(_GONE_S):
            os._exit(1)

    def over(self) -> None:
        """The run has ended: the process does as well."""
        self._is_over.set()


def carried_out(
    job: BacktestJob, order: Running, say: Callable[[Said], None], is_wanted: Callable[[], bool],
    clock: Clock | None = None,
) -> Ended | Refused:  # fmt: skip
    """What became of the run; as long as it runs it says how far it is."""
    clock = clock or SystemClock()
    with Database.open(job.database, Path(job.folder)) as database:
        try:
            return _run(job, order, database.engine, clock, _Teller(database.engine, order.run, say, clock), is_wanted)
        except MemoryError:
            pass
        # What the run held is free now.
        spare()
        why = f"it needs more than the {job.memory_bytes // MIB} MB that a run may take; see backtests.memory"
        _failed(database.engine, order.run, why, clock)
    return Ended(state=State.FAILED.value, error=why)


def _run(
    job: BacktestJob, order: Running, engine: sa.Engine, clock: Clock, tell: "_Teller", is_wanted: Callable[[], bool]
) -> Ended | Refused:
    shelf = Shelf(engine, Path(job.folder), clock)
    try:
        with shelf.held(order.run):
            request = settings_of(shelf.find(order.run)).request if order.asked is None else _request(job, order.asked)
            source = opened(request, Cache(shelf.columns))
            used = source.used
            tell.candles = used.candles * (1 + draws_of(request, used))
            execution = Execution(engine, clock, progress=tell, is_wanted=is_wanted)
            tell(0)
            run = (
                shelf.find(order.run)
                if order.asked is None
                else execution.begin(order.run, order.asked.name or Path(order.asked.strategy).stem, request, source)
            )
            try:
                done, _ = execution.run(run, source)
            except StrategyError as error:
                cause = error.__cause__
                if isinstance(cause, MemoryError):
                    raise cause from error
                return Ended(state=State.FAILED.value, error=str(error))
            except (TidemarkError, OSError, KeyboardInterrupt) as error:
                return Ended(state=State.INTERRUPTED.value, error=str(error))
            except sa.exc.SQLAlchemyError as error:
                return Ended(state=State.INTERRUPTED.value, error=line_of(error))
            return Ended(state=done.state.value)
    except TidemarkError as error:
        return Refused(status=_WRONG, why=str(error))


def _request(job: BacktestJob, asked: Asked) -> Request:
    return Request(
        strategy=strategy_at(job, asked.strategy), parameters=asked.parameters, models=asked.models,
        data=str(data_at(job, asked.data)), markets=asked.markets, timeframe=asked.timeframe, begin=asked.begin,
        end=asked.end, cash=asked.cash, shuffles=asked.shuffles,
    )  # fmt: skip


def _failed(engine: sa.Engine, run: str, why: str, clock: Clock) -> None:
    with engine.begin() as connection:
        one = find(connection, run)
        if one is not None:
            put_run(connection, msgspec.structs.replace(one, state=State.FAILED, ended_at=clock.now_ns(), error=why))


class _Teller:
    """Says how far a run is, four times a second at most. candles: about as many as it will be told of."""

    def __init__(self, engine: sa.Engine, run: str, say: Callable[[Said], None], clock: Clock) -> None:
        self.candles = 0
        self._engine, self._run, self._say, self._clock = engine, run, say, clock
        self._next_ns = self._count_ns = 0
        self._trips = 0

    def __call__(self, done: int) -> None:
        now = self._clock.monotonic_ns()
        if now < self._next_ns and done:
            return
        self._next_ns = now + _SAID_NS
        if now >= self._count_ns:
            self._count_ns = now + _COUNTED_NS
            number = BACKTEST_TRIPS.c.number
            with self._engine.connect() as connection:
                question = sa.select(sa.func.max(number)).where(BACKTEST_TRIPS.c.run == self._run)
                self._trips = connection.scalar(question) or 0
        self._say(Progress(done=done, candles=self.candles, trips=self._trips))
