"""What a user of backtests has: candles of markets in files, a strategy to begin with, and a run of it."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet
from tests.backtests import walk

from tidemark.units import MILLISECOND


def candle_files(folder: Path, markets: Sequence[str], count: int, seed: int = 1) -> Path:
    """A folder with so many candles of a minute of each market; give where it is."""
    made = folder / "candles"
    made.mkdir(exist_ok=True)
    for number, name in enumerate(markets):
        bars = walk(count, seed + number)
        columns = {column: getattr(bars, column) for column in ("open", "high", "low", "close", "volume")}
        parquet.write_table(pa.table({"ts": bars.open_time // MILLISECOND, **columns}), made / f"{name}.parquet")
    return made


def environment(home: Path) -> dict[str, str]:
    """Of a command in the home of somebody who has set nothing."""
    ours = ("TIDEMARK_", "XDG_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {"HOME": str(home)}


def begun(home: Path, markets: Sequence[str], count: int, *more: str) -> dict[str, Any]:
    """The first run of somebody who began with the strategy `mean_cross` in that folder, as `--json` tells it."""
    candle_files(home, markets, count)
    run = ["backtest", "run", "mean_cross.py", "--data", "candles", "--param", "fast=5", "--param", "slow=20", "--json"]
    for arguments in (["new-strategy", "mean_cross"], [*run, *more]):
        done = subprocess.run(
            [sys.executable, "-m", "tidemark", *arguments],
            cwd=home, env=environment(home), capture_output=True, text=True, check=True,
        )  # fmt: skip
    made: dict[str, Any] = json.loads(done.stdout)
    return made
