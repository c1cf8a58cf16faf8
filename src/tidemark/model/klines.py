"""The exchange's candles, from one by one to those of one symbol together."""

from collections.abc import Iterable

from tidemark.model.events import Kline, KlineRow, Klines
from tidemark.model.timeframe import Timeframe


def row_of(kline: Kline) -> KlineRow:
    """A candle as a row of `Klines`."""
    return KlineRow(
        kline.open_time, kline.open, kline.high, kline.low, kline.close, kline.volume, kline.turnover, kline.trades,
        kline.bought,
    )  # fmt: skip


def as_klines(
    symbol: str, timeframe: Timeframe, first: int, count: int, found: Iterable[Kline], ts_recv: int
) -> Klines:
    """The closed ones of the candles that a venue told of [*first*, *first* + *count* timeframes), as one event."""
    end = first + count * timeframe.ns
    return Klines(
        ts_event=end,
        ts_recv=ts_recv,
        symbol=symbol,
        timeframe=timeframe,
        first=first,
        count=count,
        rows=tuple(row_of(one) for one in found if one.is_closed and first <= one.open_time < end),
    )
