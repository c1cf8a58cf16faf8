"""What may never come out of a parser, whatever went in."""

import math

from tidemark.model.batch import Batch
from tidemark.model.events import (
    BookDelta,
    BookSnapshot,
    Funding,
    Kline,
    Liquidation,
    LongShortRatio,
    MarketEvent,
    OpenInterest,
    TickerUpdate,
    Trade,
)

_FIRST_NS, _LAST_NS = 1_230_768_000 * 10**9, 1 << 63


def is_sound(event: MarketEvent) -> bool:
    """Whether every price is finite and positive, every size finite and not negative, every time believable."""
    positive: list[float | None] = []
    amounts: list[float | None] = []
    match event:
        case Trade() | Liquidation():
            positive = [event.price, event.size]
        case Kline():
            positive, amounts = [event.open, event.high, event.low, event.close], [event.volume, event.turnover]
        case TickerUpdate():
            positive = [event.last, event.mark, event.index, event.bid, event.ask, event.bid_size, event.ask_size]
            positive += [event.high_24h, event.low_24h, event.price_24h_ago]
            amounts = [event.volume_24h, event.turnover_24h, event.open_interest, abs(event.funding_rate or 0.0)]
        case BookSnapshot() | BookDelta():
            positive = [price for price, _ in event.bids + event.asks]
            amounts = [size for _, size in event.bids + event.asks]
        case OpenInterest():
            amounts = [event.value]
        case Funding():
            amounts = [abs(event.rate)]
        case LongShortRatio():
            amounts = [event.long_share]
        case _:
            return False
    return (
        all(value is None or 0 < value < math.inf for value in positive)
        and all(value is None or 0 <= value < math.inf for value in amounts)
        and _FIRST_NS <= event.ts_event < _LAST_NS
    )


def check_columns(batch: Batch) -> None:
    """AssertionError unless the trades and the books in the columns are sound."""
    prices, sizes = (batch.trades.arrays[column][: batch.trades.count] for column in (5, 6))
    assert all(0 < value < math.inf for value in [*prices.tolist(), *sizes.tolist()]), "trade without a number"
    level_prices, level_sizes = (batch.books.arrays[column][: batch.books.filled].tolist() for column in (10, 11))
    assert all(0 < value < math.inf for value in level_prices), "book level without a price"
    assert all(0 <= value < math.inf for value in level_sizes), "book level without a size"
