"""A folder with strategies and candles, as whoever begins backtests over the API has one."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tidemark.backtest.strategies.template import written

# 2024-01-01.
BEGAN_MS = 1_704_067_200_000
SLOW = '''
from tidemark.backtest.strategies.base import Strategy

class Slow(Strategy):
    """Holds, and takes its time."""
    def on_candle(self, ctx):
        sum(range(600))
        ctx.target(1.0 if ctx.close > ctx.open else 0.0)
'''
STUCK = """
from tidemark.backtest.strategies.base import Strategy

class Stuck(Strategy):
    def on_candle(self, ctx):
        while True:
            pass
"""
GREEDY = """
from tidemark.backtest.strategies.base import Strategy

class Greedy(Strategy):
    kept = []

    def on_candle(self, ctx):
        self.kept.append(bytearray(1 << 20))
"""
RAISES = """
from tidemark.backtest.strategies.base import Strategy

class Raises(Strategy):
    def on_candle(self, ctx):
        raise ValueError("never again")
"""


def fill(store: Path, *, candles: int = 100_000) -> None:
    """Strategies of all kinds, and a data set of two markets."""
    strategies, data = store / "strategies", store / "candles" / "made"
    for folder in (strategies, data):
        folder.mkdir(parents=True, exist_ok=True)
    for name, text in {
        "mean_cross": written("mean_cross"), "slow": SLOW, "stuck": STUCK, "greedy": GREEDY, "raises": RAISES,
        "hangs": "while True:\n    pass\n", "dies": "import os\nos._exit(3)\n", "wrong": "def f(:\n",
        "empty": "",
    }.items():  # fmt: skip
        (strategies / f"{name}.py").write_text(text)
    (strategies / "notes.txt").write_text("no strategy")
    rng = np.random.default_rng(1)
    for name in ("BTCUSDT", "ETHUSDT"):
        close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 1e-3, candles)))
        opens = np.r_[close[0], close[:-1]]
        table = pa.table({
            "open_time": BEGAN_MS + np.arange(candles) * 60_000, "open": opens,
            "high": np.maximum(opens, close) * 1.0005, "low": np.minimum(opens, close) * 0.9995, "close": close,
            "volume": np.ones(candles),
        })  # fmt: skip
        pq.write_table(table, data / f"{name}.parquet")
