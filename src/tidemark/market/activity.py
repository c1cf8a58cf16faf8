"""How often a watched market traded in the last hour, from its own candles."""

from tidemark.market.candles import Candles
from tidemark.model.timeframe import Timeframe
from tidemark.units import HOUR


def trades_last_hour(candles: Candles, slot: int) -> int | None:
    """Trades of the last whole hour of closed candles; None unless its feed was whole, and each says how many it had.

    A market whose feed is whole and that has no candle did not trade.
    """
    alive_since = candles.alive_since(slot)
    if alive_since is None:
        return None
    for timeframe in candles.timeframes:
        if HOUR // timeframe.ns <= candles.capacity(timeframe) and timeframe.ns <= HOUR:
            return _counted(candles, slot, timeframe, alive_since)
    return None


def _counted(candles: Candles, slot: int, timeframe: Timeframe, alive_since: int) -> int | None:
    end = candles.time.frontier_ns // timeframe.ns * timeframe.ns
    if alive_since > end - HOUR:
        return None
    rows = candles.rows(slot, timeframe, HOUR // timeframe.ns)
    is_within = rows["open_time"] >= end - HOUR
    trades = rows["marks"][is_within] >> 4
    # A candle of the exchange may say what it traded, and not in how many trades.
    if ((trades == 0) & (rows["volume"][is_within] > 0.0)).any():
        return None
    return int(trades.sum())
