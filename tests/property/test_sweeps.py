"""A sweep is what was asked, whoever does it: in any order, at any number of places, and stopped as often as one likes.

Its trials are made up here, since what a trial comes to is tested elsewhere: a number that follows from its settings.
"""

import random
from collections.abc import Iterator

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.pool import StaticPool
from tests.sweeps import Home, home, rows

from tidemark.backtest.sweeps.asked import Asked, asked_of
from tidemark.backtest.sweeps.conductor import Conductor
from tidemark.backtest.sweeps.space import axes_of
from tidemark.backtest.sweeps.trial import Task
from tidemark.backtest.sweeps.windows import Walk
from tidemark.clock import SystemClock
from tidemark.store.backtest_rows import State
from tidemark.store.sweep_rows import Trial
from tidemark.store.tables import METADATA

MADE: list[Home] = []


@pytest.fixture(scope="module", autouse=True)
def _candles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    MADE.append(home(tmp_path_factory.mktemp("home"), days=20))
    yield
    MADE.clear()


class MadeUp:
    """So many workers, of which any one is done next; the last one of all is stopped after *left* trials."""

    def __init__(self, room: int, seed: int, left: int) -> None:
        self._most, self._tasks = room, list[Task]()
        self._draw, self._left = random.Random(seed), left

    @property
    def room(self) -> int:
        return self._most - len(self._tasks)

    def give(self, task: Task) -> None:
        self._tasks.append(task)

    def take(self) -> Trial:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        return made_up(self._tasks.pop(self._draw.randrange(len(self._tasks))))

    def close(self) -> None:
        self._tasks.clear()


def made_up(task: Task) -> Trial:
    fast, slow = (int(task.tried[name]) for name in ("fast", "slow"))
    value = None if (fast * slow) % 5 == 0 else float(-abs(fast - 30) - abs(slow - 60) % (7 + task.window))
    return Trial(
        window=task.window, number=task.number, parameters=msgspec.json.encode(task.tried).decode(), value=value,
        first_day=task.used.begin, error="it raised" if value is None else None,
    )  # fmt: skip


def swept(asked: Asked, stops: list[tuple[int, int, int]]) -> list[Trial]:
    """The trials of a sweep that is stopped and resumed."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    METADATA.create_all(engine)
    source = MADE[0].source()
    where = MADE[0].where(source.used)
    conductor = Conductor(engine, SystemClock())
    begun = conductor.begin("a", "a", asked, source)
    for room, seed, left in stops:
        try:
            ended = conductor.run(begun, where, MadeUp(room, seed, left))
        except KeyboardInterrupt:
            continue
        assert ended.state is State.DONE
    found = rows(engine)
    engine.dispose()
    return found


ASKED = st.builds(
    lambda kind, trials, walk, at_once, by: asked_of(
        MADE[0].request(),
        axes_of(["fast=10:50:10", "slow=12,24,36"], []) if kind == "grid" else axes_of(["slow=12,24"], ["fast=3:60"]),
        search=kind,
        trials=None if kind == "grid" else trials,
        walk=walk,
        at_once=at_once,
        by=by,
    ),
    st.sampled_from(["grid", "random", "tpe"]),
    st.integers(1, 14),
    st.sampled_from([None, Walk(train=6, test=4), Walk(train=5, test=3, purge=1, embargo=1)]),
    st.integers(1, 6),
    st.sampled_from(["sharpe", "volatility"]),
)
STOPS = st.lists(st.tuples(st.integers(1, 7), st.integers(0, 9), st.integers(0, 12)), max_size=3)


@settings(max_examples=60, deadline=None)
@given(st.deferred(lambda: ASKED), STOPS, st.integers(1, 9))
def test_a_sweep_is_the_same_however_it_is_done(asked: Asked, stops: list[tuple[int, int, int]], room: int) -> None:
    in_one_go = swept(asked, [(1, 0, 10_000)])

    assert swept(asked, [*stops, (room, 5, 10_000)]) == in_one_go

    windows = {one.window for one in in_one_go}
    for window in windows:
        numbers = [one.number for one in in_one_go if one.window == window]
        assert numbers == list(range(0 if asked.walk is not None else 1, asked.trials + 1))
