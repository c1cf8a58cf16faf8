"""Runs of backtests over files: their memory as candles get more, candles a second, and batches of round trips.

Candles of a minute of one market that was made up, in Parquet; a strategy that trades as often as to make 100,000 round
trips, the whole command as a user has it, from the file to the result in the database. Memory is that of the process,
from outside. Batches: wall time of 100 round trips into SQLite, and into PostgreSQL where that is installed.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from benchmarks.base import Gate, Plan, Result, cpu_seconds, rates, say
from benchmarks.material.reading import read
from tidemark.backtest.bars import Array, Bars
from tidemark.backtest.data.cache import Cache
from tidemark.backtest.data.source import WRITING
from tidemark.backtest.runs.candles import Candles
from tidemark.backtest.runs.driving import driver_of
from tidemark.backtest.runs.recorder import BATCH
from tidemark.backtest.runs.request import Request
from tidemark.backtest.runs.source import CHUNK
from tidemark.model.round_trip import RoundTrip
from tidemark.store.backtest_rows import put_trips
from tidemark.store.database import Database
from tidemark.units import MIB, MILLISECOND, MINUTE

IS_CHEAP = False
GATE: Gate = None
_TRIPS = 100_000
_LENGTHS, _SHORT = (1_000_000, 10_000_000, 50_000_000), (200_000,)
_BEGAN = 946_684_800_000_000_000
_PIECE = 1_000_000
_LOOK_S = 0.02
_OFTEN = """
from tidemark.backtest.strategies.base import Context, Strategy


class Often(Strategy):
    each: int = 50

    def on_candle(self, ctx: Context) -> None:
        if ctx.candles % self.each == 0:
            if ctx.position:
                ctx.close_position()
            else:
                ctx.buy(value=10.0)
"""
_CROSS = """
import numpy as np

from tidemark.backtest.strategies.base import Strategy, Stretch


class Cross(Strategy):
    def indicators(self):
        return {"fast": "sma(20)", "slow": "sma(100)"}

    def signals(self, stretch: Stretch):
        return np.where(stretch["fast"] > stretch["slow"], 1, -1)
"""


class _Nobody:
    """A sink that keeps nothing."""

    def trips(self, closed: Sequence[RoundTrip]) -> None:
        del closed

    def equity(self, at: Array, worth: Array) -> None:
        del at, worth


def run(plan: Plan) -> Iterator[Result]:
    """Memory by length, candles a second from a file and from its columns, and batches."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, text in (("often", _OFTEN), ("cross", _CROSS)):
            (folder / f"{name}.py").write_text(text)
        peaks = []
        for count in _SHORT if plan.is_quick else _LENGTHS:
            say(f"{count:,} candles")
            path = _written(folder / f"{count}.parquet", count)
            peaks.append(_peak(folder, path, max(2, count // _TRIPS // 2)))
            yield Result(name=f"backtest_run/peak, {count:,} candles", value=_mb(peaks[-1]), unit="MB")
        if len(peaks) > 1:
            growth = _mb(peaks[1] - peaks[0])
            yield Result(name="backtest_run/more for 10 times the candles", value=growth, unit="MB", target=50.0)
        yield from _speed(folder, path if plan.is_quick else folder / "10000000.parquet", plan.choose(3, 1))
    yield from _batches(plan.choose(_TRIPS, 5_000))


def _written(path: Path, count: int) -> Path:
    """So many candles of a walk."""
    rng, last = np.random.default_rng(20), 100.0
    names = ("open", "high", "low", "close", "volume")
    schema = pa.schema([("time", pa.int64()), *((name, pa.float64()) for name in names)])
    with parquet.ParquetWriter(
        path, schema, compression=WRITING["compression"], data_page_size=WRITING["data_page_size"], use_dictionary=False
    ) as file:
        for begin in range(0, count, _PIECE):
            length = min(_PIECE, count - begin)
            close = last * np.exp(np.cumsum(rng.normal(0.0, 5e-4, length)))
            opened = np.append(last, close[:-1])
            wick = 1.0 + rng.exponential(2e-4, (2, length))
            columns = [
                opened, np.maximum(opened, close) * wick[0], np.minimum(opened, close) / wick[1], close,
                rng.uniform(1.0, 9.0, length),
            ]  # fmt: skip
            times = _BEGAN + (begin + np.arange(length)) * MINUTE
            file.write_table(pa.table([times, *columns], schema), row_group_size=WRITING["row_group_size"])
            last = float(close[-1])
    return path


def _peak(folder: Path, data: Path, each: int) -> int:
    """The most that the command takes, in bytes."""
    command = [
        sys.executable, "-m", "tidemark", "backtest", "run", str(folder / "often.py"), "--data", str(data), "--param",
        f"each={each}", "--json",
    ]  # fmt: skip
    environment = os.environ | {"XDG_DATA_HOME": str(folder / data.stem)}
    most = 0
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            try:
                most = max(most, read(process.pid).rss)
            except OSError:
                break
            time.sleep(_LOOK_S)
    if process.returncode:
        raise AssertionError(f"the run ended with {process.returncode}")
    return most


def _speed(folder: Path, data: Path, times: int) -> Iterator[Result]:
    request = Request(strategy=str(folder / "cross.py"), data=str(data))
    source = Candles.open(request, Cache(folder / "columns"))
    columns = source.columns()
    assert columns is not None

    def drive(stretches: Iterator[Bars]) -> None:
        _, driver = driver_of(request, source, _Nobody())
        for bars in stretches:
            driver.take(bars)
        driver.end()

    ways = {
        "from Parquet, whole stretches": lambda: drive(source.bars(CHUNK)),
        "from columns, whole stretches": lambda: drive(columns.streamed()),
    }
    for name, work in ways.items():
        value, best = rates(source.used.candles, [cpu_seconds(work) for _ in range(times)])
        target = 10e6 if "columns" in name else None
        yield Result(name=f"backtest_run/{name}", value=value, unit="bars/s", target=target, n=times, best=best)


def _batches(count: int) -> Iterator[Result]:
    # Not at the top: they are for tests, and whoever lists the benchmarks may not have what tests need.
    from tests.postgresql import binaries, postgresql
    from tests.round_trips import drawn

    trips = drawn(count)
    for kind in ("sqlite", "postgresql"):
        with ExitStack() as stack:
            if kind == "postgresql" and binaries() is None:
                say("PostgreSQL is not installed")
                return
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = stack.enter_context(postgresql()).url if kind == "postgresql" else None
            took = []
            with Database.open(url, folder) as database:
                for begin in range(0, count, BATCH):
                    started = time.perf_counter_ns()
                    with database.engine.begin() as connection:
                        put_trips(connection, "a", trips[begin : begin + BATCH])
                    took.append((time.perf_counter_ns() - started) / MILLISECOND)
        name = f"backtest_run/{kind}: {BATCH} trips"
        yield Result(name=f"{name}, p50", value=round(median(took), 2), unit="ms", n=len(took))
        yield Result(
            name=f"{name}, p99", value=round(float(np.quantile(took, 0.99)), 2), unit="ms", target=100.0, n=len(took)
        )


def _mb(size: int) -> float:
    return round(size / MIB, 1)
