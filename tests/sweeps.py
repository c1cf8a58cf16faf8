"""Small sweeps for tests: candles of two markets in files, a strategy with two parameters, and what comes of them."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from pyarrow import parquet
from tests.backtests import BEGAN, file_of

from tidemark.backtest.data.cache import Cache
from tidemark.backtest.data.instruments import instruments_of
from tidemark.backtest.runs.candles import Candles
from tidemark.backtest.runs.request import DataUsed, Request, code_of
from tidemark.backtest.sweeps.asked import Asked, asked_of
from tidemark.backtest.sweeps.candles import Where
from tidemark.backtest.sweeps.conductor import Conductor
from tidemark.backtest.sweeps.space import axes_of
from tidemark.backtest.sweeps.trial import Task
from tidemark.backtest.sweeps.workers import Here, Workers
from tidemark.clock import SystemClock
from tidemark.store.sweep_rows import Sweep, Trial, trials
from tidemark.units import DAY, MILLISECOND, MINUTE

STEP = 15 * MINUTE
A_DAY = DAY // STEP
CROSS = """
from typing import Annotated
import numpy as np
from msgspec import Meta

class Cross(Strategy):
    fast: Annotated[int, Meta(ge=2, le=500)] = 4
    slow: Annotated[int, Meta(ge=2, le=500)] = 20

    def indicators(self):
        return {"fast": f"sma({self.fast})", "slow": f"sma({self.slow})"}

    def signals(self, stretch):
        return np.where(stretch["fast"] > stretch["slow"], 1, -1)
"""
GRID = ("fast=3,6,9", "slow=12,24")


class Home(msgspec.Struct):
    """A folder with candles of a quarter of an hour, and a strategy."""

    folder: Path
    strategy: str
    data: str

    def request(self, **asked: Any) -> Request:
        return Request(**{"strategy": self.strategy, "data": self.data, **asked})

    @property
    def cache(self) -> Path:
        return self.folder / "columns"

    def source(self, request: Request | None = None) -> Candles:
        return Candles.open(request or self.request(), Cache(self.cache))

    def where(self, used: DataUsed) -> Where:
        return Where(
            data=self.data, markets=used.markets, timeframe=used.timeframe, digest=used.digest,
            instruments=tuple(instruments_of(used.markets, {})), cache=str(self.cache),
        )  # fmt: skip

    def task(self, used: DataUsed, *, number: int = 1, leads: bool = False, **tried: str) -> Task:
        """A task over the candles that *used* says."""
        request = self.request(parameters=tried)
        return Task(
            window=0, number=number, request=request, tried=tried, code=code_of(self.strategy),
            where=self.where(used), used=used, by="sharpe", leads=leads,
        )  # fmt: skip

    def asked(self, *grid: str, **how: Any) -> Asked:
        """A sweep over *grid*, or over GRID."""
        return asked_of(self.request(), axes_of(grid or GRID, ()), **how)

    def swept(self, engine: sa.Engine, asked: Asked | None = None, workers: Workers | None = None) -> Sweep:
        """What came of a sweep in *engine*."""
        source = self.source()
        conductor = Conductor(engine, SystemClock())
        begun = conductor.begin("a", "a sweep", asked or self.asked(), source)
        return conductor.run(begun, self.where(source.used), workers or Here())


def home(folder: Path, days: int = 40, text: str = CROSS) -> Home:
    """Two markets of so many days, each a walk at random."""
    data = folder / "candles"
    data.mkdir(parents=True)
    for seed, name in enumerate(("AUSDT", "BUSDT"), 1):
        close = 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.005, days * A_DAY)))
        opened = np.r_[100.0, close[:-1]]
        figures = {
            "open": opened, "high": np.maximum(opened, close), "low": np.minimum(opened, close), "close": close,
            "volume": np.full(len(close), 10.0),
        }  # fmt: skip
        times = (BEGAN + np.arange(len(close)) * STEP) // MILLISECOND
        parquet.write_table(pa.table({"ts": times, **figures}), data / f"{name}.parquet")
    return Home(folder, file_of(folder / "cross.py", text), str(data))


def rows(engine: sa.Engine, sweep: str = "a") -> list[Trial]:
    """All trials of a sweep."""
    with engine.connect() as connection:
        return list(trials(connection, sweep))
