from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from tests.sweeps import CROSS, Home, home, rows

from tidemark.backtest.sweeps.asked import Asked, asked_of
from tidemark.backtest.sweeps.conductor import Conductor, settings_of, trials_of, used_in, windows_of
from tidemark.backtest.sweeps.space import axes_of
from tidemark.backtest.sweeps.summary import Summary
from tidemark.backtest.sweeps.trial import Task, done
from tidemark.backtest.sweeps.windows import Walk
from tidemark.backtest.sweeps.workers import Here, Processes
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError, StoreError
from tidemark.store.backtest_rows import State
from tidemark.store.database import Database
from tidemark.store.sweep_rows import Sweep, Trial, find

WALK = Walk(train=10, test=5, purge=1)
WALKED: dict[str, Any] = {"walk": WALK, "by": "total_return"}


class Stopping(Here):
    """Somebody presses Ctrl-C after so many trials."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def take(self) -> Trial:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return super().take()


class Backwards:
    """Does the last task first, of as many as there is room for."""

    def __init__(self, room: int) -> None:
        self._most, self._tasks = room, list[Task]()
        self.asked = 0

    @property
    def room(self) -> int:
        return self._most - len(self._tasks)

    def give(self, task: Task) -> None:
        self.asked += 1
        self._tasks.append(task)

    def take(self) -> Trial:
        return done(self._tasks.pop())

    def close(self) -> None:
        self._tasks.clear()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home(tmp_path_factory.mktemp("home"), days=32)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    with Database.open(None, tmp_path) as database:
        yield database.engine


def in_one_go(made: Home, folder: Path, **how: Any) -> list[Trial]:
    with Database.open(None, folder) as database:
        made.swept(database.engine, asked(made, **how))
        return rows(database.engine)


def asked(made: Home, **how: Any) -> Asked:
    if how.get("search") in {"random", "tpe"}:
        return asked_of(made.request(), axes_of([], ["fast=3:9", "slow=12:40"]), **how)
    return made.asked(**how)


def test_every_point_of_a_grid_is_tried_once_and_written_down(made: Home, engine: sa.Engine) -> None:
    told = list[int]()
    source = made.source()
    conductor = Conductor(engine, SystemClock(), progress=told.append)

    begun = conductor.begin("a", "a sweep", made.asked(), source)
    ended = conductor.run(begun, made.where(source.used), Here())

    assert (begun.state, ended.state, begun.trials) == (State.RUNNING, State.DONE, 6)
    assert [msgspec.json.decode(one.parameters)["fast"] for one in rows(engine)] == ["3", "3", "6", "6", "9", "9"]
    assert [one.number for one in rows(engine)] == [1, 2, 3, 4, 5, 6]
    assert told == list(range(7))
    assert used_in(ended) == source.used
    assert settings_of(ended).strategy == "Cross"
    with engine.connect() as connection:
        assert find(connection, "a") == ended


@pytest.mark.parametrize(
    "how", [{}, WALKED, {"search": "random", "trials": 7}, {"search": "tpe", "trials": 9, "at_once": 3},
            {"search": "tpe", "trials": 4, "at_once": 3, **WALKED}],
)  # fmt: skip
def test_how_many_run_at_once_and_in_which_order_changes_nothing(
    made: Home, engine: sa.Engine, tmp_path: Path, how: dict[str, Any]
) -> None:
    workers = Backwards(5)

    ended = made.swept(engine, asked(made, **how), workers)

    assert rows(engine) == in_one_go(made, tmp_path / "other", **how)
    assert ended.trials == len(rows(engine)) == workers.asked


@pytest.mark.parametrize("after", [1, 6, 14])
@pytest.mark.parametrize("how", [WALKED, {"search": "tpe", "trials": 20, "at_once": 4}])
def test_a_sweep_that_is_resumed_is_what_it_would_have_been(
    made: Home, engine: sa.Engine, tmp_path: Path, how: dict[str, Any], after: int
) -> None:
    source = made.source()
    conductor = Conductor(engine, SystemClock())
    begun = conductor.begin("a", "a sweep", asked(made, **how), source)
    with pytest.raises(KeyboardInterrupt):
        conductor.run(begun, made.where(source.used), Stopping(after))
    kept = rows(engine)
    with engine.connect() as connection:
        left = find(connection, "a")

    workers = Backwards(3)
    ended = conductor.run(begun, made.where(source.used), workers)

    assert left is not None
    assert (left.state, len(kept)) == (State.INTERRUPTED, after)
    assert workers.asked == begun.trials - after
    assert rows(engine) == in_one_go(made, tmp_path / "other", **how)
    assert ended.state is State.DONE


def test_processes_of_this_machine_walk_forward_alike(made: Home, engine: sa.Engine, tmp_path: Path) -> None:
    with closing(Processes(3)) as workers:
        made.swept(engine, asked(made, **WALKED), workers)

    assert rows(engine) == in_one_go(made, tmp_path / "other", **WALKED)


def test_a_window_tests_the_best_of_its_training(made: Home, engine: sa.Engine) -> None:
    ended = made.swept(engine, asked(made, walk=WALK, by="total_return"))

    found = rows(engine)
    windows = windows_of(settings_of(ended).asked, used_in(ended))
    assert len(windows) == 4
    for window in windows:
        test, *training = [one for one in found if one.window == window.number]
        best = max(training, key=lambda one: (one.value, -one.number))
        assert (test.number, test.parameters) == (0, best.parameters)
        assert test.first_day * 86_400 * 10**9 == window.test_begin


def test_a_window_of_which_nothing_can_be_chosen_is_told(made: Home, engine: sa.Engine) -> None:
    # A Sharpe ratio needs thirty days.
    ended = made.swept(engine, asked(made, walk=WALK, by="sharpe"))

    tests = [one for one in rows(engine) if one.number == 0]
    assert [one.error for one in tests] == [
        "nothing was chosen: sharpe is not defined for any trial of the training"
    ] * 4
    assert ended.state is State.DONE


def test_trials_that_fail_do_not_end_a_sweep(engine: sa.Engine, tmp_path: Path) -> None:
    made = home(tmp_path / "home", 32, CROSS.replace("return np", "assert self.fast != 6\n        return np"))

    ended = made.swept(engine)

    summary = msgspec.json.decode(ended.summary or "", type=Summary)
    assert (summary.done, summary.failed) == (6, 2)
    assert all("AssertionError" in why for why in summary.errors)
    assert summary.best is not None


@pytest.mark.parametrize(
    ("grid", "how", "words"),
    [
        ("length=1,2", {}, "Cross has no parameter 'length' to try; its parameters: fast, slow"),
        ("fast=2,3", {"walk": Walk(train=100, test=5)}, "one window takes 105"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_written(
    made: Home, engine: sa.Engine, grid: str, how: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        made.swept(engine, made.asked(grid, **how))

    with engine.connect() as connection:
        assert find(connection, "a") is None


def test_more_trials_than_there_may_be_are_refused(made: Home) -> None:
    many = asked(made, search="random", trials=40_000, walk=WALK)

    with pytest.raises(SettingsError, match="160,004 trials in all windows"):
        trials_of(many, made.source().used)


def test_other_candles_are_refused_and_nothing_is_lost(made: Home, engine: sa.Engine) -> None:
    ended = made.swept(engine)
    where = made.where(made.source().used)
    ticked = tuple(msgspec.structs.replace(one, tick_size=0.5) for one in where.instruments)

    for other in ({"digest": "0" * 64}, {"instruments": ticked}):
        with pytest.raises(StoreError, match="have changed since"):
            Conductor(engine, SystemClock()).run(ended, msgspec.structs.replace(where, **other), Here())

    assert len(rows(engine)) == 6


def test_a_database_that_refuses_leaves_the_sweep_interrupted(made: Home, engine: sa.Engine) -> None:
    class Full(Here):
        def take(self) -> Trial:
            raise OSError(28, "No space left on device")

    source = made.source()
    conductor = Conductor(engine, SystemClock())
    begun = conductor.begin("a", "a sweep", made.asked(), source)

    with pytest.raises(OSError, match="No space left"):
        conductor.run(begun, made.where(source.used), Full())

    with engine.connect() as connection:
        left = find(connection, "a")
    assert isinstance(left, Sweep)
    assert (left.state, left.error) == (State.INTERRUPTED, "[Errno 28] No space left on device")


def test_rules_are_swept_by_their_parameters(engine: sa.Engine, tmp_path: Path) -> None:
    made = home(tmp_path, days=3)
    source = made.source()
    conductor = Conductor(engine, SystemClock())

    def over(axis: str) -> Asked:
        return asked_of(made.request(strategy="rules:spring_long"), axes_of([f"{axis}=0.1,0.2"], ()))

    begun = conductor.begin("rules", "rules", over("spring_long.depth"), source)
    ended = conductor.run(begun, made.where(source.used), Here())

    assert (ended.state, ended.trials) == (State.DONE, 2)
    assert [one.error for one in rows(engine, "rules")] == [None, None]
    assert settings_of(begun).strategy == "rules:spring_long"
    assert "a spring" in settings_of(begun).code.text
    with pytest.raises(SettingsError, match=r"rules:spring_long has no parameter 'utad_short.depth' to try; its par"):
        conductor.begin("wrong", "wrong", over("utad_short.depth"), source)


def test_rules_of_signals_are_swept_like_a_strategy(engine: sa.Engine, tmp_path: Path) -> None:
    made = msgspec.structs.replace(home(tmp_path / "home", 2), strategy="rules")
    grid = ("risk=0.01,2", "warm_up=5m")
    with Database.open(None, tmp_path / "other") as database:
        made.swept(database.engine, made.asked(*grid, by="profit"))
        in_one_go = rows(database.engine)

    with closing(Processes(2)) as workers:
        ended = made.swept(engine, made.asked(*grid, by="profit"), workers)

    assert rows(engine) == in_one_go
    assert settings_of(ended).strategy == "rules"
    fine, wrong = in_one_go
    assert (fine.error, fine.value) == (None, 0.0)
    assert "risk" in str(wrong.error)
    with pytest.raises(SettingsError, match=r"rules has no parameter 'rules\.depth' to try"):
        made.swept(engine, made.asked("rules.depth=1,2"))
    settings = settings_of(ended)
    code = msgspec.structs.replace(settings.code, sha256="0" * 64)
    other = msgspec.structs.replace(
        ended, settings=msgspec.json.encode(msgspec.structs.replace(settings, code=code)).decode()
    )
    with pytest.raises(StoreError, match="was of rules that have changed since"):
        Conductor(engine, SystemClock()).run(other, made.where(made.source().used), Here())
