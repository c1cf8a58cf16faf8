"""Who does the trials of a sweep, by what was asked for."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

from tidemark.backtest.sweeps import cluster
from tidemark.backtest.sweeps.workers import Here, Processes, Workers
from tidemark.errors import SettingsError


@contextmanager
def crew(jobs: int | None = None, scheduler: str | None = None, local_cluster: int | None = None) -> Iterator[Workers]:
    """So many processes, one for each core where nothing is said; or the workers of Dask.

    SettingsError where two of them are asked for, or what they need is not installed.
    """
    given = (("--jobs", jobs), ("--scheduler", scheduler), ("--local-cluster", local_cluster))
    said = [name for name, value in given if value is not None]
    if len(said) > 1:
        raise SettingsError(f"{said[0]} and {said[1]} both say who does the trials; leave one of them out")
    if scheduler is not None:
        with cluster.scheduled(scheduler) as far:
            yield far
    elif local_cluster is not None:
        with cluster.local(local_cluster) as near:
            yield near
    else:
        count = jobs or os.cpu_count() or 1
        with closing(Here() if count == 1 else Processes(count)) as local:
            yield local
