"""The indicators of every market and timeframe computed anew by pandas, over the last candles of each."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.peers.loop import serve


def indicators(frame: pd.DataFrame) -> None:
    """What a bot computes of one table of candles: Wilder's averages as ewm, the others as rolling windows."""
    close, high, low, volume = frame["close"], frame["high"], frame["low"], frame["volume"]
    change = close.diff()
    gain, loss = (side.clip(lower=0).ewm(alpha=1 / 14).mean() for side in (change, -change))
    _ = 100 - 100 / (1 + gain / loss)
    macd = close.ewm(span=12).mean() - close.ewm(span=26).mean()
    macd.ewm(span=9).mean()
    before = close.shift()
    true_range = pd.concat([high - low, (high - before).abs(), (low - before).abs()], axis=1).max(axis=1)
    atr = true_range.ewm(alpha=1 / 14).mean()
    up, down = high.diff(), -low.diff()
    plus = up.where((up > down) & (up > 0), 0.0).ewm(alpha=1 / 14).mean() / atr
    minus = down.where((down > up) & (down > 0), 0.0).ewm(alpha=1 / 14).mean() / atr
    ((plus - minus).abs() / (plus + minus)).ewm(alpha=1 / 14).mean()
    typical = (high + low + close) / 3
    _ = (typical - typical.rolling(20).mean()) / typical.rolling(20).std()
    _ = (high.rolling(14).max() - close) / (high.rolling(14).max() - low.rolling(14).min())
    middle = (high + low) / 2
    _ = middle.rolling(5).mean() - middle.rolling(34).mean()
    for span in (20, 50, 200):
        close.ewm(span=span).mean()
    (np.sign(change) * volume).cumsum()
    (((close - low) - (high - close)) / (high - low) * volume).cumsum()


def main(path: str) -> None:
    """As many series as the file at *path* says, for each line of standard input."""
    asked = json.loads(Path(path).read_text(encoding="ascii"))
    rng = np.random.default_rng(1)
    close = 1000.0 + np.cumsum(rng.normal(size=asked["bars"]))
    volume = rng.exponential(50.0, asked["bars"])
    frame = pd.DataFrame({"close": close, "high": close + 1.0, "low": close - 1.0, "volume": volume})
    done = 0

    def work() -> None:
        nonlocal done
        for _ in range(asked["series"]):
            indicators(frame)
            done += 1

    serve(pd.__version__, lambda: (work, lambda: done))


if __name__ == "__main__":
    main(sys.argv[1])
