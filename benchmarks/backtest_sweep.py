"""A hundred trials of a backtest on two processes against one, and what this machine gives two processes at all.

Time on the clock: whether two processes are done sooner is the question. Two threads of one core are no two cores, and
on most machines the second process takes clock speed and cache from the first; so beside the sweep stands what two
processes reach that know nothing of each other, each with half of the same trials: more than that nobody gets.
"""

import multiprocessing
import tempfile
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import perf_counter

import msgspec
import numpy as np
import pyarrow as pa
from pyarrow import parquet

from benchmarks.base import Gate, Plan, Result, say
from tidemark.backtest.data.cache import Cache
from tidemark.backtest.runs.candles import Candles
from tidemark.backtest.runs.request import Request, code_of
from tidemark.backtest.sweeps.asked import Asked, asked_of
from tidemark.backtest.sweeps.candles import Where, where_of
from tidemark.backtest.sweeps.conductor import Conductor
from tidemark.backtest.sweeps.space import Values, axes_of, point
from tidemark.backtest.sweeps.trial import Task, done
from tidemark.backtest.sweeps.workers import Processes
from tidemark.clock import SystemClock
from tidemark.store.database import Database
from tidemark.units import MINUTE, SECOND

IS_CHEAP = True
GATE: Gate = None
_TARGET = 1.8
_STRATEGY = """
import numpy as np

from tidemark.backtest.strategies.base import Strategy


class Cross(Strategy):
    fast: int = 20
    slow: int = 100

    def indicators(self):
        return {"fast": f"sma({self.fast})", "slow": f"sma({self.slow})"}

    def signals(self, stretch):
        return np.where(stretch["fast"] > stretch["slow"], 1, -1)
"""


def run(plan: Plan) -> Iterator[Result]:
    """How many times as fast two processes are, by the sweep and alone."""
    side, candles, times = plan.choose(10, 3), plan.choose(525_600, 50_000), plan.choose(5, 1)
    with tempfile.TemporaryDirectory() as name:
        asked, source, where = _made(Path(name), side, candles)
        tasks = _tasks(asked, source, where)
        say(f"{len(tasks)} trials over {candles:,} candles")
        swept: dict[int, list[float]] = {1: [], 2: []}
        alone: dict[int, list[float]] = {1: [], 2: []}
        for time in range(times):
            # Who goes first changes from time to time.
            for count in (1, 2) if time % 2 else (2, 1):
                swept[count].append(_swept(Path(name, f"{time}-{count}"), asked, source, where, count))
                alone[count].append(_alone(tasks, count))
        ours, most = ([one / two for one, two in zip(by[1], by[2], strict=True)] for by in (swept, alone))
        rate = [len(tasks) / seconds for seconds in swept[2]]
        yield Result(
            name="backtest_sweep/two processes against one", value=round(median(ours), 2), unit="times",
            target=_TARGET, n=times, best=round(max(ours), 2),
        )  # fmt: skip
        yield Result(
            name="backtest_sweep/two processes alone against one", value=round(median(most), 2), unit="times", n=times,
            best=round(max(most), 2),
        )  # fmt: skip
        yield Result(
            name="backtest_sweep/of what two processes reach alone", value=round(median(ours) / median(most), 2),
            unit="times", n=times,
        )  # fmt: skip
        yield Result(
            name="backtest_sweep/trials on two processes", value=round(median(rate), 1), unit="trials/s", n=times,
            best=round(max(rate), 1),
        )  # fmt: skip


def _made(folder: Path, side: int, candles: int) -> tuple[Asked, Candles, Where]:
    """A grid of *side* by *side* over a walk at random, its columns decoded."""
    rng = np.random.default_rng(20)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 5e-4, candles)))
    opened = np.append(100.0, close[:-1])
    figures = {
        "open": opened, "high": np.maximum(opened, close), "low": np.minimum(opened, close), "close": close,
        "volume": rng.exponential(1000.0, candles),
    }  # fmt: skip
    data, file = folder / "BTCUSDT.parquet", folder / "cross.py"
    parquet.write_table(pa.table({"ts": MINUTE // SECOND * np.arange(candles, dtype=np.int64), **figures}), data)
    file.write_text(_STRATEGY, encoding="utf-8")
    request = Request(strategy=str(file), data=str(data), timeframe="1m")
    columns = folder / "columns"
    source = Candles.open(request, Cache(columns))
    source.columns()
    grid = [f"fast={','.join(str(20 + 10 * one) for one in range(side))}",
            f"slow={','.join(str(200 + 50 * one) for one in range(side))}"]  # fmt: skip
    return asked_of(request, axes_of(grid, [])), source, where_of(source, columns)


def _tasks(asked: Asked, source: Candles, where: Where) -> list[Task]:
    axes = [axis for axis in asked.axes if isinstance(axis, Values)]
    points = [point(axes, number) for number in range(asked.trials)]
    code = code_of(asked.request.strategy)
    return [
        Task(
            window=0, number=number, tried=tried,
            request=msgspec.structs.replace(asked.request, parameters=tried),
            code=code, where=where, used=source.used, by=asked.by,
        )
        for number, tried in enumerate(points, 1)
    ]  # fmt: skip


def _swept(folder: Path, asked: Asked, source: Candles, where: Where, count: int) -> float:
    """The seconds that a sweep takes, from its first trial to its summary; its processes are there before."""
    with Database.open(None, folder) as database, closing(Processes(count)) as workers:
        first = _tasks(asked, source, where)[:count]
        for task in first:
            workers.give(task)
        for _ in first:
            workers.take()
        conductor = Conductor(database.engine, SystemClock())
        begun = perf_counter()
        conductor.run(conductor.begin("a", "a", asked, source), where, workers)
        return perf_counter() - begun


def _alone(tasks: list[Task], count: int) -> float:
    """The seconds until *count* processes have done all trials, each its share, and told nobody."""
    context = multiprocessing.get_context("spawn")
    links, processes = [], []
    for number in range(count):
        ours, theirs = context.Pipe()
        process = context.Process(target=_busy, args=(theirs, tasks[number::count]), daemon=True)
        process.start()
        links.append(ours)
        processes.append(process)
    for link in links:
        link.recv()
    begun = perf_counter()
    for link in links:
        link.send(None)
    for link in links:
        link.recv()
    seconds = perf_counter() - begun
    for process in processes:
        process.join()
    return seconds


def _busy(link: Connection, tasks: list[Task]) -> None:
    done(tasks[0])
    link.send(None)
    link.recv()
    for task in tasks:
        done(task)
    link.send(None)
