"""Liquidation streams, `forceOrder`, and which mark price streams there are, of one symbol and of all.

After the pages on liquidation order and mark price streams: of a symbol at most one liquidation a second is told; `S`
is SELL where a long was closed, `ap` the price and `z` the size that it was closed with. `@1s` tells every second, the
plain streams every third.
"""

from collections.abc import Collection, Iterator, Sequence

from tidemark.sim.derivatives import Liquidation
from tidemark.sim.dynamics import LATENCY_MS
from tidemark.sim.market import Frame, Market
from tidemark.sim.wire import Made

ALL_LIQUIDATIONS = "!forceOrder@arr"
ALL_MARKS = {"!markPrice@arr": 3000, "!markPrice@arr@1s": 1000}
MARKS = {"markPrice": 3000, "markPrice@1s": 1000}
MILLISECOND = 1_000_000


def force_orders(
    source: Made, found: Sequence[Liquidation], wanted: Collection[str], now_ms: int, skew_ms: int
) -> Iterator[Frame]:
    """Give the messages of *found*, those that somebody wants."""
    for one in found:
        market = source.truth.markets[one.slot]
        if market is None:
            continue
        for topic in (ALL_LIQUIDATIONS, f"{market.symbol.lower()}@forceOrder"):
            if topic in wanted:
                yield now_ms * MILLISECOND, topic, _liquidation(market, one, now_ms + skew_ms, skew_ms), None


def _liquidation(market: Market, one: Liquidation, now_ms: int, skew_ms: int) -> bytes:
    size = market.size(one.lots)
    return (
        f'{{"e":"forceOrder","E":{now_ms + LATENCY_MS},"o":{{"s":"{market.symbol}",'
        f'"S":"{"SELL" if one.is_long else "BUY"}","o":"LIMIT","f":"IOC","q":"{size}","p":"{market.price(one.ticks)}",'
        f'"ap":"{market.price(one.average)}","X":"FILLED","l":"{size}","z":"{size}","T":{one.time_ms + skew_ms},'
        f'"ps":"{market.symbol}","st":1}}}}'
    ).encode()
