from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tidemark.backtest.sweeps.shelf import SweepShelf
from tidemark.clock import SystemClock
from tidemark.errors import StoreError
from tidemark.store.backtest_rows import State
from tidemark.store.database import Database
from tidemark.store.sweep_rows import Sweep, Trial, put_sweep, put_trial, trials

SWEEP = Sweep(id="cross-1", name="cross", created_at=1, state=State.RUNNING, settings="{}", data="{}", trials=4)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    with Database.open(None, tmp_path) as database, database.engine.begin() as connection:
        put_sweep(connection, SWEEP)
        connection.commit()
        yield database.engine


def test_a_sweep_whose_process_is_gone_is_seen_to_be_interrupted(engine: sa.Engine, tmp_path: Path) -> None:
    shelf = SweepShelf(engine, tmp_path, SystemClock())

    with shelf.held("cross-1"):
        during = shelf.find("cross-1")
    after = shelf.find("cross")

    assert during.state is State.RUNNING
    assert (after.state, after.error) == (State.INTERRUPTED, "its process ended before it was done")
    assert shelf.all() == [after]


def test_a_place_is_held_by_one_process(engine: sa.Engine, tmp_path: Path) -> None:
    shelf = SweepShelf(engine, tmp_path, SystemClock())

    with shelf.held("cross-1"):
        with pytest.raises(StoreError, match="cross-1 is at work in another process"), shelf.held("cross-1"):
            pass
        with pytest.raises(StoreError, match="is at work"):
            shelf.remove("cross-1")


def test_a_sweep_goes_with_its_trials(engine: sa.Engine, tmp_path: Path) -> None:
    shelf = SweepShelf(engine, tmp_path, SystemClock())
    with engine.begin() as connection:
        put_trial(connection, "cross-1", Trial(window=0, number=1, parameters="{}"))

    shelf.remove("cross-1")

    assert shelf.all() == []
    with engine.connect() as connection:
        assert list(trials(connection, "cross-1")) == []


def test_which_one_is_meant_has_to_be_clear(engine: sa.Engine, tmp_path: Path) -> None:
    shelf = SweepShelf(engine, tmp_path, SystemClock())
    with engine.begin() as connection:
        put_sweep(
            connection, Sweep(id="cross-2", name="", created_at=2, state=State.DONE, settings="", data="", trials=1)
        )

    with pytest.raises(StoreError, match="begins the ids of 2 sweeps"):
        shelf.find("cross")
    with pytest.raises(StoreError, match="no sweep 'mean'; `tidemark backtest sweep list`"):
        shelf.find("mean")
