from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.round_trips import TRIP

from tidemark.backtest.runs.shelf import Shelf, new_id
from tidemark.clock import SystemClock
from tidemark.errors import StoreError
from tidemark.store.backtest_rows import Run, State, put_run, put_trips, trips
from tidemark.store.database import Database


class At(SystemClock):
    def now_ns(self) -> int:
        return 77


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(None, tmp_path) as opened:
        yield opened


@pytest.fixture
def shelf(database: Database, tmp_path: Path) -> Shelf:
    return Shelf(database.engine, tmp_path, At())


def put(database: Database, *names: str, state: State = State.DONE) -> None:
    with database.engine.begin() as connection:
        for number, name in enumerate(names):
            put_run(connection, Run(id=name, name=name, created_at=number, state=state, settings="{}", data="{}"))
            put_trips(connection, name, [TRIP])


def test_runs_are_found_by_the_beginning_of_their_id(database: Database, shelf: Shelf) -> None:
    put(database, "cross-1", "cross-22", "other-1")

    assert shelf.find("cross-1").id == "cross-1"
    assert shelf.find("oth").id == "other-1"
    with pytest.raises(StoreError, match="begins the ids of 2 runs"):
        shelf.find("cross")
    with pytest.raises(StoreError, match="no run 'nothing'; `tidemark backtest list`"):
        shelf.find("nothing")
    with pytest.raises(StoreError, match="no run ''"):
        shelf.find("")


def test_the_newest_come_first(database: Database, shelf: Shelf) -> None:
    put(database, "a", "b", "c")

    assert [one.id for one in shelf.all()] == ["c", "b", "a"]
    assert [one.id for one in shelf.all(2)] == ["c", "b"]


def test_a_run_whose_process_is_gone_is_marked_as_interrupted(database: Database, shelf: Shelf) -> None:
    put(database, "left", state=State.RUNNING)

    found = shelf.find("left")

    assert (found.state, found.ended_at) == (State.INTERRUPTED, 77)
    assert found.error == "its process ended before it was done"
    assert shelf.all()[0].state is State.INTERRUPTED


def test_a_run_that_is_at_work_is_left_alone(database: Database, shelf: Shelf) -> None:
    put(database, "busy", state=State.RUNNING)

    with shelf.held("busy"):
        assert shelf.find("busy").state is State.RUNNING
        with pytest.raises(StoreError, match="run busy is at work in another process"):
            shelf.remove("busy")
    assert shelf.find("busy").state is State.INTERRUPTED


def test_a_run_is_removed_with_all_that_belongs_to_it(database: Database, shelf: Shelf) -> None:
    put(database, "a", "b")

    shelf.remove("a")

    assert [one.id for one in shelf.all()] == ["b"]
    with database.engine.connect() as connection:
        assert not list(trips(connection, "a"))
        assert len(list(trips(connection, "b"))) == 1


def test_ids_can_be_written_anywhere() -> None:
    assert new_id("../../x y").startswith("..-..-x-y-")
    assert "/" not in new_id("a/b")
    assert len(new_id("x" * 500)) <= 60
    assert new_id("") != new_id("")
