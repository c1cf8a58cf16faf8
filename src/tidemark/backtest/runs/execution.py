"""A run from the request to its result: candles through the driver into the database, whatever happens on the way."""

from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from tidemark.backtest.broker.account import Account
from tidemark.backtest.broker.models import Models
from tidemark.backtest.metrics.luck.random_entry import Chance
from tidemark.backtest.metrics.luck.shuffled_returns import none
from tidemark.backtest.runs.chance import held_against
from tidemark.backtest.runs.driving import Drives, account_of, digest_now, driver_of, must_fit, named, taken
from tidemark.backtest.runs.luck import Held, luck_of
from tidemark.backtest.runs.recorder import Recorder, step_for
from tidemark.backtest.runs.request import DataUsed, Request, Settings
from tidemark.backtest.runs.result import Result, result_of
from tidemark.backtest.runs.source import Source
from tidemark.clock import Clock
from tidemark.errors import StoreError, StrategyError, TidemarkError
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.store.backtest_rows import Run, State, put_run
from tidemark.store.tables import BACKTEST_TRIPS

_CANCELLED = "the run was cancelled"


class Execution:
    """One run. progress: told how many candles were taken so far; is_wanted: false once it was cancelled."""

    def __init__(
        self, engine: sa.Engine, clock: Clock, *, progress: Callable[[int], None] | None = None,
        is_wanted: Callable[[], bool] | None = None,
    ) -> None:  # fmt: skip
        self._engine, self._clock = engine, clock
        self._progress = progress or _ignore
        self._is_wanted = is_wanted or _always

    def begin(self, run: str, name: str, request: Request, source: Source) -> Run:
        """Write down a new run; SettingsError where the strategy, a parameter or a model is wrong."""
        made = named(request)
        settings = Settings(
            request=request, strategy=made.strategy, parameters=made.parameters,
            models=Models.load(request.models).said(), code=made.code,
        )  # fmt: skip
        # What the account or the engine does not take is told before anything is written.
        account_of(request, source, Ledger())
        must_fit(request, source)
        now = self._clock.now_ns()
        begun = Run(
            id=run, name=name, created_at=now, started_at=now, state=State.RUNNING,
            settings=msgspec.json.encode(settings).decode(), data=msgspec.json.encode(source.used).decode(),
        )  # fmt: skip
        with self._engine.begin() as connection:
            put_run(connection, begun)
        return begun

    def run(self, run: Run, source: Source) -> tuple[Run, Result | None]:
        """Do it, or what is left of it; what it was is written down however it ends.

        A run that was interrupted is done again from its first candle, and its round trips are written from where they
        stopped: the same data and the same code give the same ones, and anything else is refused.
        """
        settings = settings_of(run)
        self._must_be_the_same(run, settings, source)
        request, used = settings.request, source.used
        timeframe = Timeframe(used.timeframe)
        recorder = Recorder(
            self._engine, run.id, start=request.cash, began=used.begin, timeframe_ns=timeframe.ns,
            step_ns=step_for(used.end - used.begin, timeframe.ns), batch=request.batch, written=self._written(run),
        )  # fmt: skip
        held = Held(
            source.instruments(), Models.load(request.models), cash=request.cash, began=used.begin,
            step_ns=timeframe.ns,
        )  # fmt: skip
        run = self._moved(run, State.RUNNING)
        try:
            account, driver = driver_of(request, source, recorder)
            is_whole = self._drive(driver, held, source)
            if is_whole:
                driver.end()
            recorder.flush()
            result = self._result(run, request, source, (account, driver, recorder, held), is_whole=is_whole)
        except StrategyError as error:
            recorder.flush()
            self._moved(run, State.FAILED, error=str(error))
            raise
        except (TidemarkError, sa.exc.SQLAlchemyError, OSError, KeyboardInterrupt) as error:
            self._interrupted(run, error)
            raise
        text = msgspec.json.encode(result).decode()
        return self._moved(run, State.DONE if is_whole else State.CANCELLED, result=text), result

    def _result(
        self, run: Run, request: Request, source: Source, parts: tuple[Account, Drives, Recorder, Held], *,
        is_whole: bool,
    ) -> Result:  # fmt: skip
        account, driver, recorder, held = parts
        candles = source.used.candles

        def each(shuffled: int) -> bool:
            self._progress(candles + shuffled)
            return self._is_wanted()

        entries, shuffled = (
            held_against(self._engine, run.id, request, source, recorder.curve, recorder.count, each)
            if is_whole
            else (Chance.none(_CANCELLED), none(_CANCELLED))
        )
        with self._engine.connect() as connection:
            luck = luck_of(connection, run, recorder.curve, held, entries=entries, shuffled=shuffled)
            return result_of(
                connection, run, recorder.curve, luck, digest=recorder.digest, counts=account.counts(),
                warm_up=driver.warm_up, rules=driver.told(),
            )  # fmt: skip

    def _drive(self, driver: Drives, held: Held, source: Source) -> bool:
        count = 0
        stretches = taken(driver, source)
        while self._is_wanted():
            bars = next(stretches, None)
            if bars is None:
                return True
            held.take(bars)
            count += len(bars)
            self._progress(count)
        return False

    def _must_be_the_same(self, run: Run, settings: Settings, source: Source) -> None:
        before = msgspec.json.decode(run.data, type=DataUsed)
        if before.digest != source.used.digest:
            raise StoreError(
                f"run {run.id} was over other candles: those of {before.path} have changed since; begin a new run"
            )
        if before.instruments != source.used.instruments:
            raise StoreError(
                f"run {run.id} was over other ticks and lots: those beside {before.path} have changed since; begin a"
                " new run"
            )
        if digest_now(settings.request) != settings.code.sha256:
            raise StoreError(
                f"run {run.id} was of another strategy: {settings.code.file} has changed since; begin a new run"
            )

    def _written(self, run: Run) -> int:
        """The number of the last round trip that is there."""
        number = BACKTEST_TRIPS.c.number
        with self._engine.connect() as connection:
            return int(connection.scalar(sa.select(sa.func.max(number)).where(BACKTEST_TRIPS.c.run == run.id)) or 0)

    def _interrupted(self, run: Run, error: BaseException) -> None:
        """Say so where that can still be written; a run that says nothing is seen to be interrupted by its process."""
        try:
            self._moved(run, State.INTERRUPTED, error=str(error) or type(error).__name__)
        except (sa.exc.SQLAlchemyError, OSError):
            return

    def _moved(self, run: Run, state: State, *, result: str | None = None, error: str | None = None) -> Run:
        ended = None if state is State.RUNNING else self._clock.now_ns()
        now = msgspec.structs.replace(run, state=state, ended_at=ended, result=result, error=error)
        with self._engine.begin() as connection:
            put_run(connection, now)
        return now


def settings_of(run: Run) -> Settings:
    """What *run* was asked for."""
    return msgspec.json.decode(run.settings, type=Settings)


def _ignore(candles: int) -> None:
    del candles


def _always() -> bool:
    return True
