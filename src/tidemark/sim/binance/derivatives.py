"""Liquidation and mark price streams: `forceOrder` and `markPrice`, of one symbol and of all.

After the pages on liquidation order and mark price streams: of a symbol at most one liquidation a second is told; `S`
is SELL where a long was closed, `ap` the price and `z` the size that it was closed with. `@1s` tells every second, the
plain streams every third.
"""

from collections.abc import Collection, Iterator, Sequence

from tidemark.sim.derivatives import Liquidation
from tidemark.sim.dynamics import LATENCY_MS
from tidemark.sim.market import Contract, Frame, Market
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


def marks(source: Made, wanted: Collection[str], now_ms: int, skew_ms: int) -> Iterator[Frame]:
    """The mark prices that are due at *now_ms*, a whole second."""
    linear = [(s, m) for s, m in source.truth.listed() if m.contract is not Contract.INVERSE]
    for topic, every_ms in ALL_MARKS.items():
        if topic in wanted and now_ms % every_ms == 0:
            rows = b",".join(_mark(source, slot, market, now_ms + skew_ms) for slot, market in linear)
            yield now_ms * MILLISECOND, topic, b"[%b]" % rows, None
    asked = {topic for topic in wanted if "@markPrice" in topic and not topic.startswith("!")}
    if not asked:
        return
    for slot, market in linear:
        for kind, every_ms in MARKS.items():
            topic = f"{market.symbol.lower()}@{kind}"
            if topic in asked and now_ms % every_ms == 0:
                yield now_ms * MILLISECOND, topic, _mark(source, slot, market, now_ms + skew_ms), None


def _mark(source: Made, slot: int, market: Market, now_ms: int) -> bytes:
    quote = source.quote(slot)
    mark, index = market.price(quote.mark), market.price(quote.index)
    # Contracts that end have no funding: an empty rate and no time.
    rate, at_ms = (
        ("", 0) if market.contract is Contract.QUARTERLY else (f"{quote.funding_rate:.8f}", quote.next_funding_ms)
    )
    return (
        f'{{"e":"markPriceUpdate","E":{now_ms},"s":"{market.symbol}","p":"{mark}","ap":"{mark}","P":"{index}",'
        f'"i":"{index}","r":"{rate}","T":{at_ms},"st":1}}'
    ).encode()
