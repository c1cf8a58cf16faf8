"""The indicators of every market and timeframe computed anew by TA-Lib, over the last candles of each."""

import json
import sys
from pathlib import Path

import numpy as np
import talib

from benchmarks.peers.loop import serve


def main(path: str) -> None:
    """As many series as the file at *path* says, for each line of standard input."""
    asked = json.loads(Path(path).read_text(encoding="ascii"))
    rng = np.random.default_rng(1)
    close = 1000.0 + np.cumsum(rng.normal(size=asked["bars"]))
    high, low, volume = close + 1.0, close - 1.0, rng.exponential(50.0, asked["bars"])
    done = 0

    def work() -> None:
        nonlocal done
        for _ in range(asked["series"]):
            talib.RSI(close, 14)
            talib.MACD(close, 12, 26, 9)
            talib.ATR(high, low, close, 14)
            talib.ADX(high, low, close, 14)
            talib.PLUS_DI(high, low, close, 14)
            talib.MINUS_DI(high, low, close, 14)
            talib.CCI(high, low, close, 20)
            talib.WILLR(high, low, close, 14)
            middle = (high + low) / 2
            talib.SMA(middle, 5)
            talib.SMA(middle, 34)
            for period in (20, 50, 200):
                talib.EMA(close, period)
            talib.OBV(close, volume)
            talib.AD(high, low, close, volume)
            done += 1

    serve(talib.__version__, lambda: (work, lambda: done))


if __name__ == "__main__":
    main(sys.argv[1])
