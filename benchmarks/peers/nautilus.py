"""nautilus_trader: decode, trade ticks, and eight bar aggregators an instrument, as its Bybit client and engine do.

The clock stands still while it is timed, so that no bar is closed: less than its work, and less than ours. Afterwards
the clock moves by ten seconds, and the volume of the shortest bars tells which trades they took.
"""

import sys
from collections.abc import Callable
from decimal import Decimal

import nautilus_trader
from nautilus_trader.adapters.bybit.schemas.ws import decoder_ws_trade
from nautilus_trader.common.component import TestClock
from nautilus_trader.data.aggregation import TimeBarAggregator
from nautilus_trader.model.data import Bar, BarSpecification, BarType
from nautilus_trader.model.enums import AggregationSource, BarAggregation, PriceType
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Currency, Price, Quantity

from benchmarks.peers.loop import read_frames, serve

_SHORTEST_NS = 10_000_000_000
_SPECIFICATIONS = [
    BarSpecification(step, aggregation, PriceType.LAST)
    for step, aggregation in (
        (10, BarAggregation.SECOND),
        (1, BarAggregation.MINUTE),
        (5, BarAggregation.MINUTE),
        (15, BarAggregation.MINUTE),
        (30, BarAggregation.MINUTE),
        (1, BarAggregation.HOUR),
        (4, BarAggregation.HOUR),
        (1, BarAggregation.DAY),
    )
]


def instrument(symbol: str) -> CryptoPerpetual:
    """A perpetual with the ticks of our frames."""
    base = Currency.from_str("BTC")
    quote = Currency.from_str("USDT")
    return CryptoPerpetual(
        instrument_id=InstrumentId(Symbol(f"{symbol}-LINEAR"), Venue("BYBIT")),
        raw_symbol=Symbol(symbol),
        base_currency=base,
        quote_currency=quote,
        settlement_currency=quote,
        is_inverse=False,
        price_precision=2,
        size_precision=3,
        price_increment=Price.from_str("0.01"),
        size_increment=Quantity.from_str("0.001"),
        margin_init=Decimal(0),
        margin_maint=Decimal(0),
        maker_fee=Decimal(0),
        taker_fee=Decimal(0),
        ts_event=0,
        ts_init=0,
    )


def main(path: str) -> None:
    """Serve repetitions over the frames in *path*."""
    frames = read_frames(path)
    decoded = [decoder_ws_trade().decode(frame) for frame in frames]
    start_ns = decoded[0].ts * 1_000_000
    expected = sum(round(float(row.v) * 1000) for message in decoded for row in message.data)
    rows = sum(len(message.data) for message in decoded)
    instruments = {symbol: instrument(symbol) for symbol in {message.data[0].s for message in decoded}}
    del decoded

    def prepare() -> tuple[Callable[[], None], Callable[[], int]]:
        clock = TestClock()
        clock.set_time(start_ns - 1)
        taken = [0]
        ticks = [0]

        def on_bar(bar: Bar) -> None:
            if bar.bar_type.spec.aggregation == BarAggregation.SECOND:
                taken[0] += round(bar.volume.as_double() * 1000)

        books = {}
        for symbol, one in instruments.items():
            aggregators = [
                TimeBarAggregator(one, BarType(one.id, spec, AggregationSource.INTERNAL), on_bar, clock)
                for spec in _SPECIFICATIONS
            ]
            books[symbol] = (one.id, [aggregator.handle_trade_tick for aggregator in aggregators])
        decode = decoder_ws_trade().decode
        now_ns = clock.timestamp_ns

        def work() -> None:
            for frame in frames:
                for row in decode(frame).data:
                    instrument_id, handlers = books[row.s]
                    tick = row.parse_to_trade_tick(instrument_id, 2, 3, now_ns())
                    for handle in handlers:
                        handle(tick)
                    ticks[0] += 1

        def count() -> int:
            for event in clock.advance_time(start_ns + _SHORTEST_NS):
                event.handle()
            return ticks[0] if taken[0] == expected and ticks[0] == rows else 0

        return work, count

    serve(nautilus_trader.__version__, prepare)


if __name__ == "__main__":
    main(sys.argv[1])
