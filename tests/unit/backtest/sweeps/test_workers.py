import os
import signal
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from tests.sweeps import CROSS, Home, home

from tidemark.backtest.sweeps.trial import done
from tidemark.backtest.sweeps.workers import Here, Processes
from tidemark.errors import UserError
from tidemark.store.sweep_rows import Trial

# Waits where a file says so, for as long as that is there.
SLOW = CROSS.replace(
    "        return np.where",
    """
        import pathlib, time
        place = pathlib.Path(PLACE)
        while self.fast == 7 and place.exists():
            time.sleep(0.02)
        return np.where""",
)
FATAL = CROSS.replace(
    "        return np.where",
    """
        import os
        if self.fast == 7:
            os._exit(3)
        return np.where""",
)


def slow(folder: Path) -> Home:
    return home(folder, 2, SLOW.replace("PLACE", repr(str(folder / "wait"))))


def test_this_process_does_one_after_the_other(tmp_path: Path) -> None:
    made = home(tmp_path, 2)
    task = made.task(made.source().used)
    here = Here()

    here.give(task)
    assert here.room == 0

    assert here.take() == done(task)
    assert here.room == 1


def test_processes_say_what_this_one_says(tmp_path: Path) -> None:
    made = home(tmp_path, 10)
    used = made.source().used
    tasks = [made.task(used, number=number, fast=str(number)) for number in range(2, 6)]

    with closing(Processes(2)) as workers:
        found: list[Trial] = []
        for task in tasks:
            if workers.room == 0:
                found.append(workers.take())
            workers.give(task)
        found += [workers.take(), workers.take()]

    assert sorted(found, key=lambda one: one.number) == [done(task) for task in tasks]


def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    made = slow(tmp_path)
    used = made.source().used
    (tmp_path / "wait").touch()
    with closing(Processes(2)) as workers:
        workers.give(made.task(used, number=1, fast="7"))
        (killed,) = workers.pids
        workers.give(made.task(used, number=2, fast="3"))
        assert workers.take().number == 2
        os.kill(killed, signal.SIGKILL)
        (tmp_path / "wait").unlink()

        again = workers.take()

        assert again == done(made.task(used, number=1, fast="7"))
        assert killed not in workers.pids


def test_a_trial_that_ends_its_workers_is_given_up(tmp_path: Path) -> None:
    made = home(tmp_path, 2, FATAL)
    used = made.source().used
    with closing(Processes(1)) as workers:
        workers.give(made.task(used, number=1, fast="7"))
        given_up = workers.take()
        workers.give(made.task(used, number=2, fast="3"))

        assert workers.take().error is None

    assert "every worker that had it was lost (the last: code 3)" in str(given_up.error)
    assert given_up.parameters == '{"fast":"7"}'


def test_what_no_trial_can_mend_is_raised_here(tmp_path: Path) -> None:
    made = home(tmp_path, 2)
    task = made.task(made.source().used)
    gone = msgspec.structs.replace(task.where, data=str(tmp_path / "elsewhere"))
    with closing(Processes(1)) as workers:
        workers.give(msgspec.structs.replace(task, where=gone))

        with pytest.raises(UserError, match="elsewhere is not there"):
            workers.take()


def test_what_nobody_foresaw_is_raised_here(tmp_path: Path) -> None:
    made = home(tmp_path, 2)
    task = made.task(made.source().used)
    with closing(Processes(1)) as workers:
        workers.give(msgspec.structs.replace(task, by="luck"))

        with pytest.raises(RuntimeError, match=r"a worker raised:\n(.*\n)*KeyError: 'luck'"):
            workers.take()


def test_nobody_is_left_when_it_is_closed(tmp_path: Path) -> None:
    made = slow(tmp_path)
    (tmp_path / "wait").touch()
    workers = Processes(2)
    workers.give(made.task(made.source().used, fast="7"))
    (pid,) = workers.pids

    workers.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert workers.room == 2
