"""Market streams of Binance USD-M: aggTrade, trade, bookTicker, kline and ticker, after frames recorded in 2026."""

from collections.abc import Collection, Iterator

from tidemark.sim.binance.books import SPEEDS, BinanceBooks
from tidemark.sim.binance.derivatives import ALL_LIQUIDATIONS, ALL_MARKS, MARKS, force_orders, marks
from tidemark.sim.book import Ladder
from tidemark.sim.derivatives import Liquidation
from tidemark.sim.dynamics import LATENCY_MS, Block
from tidemark.sim.faults import chosen
from tidemark.sim.longer import Candle
from tidemark.sim.market import Contract, Frame, Print
from tidemark.sim.trades import Fill, Ints
from tidemark.sim.truth import MINUTE_MS, WEEK_MINUTES
from tidemark.sim.wire import Made

MILLISECOND = 1_000_000
INTERVALS = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360, "8h": 480, "12h": 720,
    "1d": 1440, "3d": 4320, "1w": WEEK_MINUTES,
}  # fmt: skip
TRADE_ID = 1_000_000_000
AGGREGATE_ID = 300_000_000
ALL_TICKERS = ("!ticker@arr", "!miniTicker@arr")
SINGLE = frozenset(("aggTrade", "trade", "bookTicker", "ticker", "miniTicker", "forceOrder"))
MAKER = ("true", "false")


class BinanceStream:
    """Makes the frames of a generated market, only those that somebody wants."""

    first_aggregate = AGGREGATE_ID

    def __init__(self, source: Made) -> None:
        self._source = source
        self._truth = source.truth
        slots = self._truth.slots
        self._aggregates, self._trades, self._books, self._names = ([""] * slots for _ in range(4))
        self._slot_of: dict[str, int] = {}  # bounded: one entry a slot
        self._prices, self._sizes = ([("%f", 1.0)] * slots for _ in range(2))
        self._orders = [AGGREGATE_ID] * slots
        self._pushed = [-1] * slots
        self._depths = BinanceBooks(self._truth, source.books)
        self._now_ms = 0
        for slot, _ in self._truth.listed():
            self.entered(slot)

    def entered(self, slot: int) -> None:
        """Prepare the texts of the market in *slot*."""
        market = self._truth.markets[slot]
        if market is None:
            return
        lower = market.symbol.lower()
        self._slot_of.pop(self._names[slot].lower(), None)
        self._slot_of[lower] = slot
        self._names[slot] = market.symbol
        self._aggregates[slot], self._trades[slot] = f"{lower}@aggTrade", f"{lower}@trade"
        self._books[slot] = f"{lower}@bookTicker"
        self._prices[slot] = (f"%.{market.price_decimals}f", market.tick_size)
        self._sizes[slot] = (f"%.{market.lot_decimals}f", market.lot_size)
        self._pushed[slot] = int(self._truth.numbers[slot])
        self._orders[slot] = AGGREGATE_ID + int(self._truth.orders[slot])
        self._depths.entered(slot)

    def knows(self, topic: str) -> bool:
        """Whether *topic* is a stream of a listed market; the venue acknowledges any other just the same."""
        if topic in ALL_TICKERS or topic in ALL_MARKS or topic == ALL_LIQUIDATIONS:
            return True
        symbol, _, kind = topic.partition("@")
        if self._find(symbol) is None:
            return False
        return kind in SINGLE or kind in SPEEDS or kind in MARKS or kind.removeprefix("kline_") in INTERVALS

    def _find(self, lower: str) -> int | None:
        slot = self._slot_of.get(lower)
        return slot if slot is not None and self._truth.markets[slot] is not None else None

    def snapshot(self, topic: str, now_ms: int) -> bytes | None:  # noqa: ARG002 - nothing follows a subscription here
        """None: no stream here begins with a snapshot."""
        return None

    def frames(self, block: Block, numbers: Ints, wanted: Collection[str], skew_ms: int) -> Iterator[Frame]:
        """aggTrade, trade, bookTicker and depth of one slice, in order of time."""
        books, faults = self._source.books, self._source.faults
        self._depths.keep(wanted, self._slot_of, self._now_ms)
        orders = block.slot.size
        slots, first, fills = block.slot.tolist(), block.first.tolist(), block.fills.tolist()
        times, buys = block.time_ms.tolist(), block.is_buy.tolist()
        ticks, lots, ids = block.fill_ticks.tolist(), block.fill_lots.tolist(), numbers.tolist()
        aggregates = block.fill_order.tolist()
        quotes = list(zip(block.quote_slot.tolist(), block.quote_time_ms.tolist(), block.quote_bid.tolist(),
                          block.quote_ask.tolist(), block.quote_sizes.tolist(), strict=True))  # fmt: skip
        for event in block.in_time():
            at_ms = times[event] if event < orders else quotes[event - orders][1]
            if self._depths.is_due(at_ms):
                yield from self._depths.frames(at_ms, skew_ms, faults)
            if event >= orders:
                slot, time_ms, bid, ask, sizes = quotes[event - orders]
                books.quote(slot, time_ms, bid, ask, sizes[0], sizes[1])
                self._depths.moved(slot, time_ms)
                if self._books[slot] in wanted:
                    yield time_ms * MILLISECOND, self._books[slot], self._book(slot, time_ms + skew_ms), None
                continue
            slot = slots[event]
            start, due, time_ms = first[event], times[event] * MILLISECOND, times[event] + skew_ms
            stop = start + fills[event]
            (price_form, tick), (size_form, lot) = self._prices[slot], self._sizes[slot]
            name, maker = self._names[slot], MAKER[buys[event]]
            books.turn(slot, at_ms)
            self._depths.moved(slot, at_ms)
            missing = faults.trade_missing if faults.trade_missing and faults.concern(name) else 0.0
            topic = self._trades[slot]
            if topic in wanted:
                for k in range(start, stop):
                    if missing and chosen(f"{name}{self._orders[slot] + aggregates[k]}", missing):
                        continue
                    yield (
                        due,
                        topic,
                        (
                            f'{{"e":"trade","E":{time_ms + LATENCY_MS},"T":{time_ms},"s":"{name}",'
                            f'"t":{TRADE_ID + ids[k]},"p":"{price_form % (ticks[k] * tick)}",'
                            f'"q":"{size_form % (lots[k] * lot)}","X":"MARKET","m":{maker},"st":1}}'
                        ).encode(),
                        None,
                    )
            topic = self._aggregates[slot]
            if topic not in wanted:
                continue
            while start < stop:
                end, total, aggregate = start, 0, aggregates[start]
                while end < stop and aggregates[end] == aggregate:
                    total += lots[end]
                    end += 1
                if missing and chosen(f"{name}{self._orders[slot] + aggregate}", missing):
                    start = end
                    continue
                size = size_form % (total * lot)
                yield (
                    due,
                    topic,
                    (
                        f'{{"e":"aggTrade","E":{time_ms + LATENCY_MS},"a":{self._orders[slot] + aggregate},'
                        f'"s":"{name}","p":"{price_form % (ticks[start] * tick)}","q":"{size}","nq":"{size}",'
                        f'"f":{TRADE_ID + ids[start]},"l":{TRADE_ID + ids[end - 1]},"T":{time_ms},"m":{maker},"st":1}}'
                    ).encode(),
                    None,
                )
                start = end
        # Aggregates are counted within a slice; the next slice goes on from here.
        self._orders = (self._truth.orders + AGGREGATE_ID).tolist()

    def _book(self, slot: int, now_ms: int) -> bytes:
        books, name = self._source.books, self._names[slot]
        (price_form, tick), (size_form, lot) = self._prices[slot], self._sizes[slot]
        return (
            f'{{"e":"bookTicker","u":{self._depths.update_id(slot)},"s":"{name}","ps":"{name}",'
            f'"b":"{price_form % (books.bids[slot] * tick)}",'
            f'"B":"{size_form % (books.bid_lots[slot] * lot)}","a":"{price_form % (books.asks[slot] * tick)}",'
            f'"A":"{size_form % (books.ask_lots[slot] * lot)}","T":{now_ms},"E":{now_ms + LATENCY_MS},"st":1}}'
        ).encode()

    def ended(
        self, liquidations: list[Liquidation], wanted: Collection[str], now_ms: int, skew_ms: int
    ) -> Iterator[Frame]:
        """Books that are still due, then liquidations."""
        self._now_ms = now_ms
        yield from self._depths.frames(now_ms, skew_ms, self._source.faults)
        yield from force_orders(self._source, liquidations, wanted, now_ms, skew_ms)

    def ladder(self, slot: int, depth: int) -> Ladder:
        """The book as REST tells it."""
        return self._depths.ladder(slot, depth)

    def print(self, slot: int, fill: Fill) -> Print:  # noqa: ARG002 - ids are numbers within a market
        """A remembered trade under the ids it was sent with."""
        number = TRADE_ID + fill.number
        return Print(str(number), AGGREGATE_ID + fill.order, number, fill.time_ms, fill.ticks, fill.lots, fill.is_buy)

    def second(self, now_ms: int, wanted: Collection[str], skew_ms: int) -> Iterator[Frame]:
        """Mark prices, and tickers and open candles of the markets that traded within the second."""
        yield from marks(self._source, wanted, now_ms, skew_ms)
        due, changed = now_ms * MILLISECOND, self._truth.numbers.tolist()
        moved = [slot for slot, _ in self._truth.listed() if changed[slot] != self._pushed[slot]]
        # Rows of COIN-M markets have come mixed in since 2026, marked by st 2.
        coin = [slot for slot, market in self._truth.listed() if market.contract is Contract.INVERSE]
        for topic in ALL_TICKERS:
            if topic in wanted and moved:
                row = self._ticker if topic == "!ticker@arr" else self._mini_ticker
                yield (
                    due,
                    topic,
                    b"[%b]" % b",".join(row(k, now_ms + skew_ms) for k in dict.fromkeys(moved + coin)),
                    None,
                )
        moving = set(moved)
        for topic in [topic for topic in wanted if "@kline_" in topic or topic.endswith("icker")]:
            symbol, _, kind = topic.partition("@")
            slot = self._find(symbol)
            if slot is None or slot not in moving or kind == "bookTicker":
                continue
            if kind == "miniTicker":
                yield due, topic, self._mini_ticker(slot, now_ms + skew_ms), None
                continue
            if kind == "ticker":
                if now_ms % 2000 == 0:
                    yield due, topic, self._ticker(slot, now_ms + skew_ms), None
                continue
            interval = kind.removeprefix("kline_")
            candle = self._candle(slot, INTERVALS.get(interval, 0), now_ms // MINUTE_MS)
            if candle is not None:
                yield due, topic, self._kline(slot, interval, candle, now_ms + skew_ms, "false"), None
        self._pushed = changed

    def closed(self, now_ms: int, wanted: Collection[str], skew_ms: int) -> Iterator[Frame]:
        """Candles that end now, with `x` true."""
        for topic in [topic for topic in wanted if "@kline_" in topic]:
            symbol, _, kind = topic.partition("@")
            interval = kind.removeprefix("kline_")
            slot, length, minute = self._find(symbol), INTERVALS.get(interval, 0), now_ms // MINUTE_MS
            if slot is None or not length or (minute - (5760 if interval == "1w" else 0)) % length:
                continue
            candle = self._candle(slot, length, minute - 1)
            if candle is not None:
                yield now_ms * MILLISECOND, topic, self._kline(slot, interval, candle, now_ms + skew_ms, "true"), None

    def _candle(self, slot: int, length: int, minute: int) -> Candle | None:
        found = self._truth.candles(slot, length, minute - length + 1, minute) if length else []
        return found[-1] if found else None

    def _kline(self, slot: int, interval: str, candle: Candle, now_ms: int, is_final: str) -> bytes:
        market = self._truth.markets[slot]
        if market is None:
            return b""
        start = candle.minute * MINUTE_MS
        ids = (
            (TRADE_ID + candle.first_id, TRADE_ID + candle.first_id + candle.trades - 1) if candle.trades else (-1, -1)
        )
        return (
            f'{{"e":"kline","E":{now_ms + LATENCY_MS},"s":"{market.symbol}","k":{{"t":{start},'
            f'"T":{start + INTERVALS[interval] * MINUTE_MS - 1},"s":"{market.symbol}","i":"{interval}","f":{ids[0]},'
            f'"L":{ids[1]},"o":"{market.price(candle.open)}","c":"{market.price(candle.close)}",'
            f'"h":"{market.price(candle.high)}","l":"{market.price(candle.low)}","v":"{market.size(candle.lots)}",'
            f'"n":{candle.trades},"x":{is_final},"q":"{market.value(candle.value)}","V":"{market.size(candle.buy_lots)}",'
            f'"Q":"{market.value(candle.buy_value)}","B":"0"}}}}'
        ).encode()

    def _ticker(self, slot: int, now_ms: int) -> bytes:
        market, day = self._truth.markets[slot], self._truth.day(slot)
        if market is None:
            return b"{}"
        change = day.last - day.first
        average = day.value // day.lots if day.lots else day.last
        return (
            f'{{"e":"24hrTicker","E":{now_ms + LATENCY_MS},"s":"{market.symbol}","p":"{market.price(change)}",'
            f'"P":"{100.0 * change / day.first:.3f}","w":"{market.price(average)}","c":"{market.price(day.last)}",'
            f'"Q":"{market.size(day.last_lots)}","o":"{market.price(day.first)}","h":"{market.price(day.high)}",'
            f'"l":"{market.price(day.low)}","v":"{market.size(day.lots)}","q":"{market.value(day.value)}",'
            f'"O":{now_ms - 86_400_000},"C":{now_ms},"F":{TRADE_ID + day.next_id - day.trades},'
            f'"L":{TRADE_ID + day.next_id - 1},"n":{day.trades},'
            f'"st":{2 if market.contract is Contract.INVERSE else 1}}}'
        ).encode()

    def _mini_ticker(self, slot: int, now_ms: int) -> bytes:
        market, day = self._truth.markets[slot], self._truth.day(slot)
        if market is None:
            return b"{}"
        return (
            f'{{"e":"24hrMiniTicker","E":{now_ms + LATENCY_MS},"s":"{market.symbol}","c":"{market.price(day.last)}",'
            f'"o":"{market.price(day.first)}","h":"{market.price(day.high)}","l":"{market.price(day.low)}",'
            f'"v":"{market.size(day.lots)}","q":"{market.value(day.value)}",'
            f'"st":{2 if market.contract is Contract.INVERSE else 1}}}'
        ).encode()
