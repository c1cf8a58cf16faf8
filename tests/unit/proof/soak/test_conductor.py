import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.samples import recording, sample, series
from tests.unit.proof.soak.build import changed, sighting

from tidemark.errors import TidemarkError
from tidemark.proof.recording import read_samples
from tidemark.proof.simulation.schedule import Fault
from tidemark.proof.soak.conductor import Conductor, alerts_of, lock
from tidemark.proof.soak.plan import TELLING, Plan
from tidemark.units import MIB

PLAN = Plan(seed=1, venue="bybit", symbols=2, rate=5.0, hours=0.5, faults=())


def conductor(folder: Path, *faults: Fault) -> Conductor:
    return Conductor(msgspec.structs.replace(PLAN, faults=faults), folder, lambda _share, _newest: None)


def test_messages_are_those_of_all_lives_and_the_peak_is_the_highest_of_any() -> None:
    looks = (
        sighting(10.0, 1, messages=5),
        sighting(20.0, 1, messages=9, peak_rss=300 * MIB),
        sighting(30.0, 2, messages=4, rss=250 * MIB),
    )
    found = changed(sightings=looks)

    assert (found.messages, found.peak_rss) == (13, 300 * MIB)
    assert (changed(sightings=()).messages, changed(sightings=()).peak_rss) == (0, 0)


def test_the_samples_of_each_life_are_a_file_of_its_own(tmp_path: Path) -> None:
    lives = tuple(recording(series(sample, count)) for count in (4, 7))
    changed(recordings=lives).write_samples(tmp_path)

    assert [len(list(read_samples(tmp_path / f"samples-{n}.jsonl"))) for n in (1, 2)] == [
        len(life.looks) + len(life.counts) for life in lives
    ]


def test_a_fault_that_nobody_knows_ends_the_soak(tmp_path: Path) -> None:
    with pytest.raises(TidemarkError, match="the fault 'flood' is not known"):
        conductor(tmp_path, Fault(kind="flood", at_s=1.0)).run()


def test_a_busy_database_refuses_others_and_lets_go_again(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    with contextlib.closing(sqlite3.connect(file, timeout=0.0)) as other:
        other.execute("CREATE TABLE a (b)")
        held = lock(file, None, is_busy=True)

        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO a VALUES (1)")
        assert lock(file, held, is_busy=True) is held
        assert lock(file, held, is_busy=False) is None
        other.execute("INSERT INTO a VALUES (1)")


def test_a_database_at_which_somebody_writes_for_long_is_busy_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("CREATE TABLE a (b)")
        other.execute("BEGIN IMMEDIATE")

        assert lock(file, None, is_busy=True) is None
        other.execute("INSERT INTO a VALUES (1)")


def test_a_database_that_is_not_there_yet_cannot_be_busy(tmp_path: Path) -> None:
    assert lock(tmp_path / "a.db", None, is_busy=True) is None


def test_who_tells_people_is_found_among_the_processes_of_the_service_and_no_other() -> None:
    sleeps = [sys.executable, "-c", "import time; time.sleep(30)"]
    with subprocess.Popen([*sleeps, TELLING]) as telling, subprocess.Popen(sleeps) as other:
        found = alerts_of(os.getpid())
        for child in (telling, other):
            child.kill()
        pid = telling.pid

    assert found == [pid]
    assert alerts_of(pid) == []
