"""backtesting.py: the cross of two means as a strategy, filled at the next open."""

import sys
import warnings
from typing import Any

import backtesting
import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

from benchmarks.peers.loop import serve

# That it ends with an open position, and that the index is no calendar of trading days.
warnings.filterwarnings("ignore")


def mean(values: Any, length: int) -> Any:
    """The rolling mean."""
    return pd.Series(values).rolling(length).mean()


class Cross(Strategy):  # type: ignore[misc]
    """Long while the faster mean is above the slower one."""

    def init(self) -> None:
        self.fast = self.I(mean, self.data.Close, 20)
        self.slow = self.I(mean, self.data.Close, 100)

    def next(self) -> None:
        if self.fast[-1] > self.slow[-1]:
            if not self.position:
                self.buy(size=1)
        elif self.position:
            self.position.close()


def main(path: str) -> None:
    """Serve repetitions over the candles in *path*."""
    backtesting.backtesting._tqdm = lambda it, **_: it  # noqa: SLF001 - no progress bar in what is timed
    rows = np.load(path)
    frame = pd.DataFrame(
        {name: rows[at] for at, name in enumerate(("Open", "High", "Low", "Close", "Volume"), 1)},
        index=pd.to_datetime(rows[0].astype(np.int64)),
    )
    count = [0]

    def work() -> None:
        made = Backtest(frame, Cross, cash=1e6, commission=0.0005, finalize_trades=True)
        count[0] = len(made.run()["_trades"])

    serve(backtesting.__version__, lambda: (work, lambda: count[0]))


if __name__ == "__main__":
    main(sys.argv[1])
