import logging
import os
import signal
import sys
import time
from pathlib import Path

import distributed
import msgspec
import pytest
from tests.sweeps import CROSS, home, rows

from tidemark.backtest.sweeps import cluster
from tidemark.backtest.sweeps.trial import done
from tidemark.backtest.sweeps.workers import Processes
from tidemark.errors import SettingsError, UnreachableError
from tidemark.store.database import Database

# Says who does it, and waits for as long as a file is there.
SLOW = CROSS.replace(
    "        return np.where",
    """
        import os, pathlib, time
        place = pathlib.Path(PLACE)
        if self.fast == 7 and place.exists():
            (place.parent / "pid").write_text(str(os.getpid()))
        while self.fast == 7 and place.exists():
            time.sleep(0.02)
        return np.where""",
)


def test_a_cluster_gives_what_processes_and_this_one_give(tmp_path: Path) -> None:
    made = home(tmp_path, 12)
    found = []
    for place in ("here", "processes", "cluster"):
        with Database.open(None, tmp_path / place) as database:
            if place == "cluster":
                with cluster.local(2) as workers:
                    made.swept(database.engine, workers=workers)
            else:
                many = Processes(3) if place == "processes" else None
                made.swept(database.engine, workers=many)
                if many is not None:
                    many.close()
            found.append(rows(database.engine))

    assert len(found[0]) == 6
    assert found[0] == found[1] == found[2]


def test_workers_of_a_scheduler_share_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = home(tmp_path, 12)
    monkeypatch.setenv("HOME", str(tmp_path / "elsewhere"))
    used = made.source().used
    task = made.task(used, fast="3")
    far = msgspec.structs.replace(task, where=msgspec.structs.replace(task.where, cache=None))
    with (
        distributed.LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=logging.ERROR
        ) as there,
        cluster.scheduled(there.scheduler_address) as workers,
    ):
        workers.give(far)

        assert workers.take() == done(task)

    assert (tmp_path / "elsewhere" / ".cache" / "tidemark" / "columns" / used.digest).is_dir()


def test_a_worker_that_is_killed_loses_no_trial_that_is_done(tmp_path: Path) -> None:
    made = home(tmp_path, 2, SLOW.replace("PLACE", repr(str(tmp_path / "wait"))))
    used = made.source().used
    (tmp_path / "wait").touch()
    with cluster.local(2) as workers:
        for number, fast in ((1, "7"), (2, "3"), (3, "4")):
            workers.give(made.task(used, number=number, fast=fast))
        first = [workers.take().number, workers.take().number]
        for _ in range(1500):
            if (tmp_path / "pid").exists():
                break
            time.sleep(0.02)
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
        (tmp_path / "wait").unlink()

        again = workers.take()

    assert sorted(first) == [2, 3]
    assert (again.number, again.error) == (1, None)


def test_a_trial_that_ends_its_workers_is_given_up(tmp_path: Path) -> None:
    text = CROSS.replace(
        "        return np.where",
        """
        import os
        if self.fast == 7:
            os._exit(3)
        return np.where""",
    )
    made = home(tmp_path, 2, text)
    used = made.source().used
    with cluster.local(1) as workers:
        workers.give(made.task(used, number=1, fast="7"))

        assert "every worker that had it was lost" in str(workers.take().error)


def test_a_scheduler_that_does_not_answer_is_told() -> None:
    with (
        pytest.raises(UnreachableError, match=r"no scheduler of Dask answers at tcp://127\.0\.0\.1:9"),
        cluster.scheduled("tcp://127.0.0.1:9"),
    ):
        pass


def test_without_dask_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)

    with pytest.raises(SettingsError, match=r"pip install 'tidemark\[cluster\]'"), cluster.local(1):
        pass
