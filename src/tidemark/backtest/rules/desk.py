"""Where candles meet the orders of a trader: what was filled and what the account was worth goes to the sink."""

import numpy as np

from tidemark.backtest.bars import Bars
from tidemark.backtest.broker.account import Account
from tidemark.backtest.driver import Sink
from tidemark.backtest.rules.trader import Trader


class Desk:
    """The account of *trader*, candle by candle. Memory: a point of equity for each time until they are told."""

    def __init__(self, account: Account, trader: Trader, sink: Sink) -> None:
        self._account, self._trader, self._sink = account, trader, sink
        self._at: list[int] = []  # bounded: a stretch of candles
        self._worth: list[tuple[float, float, float]] = []  # bounded: the same

    def meet(self, bars: Bars, begin: int, end: int) -> None:
        """Take the candles of one time, rows *begin* to before *end*; what was signalled before is ordered first."""
        opens = int(bars.open_time[begin])
        self._trader.place(opens)
        kernel = self._account.kernel
        while begin < end:
            begin = kernel.bars(
                bars.market, bars.open_time, bars.open, bars.high, bars.low, bars.close, bars.volume, begin, end
            )
            if kernel.closed:
                self._sink.trips(self._trader.named(self._account.drain()))
        self._at.append(opens)
        self._worth.append(self._now())

    def tell(self) -> None:
        """Tell what the account was worth since the last call."""
        self._sink.equity(np.array(self._at, np.int64), np.array(self._worth, np.float64).reshape(-1, 3))
        self._at.clear()
        self._worth.clear()

    def finish(self) -> None:
        """After the last candle: what is held is closed at its last close, and all is told."""
        self._sink.trips(self._trader.named(self._account.finish()))
        if self._worth:
            self._worth[-1] = self._now()
        self.tell()

    def _now(self) -> tuple[float, float, float]:
        kernel = self._account.kernel
        return kernel.equity(), kernel.cash, kernel.exposure()
