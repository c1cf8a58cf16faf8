"""Jobs for the processes of backtests, and whoever carries them out as the monitor has it done."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from tidemark.store.backtest_job import MODULE, Asked, BacktestJob, Listing, Order, Said
from tidemark.units import MIB


def job(store: Path, order: Order | None = None, **changed: Any) -> BacktestJob:
    """One over the folders of *store*."""
    made = BacktestJob(
        database=None, folder=str(store / "backtests"), strategies=str(store / "strategies"),
        data=str(store / "candles"), archive=str(store / "archive"), memory_bytes=512 * MIB, order=order or Listing(),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changed)


def asked(strategy: str = "mean_cross.py", **changed: Any) -> Asked:
    """A run over all of the data set `made`."""
    made = Asked(
        strategy=strategy, parameters={}, models={}, data="made", markets=(), timeframe=None, begin=None, end=None,
        cash=10_000.0, name=None, shuffles=0,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changed)


def carried_out(given: bytes | BacktestJob) -> tuple[int, list[Said], str]:
    """Exit code, what was said, and the last words of a process that is given a job and stays."""
    line = given if isinstance(given, bytes) else msgspec.json.encode(given) + b"\n"
    child = subprocess.Popen(
        [sys.executable, "-m", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    with child:
        child.stdin.write(line)
        child.stdin.flush()
        said = [msgspec.json.decode(one, type=Said) for one in child.stdout]
        words = child.stderr.read().decode()
    return child.returncode, said, words
