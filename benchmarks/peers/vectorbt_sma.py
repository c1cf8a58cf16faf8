"""vectorbt: the cross of two means over arrays, filled at the next open."""

import sys

import numpy as np
import pandas as pd
import vectorbt as vbt

from benchmarks.peers.loop import serve


def main(path: str) -> None:
    """Serve repetitions over the candles in *path*."""
    rows = np.load(path)
    opened, close = pd.Series(rows[1]), pd.Series(rows[4])
    count = [0]

    def work() -> None:
        fast, slow = close.rolling(20).mean(), close.rolling(100).mean()
        above = (fast > slow).shift(1, fill_value=False)
        portfolio = vbt.Portfolio.from_signals(
            close, above, ~above, price=opened, size=1.0, fees=0.0005, init_cash=1e6, freq="1min"
        )
        count[0] = int(portfolio.trades.count())

    serve(vbt.__version__, lambda: (work, lambda: count[0]))


if __name__ == "__main__":
    main(sys.argv[1])
