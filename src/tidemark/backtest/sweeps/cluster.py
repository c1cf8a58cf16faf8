"""Trials on several machines: the workers of a scheduler of Dask, or of one that is begun here.

The scheduler gives the trial of a lost worker to another one; what a worker told already is here and is not done again.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from tidemark.backtest.sweeps import trial as trials
from tidemark.backtest.sweeps.trial import Task
from tidemark.backtest.sweeps.workers import lost
from tidemark.errors import SettingsError, UnreachableError
from tidemark.store.sweep_rows import Trial

# So that no worker waits for the next trial while one is on its way.
_AHEAD = 2
_PATIENCE = "5s"


class Cluster:
    """The workers that *client* reaches. Memory here: a task for each of their trials, and those that are told."""

    def __init__(self, client: Any, distributed: Any) -> None:
        self._client, self._distributed = client, distributed
        self._given: dict[Any, Task] = {}  # bounded: by `room`
        self._told = distributed.as_completed(loop=client.loop, raise_errors=False)

    @property
    def room(self) -> int:
        """See workers.Workers; workers may come and go."""
        threads = int(sum(self._client.nthreads().values()))
        return _AHEAD * max(threads, 1) - len(self._given)

    def give(self, task: Task) -> None:
        """See workers.Workers."""
        future = self._client.submit(trials.done, task, pure=False)
        self._given[future] = task
        self._told.add(future)

    def take(self) -> Trial:
        """See workers.Workers."""
        future = next(self._told)
        task = self._given.pop(future)
        try:
            trial: Trial = future.result()
        except self._distributed.KilledWorker as error:
            return lost(task, str(error.last_worker))
        finally:
            future.release()
        return trial

    def close(self) -> None:
        """See workers.Workers."""
        for future in self._given:
            future.cancel()
        self._given.clear()


@contextmanager
def scheduled(address: str) -> Iterator[Cluster]:
    """The workers of the scheduler at *address*, like tcp://10.0.0.5:8786."""
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UnreachableError(
            f"no scheduler of Dask answers at {address}: {' '.join(str(error).split())}; begin one with dask scheduler"
        ) from error
    with client:
        yield Cluster(client, distributed)


@contextmanager
def local(workers: int) -> Iterator[Cluster]:
    """A scheduler and so many workers on this machine, a process each."""
    distributed = _distributed()
    with (
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=logging.ERROR
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield Cluster(client, distributed)


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError as error:
        raise SettingsError(
            "--scheduler and --local-cluster need Dask, which is not installed: pip install 'tidemark[cluster]'; --jobs"
            " does without"
        ) from error
