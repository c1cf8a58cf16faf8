"""How often a watched market traded in the last hour, from its own candles."""

import numpy as np

from tidemark.market.candles import Candles
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.units import HOUR

_UNCOUNTED = (int(Origin.ABSENT), int(Origin.PARTIAL))


def trades_last_hour(candles: Candles, slot: int) -> int | None:
    """Trades of the last whole hour; None unless every candle of it was seen whole and says how many it had."""
    for timeframe in candles.timeframes:
        if timeframe.ns <= HOUR and timeframe not in candles.shed_timeframes:
            trades = _counted(candles, slot, timeframe)
            if trades is not None:
                return trades
    return None


def _counted(candles: Candles, slot: int, timeframe: Timeframe) -> int | None:
    needed = HOUR // timeframe.ns
    rows = candles.rows(slot, timeframe, needed)
    marks, open_times = rows["marks"], rows["open_time"]
    if len(marks) < needed or open_times[-1] + 2 * timeframe.ns < candles.time.frontier_ns:
        return None
    trades = marks >> 4
    # A candle of the exchange may say what it traded, and not in how many trades.
    unknown = np.isin(marks & 7, _UNCOUNTED) | ((trades == 0) & (rows["volume"] > 0.0))
    return None if unknown.any() else int(trades.sum())
