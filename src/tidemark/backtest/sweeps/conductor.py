"""A sweep from what was asked to its summary: trials are given to workers, and written down as they come.

Memory: what the open windows need to choose (a number a trial), and the trials that workers have.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from tidemark.backtest.broker.models import Models
from tidemark.backtest.data.instruments import digest
from tidemark.backtest.rules.asked import is_rules
from tidemark.backtest.runs.driving import digest_now, driver_of, must_fit, named, parameters_there
from tidemark.backtest.runs.request import DataUsed
from tidemark.backtest.runs.source import Source
from tidemark.backtest.sweeps.asked import Asked, Settings, is_highest_best
from tidemark.backtest.sweeps.candles import Where
from tidemark.backtest.sweeps.search import Search, search_of
from tidemark.backtest.sweeps.space import MOST_TRIALS
from tidemark.backtest.sweeps.summary import Summary, summary_of
from tidemark.backtest.sweeps.trial import Tally, Task
from tidemark.backtest.sweeps.windows import Window, windows
from tidemark.backtest.sweeps.workers import Workers
from tidemark.clock import Clock
from tidemark.errors import SettingsError, StoreError, TidemarkError
from tidemark.model.timeframe import Timeframe
from tidemark.store.backtest_rows import State
from tidemark.store.sweep_rows import Sweep, Trial, counts, put_sweep, put_trial, values

# The number of the trial that tests what a window has chosen.
TEST = 0


class Conductor:
    """Leads sweeps. progress: told how many trials are done so far."""

    def __init__(self, engine: sa.Engine, clock: Clock, *, progress: Callable[[int], None] | None = None) -> None:
        self._engine, self._clock = engine, clock
        self._progress = progress or _ignore

    def begin(self, sweep: str, name: str, asked: Asked, source: Source) -> Sweep:
        """Write down a new sweep; SettingsError where something of it is wrong, before anything is written."""
        request = asked.request
        known = named(request)
        there = parameters_there(request)
        wrong = next((axis.name for axis in asked.axes if axis.name not in there), None)
        if wrong is not None:
            raise SettingsError(
                f"{known.strategy} has no parameter {wrong!r} to try; its parameters: {', '.join(there) or 'none'}"
            )
        must_fit(request, source)
        driver_of(request, source, Tally(request.cash, source.used.begin, Timeframe(source.used.timeframe).ns))
        search_of(asked.search, asked.axes, asked.trials, asked.seed, asked.at_once)
        settings = Settings(
            asked=asked, strategy=known.strategy, models=Models.load(request.models).said(), code=known.code
        )  # fmt: skip
        made = Sweep(
            id=sweep, name=name, created_at=self._clock.now_ns(), state=State.RUNNING,
            trials=trials_of(asked, source.used),
            settings=msgspec.json.encode(settings).decode(), data=msgspec.json.encode(source.used).decode(),
        )  # fmt: skip
        with self._engine.begin() as connection:
            put_sweep(connection, made)
        return made

    def run(self, sweep: Sweep, where: Where, workers: Workers) -> Sweep:
        """Do it, or what is missing of it. However it ends, what is done is kept."""
        settings, used = settings_of(sweep), used_in(sweep)
        if (where.digest, digest(where.instruments)) != (used.digest, used.instruments):
            raise StoreError(
                f"sweep {sweep.id} was over other candles: those of {used.path}, or their ticks and lots, have changed"
                " since; begin a new one"
            )
        request = settings.asked.request
        # A file goes with every trial, as it was; rules are those of this version.
        if is_rules(request.strategy) and digest_now(request) != settings.code.sha256:
            raise StoreError(f"sweep {sweep.id} was of rules that have changed since; begin a new one")
        sweep = self._moved(sweep, State.RUNNING)
        try:
            self._work(sweep, _Plan(self._engine, sweep.id, settings, used, where), workers)
            with self._engine.connect() as connection:
                summary = summary_of(connection, sweep.id, settings.asked, used)
        except (TidemarkError, sa.exc.SQLAlchemyError, OSError, KeyboardInterrupt) as error:
            self._interrupted(sweep, error)
            raise
        return self._moved(sweep, State.DONE, summary=summary)

    def _work(self, sweep: Sweep, plan: "_Plan", workers: Workers) -> None:
        with self._engine.connect() as connection:
            done, _ = counts(connection, sweep.id)
        self._progress(done)
        given = 0
        trial: Trial | None = None
        while True:
            try:
                while workers.room > 0 and (task := plan.task()) is not None:
                    if isinstance(task, Trial):
                        self._write(sweep, task)
                        done += 1
                        continue
                    workers.give(task)
                    given += 1
            finally:
                # Whoever did it has the next one by then, and need not wait for the disk.
                if trial is not None:
                    self._write(sweep, trial)
                    done += 1
                    self._progress(done)
            if not given:
                return
            trial = workers.take()
            given -= 1
            plan.told(trial)

    def _write(self, sweep: Sweep, trial: Trial) -> None:
        with self._engine.begin() as connection:
            put_trial(connection, sweep.id, trial)

    def _interrupted(self, sweep: Sweep, error: BaseException) -> None:
        """Say so where that can still be written; else it is seen by its process, which is gone."""
        try:
            self._moved(sweep, State.INTERRUPTED, error=str(error) or type(error).__name__)
        except (sa.exc.SQLAlchemyError, OSError):
            return

    def _moved(self, sweep: Sweep, state: State, *, summary: Summary | None = None, error: str | None = None) -> Sweep:
        now = msgspec.structs.replace(
            sweep, state=state, error=error, ended_at=None if state is State.RUNNING else self._clock.now_ns(),
            summary=None if summary is None else msgspec.json.encode(summary).decode(),
        )  # fmt: skip
        with self._engine.begin() as connection:
            put_sweep(connection, now)
        return now


class _Best(NamedTuple):
    """The trial that leads: of equals the one with the lowest number."""

    value: float
    number: int
    tried: dict[str, str]

    @property
    def rank(self) -> tuple[float, int]:
        return self.value, -self.number


class _Stage:
    """One window that is being worked on."""

    def __init__(self, window: Window | None, search: Search, known: dict[int, float | None]) -> None:
        self.window, self.search, self.known = window, search, known
        self.asked: dict[int, dict[str, str]] = {}  # bounded: what workers have
        self.best: _Best | None = None
        self.is_tested = False

    def tell(self, number: int, value: float | None) -> None:
        tried = self.asked.pop(number)
        if value is not None:
            one = _Best(value, number, tried)
            if self.best is None or one.rank > self.best.rank:
                self.best = one
        self.search.tell(number, value)


class _Plan:
    """What is to be done next, window by window; those of which nothing can be asked now wait beside the next one."""

    def __init__(self, engine: sa.Engine, sweep: str, settings: Settings, used: DataUsed, where: Where) -> None:
        self._engine, self._sweep, self._settings, self._used, self._where = engine, sweep, settings, used, where
        self._asked = settings.asked
        self._sign = 1.0 if is_highest_best(self._asked.by) else -1.0
        walked: list[Window | None] = list(windows_of(self._asked, used))
        self._coming = iter(walked or [None])
        self._open: dict[int, _Stage] = {}  # bounded: one of which something is asked, and those that workers work on

    def task(self) -> Task | Trial | None:
        """The next task; a trial where one is known without; None where all wait for what is being done."""
        for stage in list(self._open.values()):
            found = self._of(stage)
            if found is not None:
                return found
        for window in self._coming:
            opened = self._opened(window)
            found = None if opened is None else self._of(opened)
            if found is not None:
                return found
        return None

    def told(self, trial: Trial) -> None:
        """A trial is done."""
        stage = self._open[trial.window]
        if trial.number == TEST:
            del self._open[trial.window]
        else:
            stage.tell(trial.number, self._worth(trial.value))

    def _of(self, stage: _Stage) -> Task | Trial | None:
        while (next_one := stage.search.ask()) is not None:
            number, tried = next_one
            stage.asked[number] = dict(tried)
            if number not in stage.known:
                return self._task(stage, number, dict(tried))
            stage.tell(number, self._worth(stage.known[number]))
        if not stage.search.is_over:
            return None
        window = stage.window
        if window is None:
            del self._open[0]
            return None
        if stage.best is None:
            del self._open[window.number]
            return Trial(
                window=window.number, number=TEST, parameters="{}",
                error=f"nothing was chosen: {self._asked.by} is not defined for any trial of the training",
            )  # fmt: skip
        if stage.is_tested:
            return None
        stage.is_tested = True
        return self._task(stage, TEST, stage.best.tried)

    def _opened(self, window: Window | None) -> _Stage | None:
        """What is to be done of a window; None where all of it is done."""
        number = 0 if window is None else window.number
        asked = self._asked
        with self._engine.connect() as connection:
            known = {one.number: one.value for one in values(connection, self._sweep, number)}
        if TEST in known:
            return None
        # Each window draws anew, and what one draws does not depend on how many there are.
        search = search_of(asked.search, asked.axes, asked.trials, asked.seed + number, asked.at_once)
        stage = _Stage(window, search, known)
        self._open[number] = stage
        return stage

    def _task(self, stage: _Stage, number: int, tried: dict[str, str]) -> Task:
        asked, window, used = self._asked, stage.window, self._used
        if window is not None:
            begin, end = (
                (window.test_begin, window.test_end) if number == TEST else (window.train_begin, window.train_end)
            )
            used = msgspec.structs.replace(used, begin=begin, end=end - Timeframe(used.timeframe).ns)
        request = msgspec.structs.replace(asked.request, parameters=asked.request.parameters | tried)
        return Task(
            window=0 if window is None else window.number, number=number, request=request, tried=tried,
            code=self._settings.code, where=self._where, used=used, by=asked.by, leads=window is not None,
        )  # fmt: skip

    def _worth(self, value: float | None) -> float | None:
        return None if value is None else self._sign * value


def windows_of(asked: Asked, used: DataUsed) -> list[Window]:
    """The windows of a sweep; none where it does not walk forward."""
    if asked.walk is None:
        return []
    return windows(asked.walk, used.begin, used.end + Timeframe(used.timeframe).ns)


def trials_of(asked: Asked, used: DataUsed) -> int:
    """How many trials a sweep has, tests of windows among them; SettingsError where that is too many."""
    if asked.walk is None:
        return asked.trials
    count = len(windows_of(asked, used)) * (asked.trials + 1)
    if count > MOST_TRIALS:
        raise SettingsError(
            f"these are {count:,} trials in all windows, and {MOST_TRIALS:,} is the most; take fewer of either"
        )
    return count


def settings_of(sweep: Sweep) -> Settings:
    """What *sweep* was asked for."""
    return msgspec.json.decode(sweep.settings, type=Settings)


def used_in(sweep: Sweep) -> DataUsed:
    """Over which candles it is."""
    return msgspec.json.decode(sweep.data, type=DataUsed)


def _ignore(done: int) -> None:
    del done
