"""Public streams of Bybit v5: publicTrade, tickers and kline, after the v5 pages and frames recorded in 2026."""

import hashlib
from collections.abc import Collection, Iterator

from tidemark.sim.book import Ladder
from tidemark.sim.bybit.books import SEQUENCE, BybitBooks
from tidemark.sim.bybit.liquidations import BybitLiquidations
from tidemark.sim.derivatives import Liquidation
from tidemark.sim.dynamics import LATENCY_MS, Block
from tidemark.sim.faults import chosen
from tidemark.sim.longer import Candle
from tidemark.sim.market import Frame, Market, Print
from tidemark.sim.trades import Fill, Ints
from tidemark.sim.truth import MINUTE_MS, WEEK_MINUTES
from tidemark.sim.wire import Made

MILLISECOND = 1_000_000
# Interval on the wire to minutes.
INTERVALS = {
    "1": 1, "3": 3, "5": 5, "15": 15, "30": 30, "60": 60, "120": 120, "240": 240, "360": 360, "720": 720, "D": 1440,
    "W": WEEK_MINUTES,
}  # fmt: skip
SIDES = ("Sell", "Buy")
DIRECTIONS = ("MinusTick", "ZeroMinusTick", "ZeroPlusTick", "PlusTick")
ODD = 0x5DEECE66D
# One trade in so many met an order of the retail programme.
RPI_EVERY = 37


def id_middle(symbol: str) -> str:
    """The part of a trade id that is a symbol's own."""
    digest = hashlib.blake2s(symbol.encode(), digest_size=5).hexdigest()
    return f"{digest[:4]}-5{digest[4:7]}-8{digest[7:10]}"


def id_digits(numbers: Ints) -> tuple[str, str]:
    """The first 8 and the last 12 digits of the ids of many numbers, 16 characters apart; those of `trade_id`."""
    head, tail = numbers * 2654435761 & 0xFFFFFFFF, numbers * ODD & 0xFFFFFFFFFFFF
    return head.astype(">u8").tobytes().hex(), tail.astype(">u8").tobytes().hex()


def trade_id(middle: str, number: int) -> str:
    """A trade id in the form of a UUID; every number of a symbol gives another."""
    return f"{(number * 2654435761) & 0xFFFFFFFF:08x}-{middle}-{(number * ODD) & 0xFFFFFFFFFFFF:012x}"


class BybitStream:
    """Makes the frames of a generated market, only those that somebody wants."""

    first_aggregate = 0

    def __init__(self, source: Made) -> None:
        self._source = source
        self._truth = source.truth
        slots = self._truth.slots
        self._trades, self._tickers, self._ids = ([""] * slots for _ in range(3))
        self._names = [""] * slots
        self._prices, self._sizes = ([("%f", 1.0)] * slots for _ in range(2))
        self._last = [0] * slots
        self._direction = [1] * slots
        self._shown: list[dict[str, str]] = [{} for _ in range(slots)]  # bounded: one entry a slot
        self._pushed = [-1] * slots
        self._sequence = 0
        self._books = BybitBooks(self._truth, source.books)
        self._liquidations = BybitLiquidations(self._truth)
        for slot, _ in self._truth.listed():
            self.entered(slot)

    def entered(self, slot: int) -> None:
        """Prepare the texts of the market in *slot*."""
        market = self._truth.markets[slot]
        if market is None:
            return
        self._names[slot] = market.symbol
        self._trades[slot] = f"publicTrade.{market.symbol}"
        self._tickers[slot] = f"tickers.{market.symbol}"
        self._ids[slot] = id_middle(market.symbol)
        self._prices[slot] = (f"%.{market.price_decimals}f", market.tick_size)
        self._sizes[slot] = (f"%.{market.lot_decimals}f", market.lot_size)
        self._last[slot] = self._truth.day(slot).last
        self._shown[slot] = {}
        self._pushed[slot] = int(self._truth.numbers[slot])
        self._books.entered(slot)

    def knows(self, topic: str) -> bool:
        """Whether *topic* is a public topic of a listed market."""
        kind, _, rest = topic.partition(".")
        if kind == "kline":
            interval, _, rest = rest.partition(".")
            return interval in INTERVALS and rest in self._truth.slot_of
        if kind == "orderbook":
            return self._books.find(topic) is not None
        return kind in {"publicTrade", "tickers", "allLiquidation"} and rest in self._truth.slot_of

    def snapshot(self, topic: str, now_ms: int) -> bytes | None:
        """A ticker begins with all of its fields, a book with all of its levels."""
        kind, _, symbol = topic.partition(".")
        if kind == "orderbook":
            return self._books.snapshot(topic, now_ms)
        slot = self._truth.slot_of.get(symbol)
        if kind != "tickers" or slot is None:
            return None
        fields = self._fields(slot)
        if not self._shown[slot]:
            self._shown[slot] = fields
        return self._ticker(slot, "snapshot", fields, now_ms)

    def frames(self, block: Block, numbers: Ints, wanted: Collection[str], skew_ms: int) -> Iterator[Frame]:
        """Give publicTrade, ticker deltas and books of one slice, in order of time."""
        books, faults = self._source.books, self._source.faults
        self._books.keep(wanted)
        orders = block.slot.size
        slots, first, fills = block.slot.tolist(), block.first.tolist(), block.fills.tolist()
        times, buys = block.time_ms.tolist(), block.is_buy.tolist()
        ticks, lots, ids = block.fill_ticks.tolist(), block.fill_lots.tolist(), numbers.tolist()
        heads, tails = id_digits(numbers)
        quotes = list(zip(block.quote_slot.tolist(), block.quote_time_ms.tolist(), block.quote_bid.tolist(),
                          block.quote_ask.tolist(), block.quote_sizes.tolist(), strict=True))  # fmt: skip
        for event in block.in_time():
            at_ms = times[event] if event < orders else quotes[event - orders][1]
            if self._books.is_due(at_ms):
                yield from self._books.frames(at_ms, skew_ms, faults)
            if event >= orders:
                slot, time_ms, bid, ask, sizes = quotes[event - orders]
                books.quote(slot, time_ms, bid, ask, sizes[0], sizes[1])
                self._books.moved(slot, time_ms)
                topic = self._tickers[slot]
                if topic in wanted:
                    yield time_ms * MILLISECOND, topic, self._delta(slot, time_ms + skew_ms), None
                continue
            slot, topic = slots[event], self._trades[slots[event]]
            start = first[event]
            stop = start + fills[event]
            books.turn(slot, at_ms)
            self._books.moved(slot, at_ms)
            if topic not in wanted:
                self._last[slot] = ticks[stop - 1]
                continue
            time_ms = times[event] + skew_ms
            (price_form, tick), (size_form, lot) = self._prices[slot], self._sizes[slot]
            name, middle, side, last = self._names[slot], self._ids[slot], SIDES[buys[event]], self._last[slot]
            direction = self._direction[slot]
            missing = faults.trade_missing if faults.trade_missing and faults.concern(name) else 0.0
            rows = []
            shown, held, price_text, size_text = -1, -1, "", ""
            for k in range(start, stop):
                price, number = ticks[k], ids[k]
                # Fills of one order mostly share their price, and often their size.
                if price != shown:
                    shown, price_text = price, price_form % (price * tick)
                if lots[k] != held:
                    held, size_text = lots[k], size_form % (lots[k] * lot)
                direction = (3 if price > last else 0) if price != last else (2 if direction > 1 else 1)
                last = price
                if missing and chosen(f"{name}{number}", missing):
                    continue
                rows.append(
                    f'{{"T":{time_ms},"s":"{name}","S":"{side}","v":"{size_text}","p":"{price_text}","L":"{DIRECTIONS[direction]}",'
                    f'"i":"{heads[16 * k + 8 : 16 * k + 16]}-{middle}-{tails[16 * k + 4 : 16 * k + 16]}",'
                    f'"BT":false,"RPI":{"true" if number % RPI_EVERY == 0 else "false"},"seq":{SEQUENCE + number}}}'
                )
            self._last[slot], self._direction[slot] = last, direction
            if not rows:
                continue
            text = f'{{"topic":"{topic}","type":"snapshot","ts":{time_ms + LATENCY_MS},"data":[{",".join(rows)}]}}'
            yield times[event] * MILLISECOND, topic, text.encode(), None

    def ended(
        self, liquidations: list[Liquidation], wanted: Collection[str], now_ms: int, skew_ms: int
    ) -> Iterator[Frame]:
        """Books that are still due, then liquidations."""
        yield from self._books.frames(now_ms, skew_ms, self._source.faults)
        yield from self._liquidations.frames(liquidations, wanted, now_ms, skew_ms)

    def ladder(self, slot: int, depth: int) -> Ladder:
        """The book as REST tells it."""
        return self._books.ladder(slot, depth)

    def print(self, slot: int, fill: Fill) -> Print:
        """A remembered trade under the ids it was sent with."""
        number = fill.number
        return Print(trade_id(self._ids[slot], number), number, SEQUENCE + number, fill.time_ms, fill.ticks, fill.lots,
                     fill.is_buy, number % RPI_EVERY == 0)  # fmt: skip

    def second(self, now_ms: int, wanted: Collection[str], skew_ms: int) -> Iterator[Frame]:
        """Open candles that changed within the second, and books of one level that did not change."""
        yield from self._books.repeated(now_ms, skew_ms)
        for topic in [topic for topic in wanted if topic.startswith("kline.")]:
            _, interval, symbol = topic.split(".", 2)
            slot = self._truth.slot_of.get(symbol)
            if slot is None or int(self._truth.numbers[slot]) == self._pushed[slot]:
                continue
            candle = self._candle(slot, INTERVALS[interval], now_ms // MINUTE_MS)
            if candle is not None:
                yield now_ms * MILLISECOND, topic, self._kline(slot, topic, candle, now_ms + skew_ms, "false"), None
        self._pushed = self._truth.numbers.tolist()

    def closed(self, now_ms: int, wanted: Collection[str], skew_ms: int) -> Iterator[Frame]:
        """Candles that end now, with `confirm` true."""
        for topic in [topic for topic in wanted if topic.startswith("kline.")]:
            _, interval, symbol = topic.split(".", 2)
            slot = self._truth.slot_of.get(symbol)
            length, minute = INTERVALS[interval], now_ms // MINUTE_MS
            if slot is None or (minute - (5760 if interval == "W" else 0)) % length:
                continue
            candle = self._candle(slot, length, minute - 1)
            if candle is not None:
                yield now_ms * MILLISECOND, topic, self._kline(slot, topic, candle, now_ms + skew_ms, "true"), None

    def _candle(self, slot: int, length: int, minute: int) -> Candle | None:
        if length == 1:
            return self._truth.candle(slot, minute)
        found = self._truth.candles(slot, length, minute - length + 1, minute)
        return found[-1] if found else None

    def _kline(self, slot: int, topic: str, candle: Candle, now_ms: int, confirm: str) -> bytes:
        market = self._truth.markets[slot]
        if market is None:
            return b""
        interval = topic.split(".", 2)[1]
        start = candle.minute * MINUTE_MS
        return (
            f'{{"topic":"{topic}","data":[{{"start":{start},"end":{start + INTERVALS[interval] * MINUTE_MS - 1},'
            f'"interval":"{interval}","open":"{market.price(candle.open)}","close":"{market.price(candle.close)}",'
            f'"high":"{market.price(candle.high)}","low":"{market.price(candle.low)}",'
            f'"volume":"{market.size(candle.lots)}","turnover":"{market.value(candle.value)}",'
            f'"confirm":{confirm},"timestamp":{now_ms}}}],"ts":{now_ms},"type":"snapshot"}}'
        ).encode()

    def _delta(self, slot: int, now_ms: int) -> bytes:
        fields, shown = self._fields(slot), self._shown[slot]
        self._shown[slot] = fields
        return self._ticker(slot, "delta", {k: v for k, v in fields.items() if shown.get(k) != v}, now_ms)

    def _ticker(self, slot: int, kind: str, fields: dict[str, str], now_ms: int) -> bytes:
        self._sequence += 1
        body = "".join(f',"{name}":"{text}"' for name, text in fields.items() if name != "symbol")
        return (
            f'{{"topic":"{self._tickers[slot]}","type":"{kind}","data":{{"symbol":"{self._names[slot]}"{body}}},'
            f'"cs":{820_000_000_000 + self._sequence},"ts":{now_ms + LATENCY_MS}}}'
        ).encode()

    def _fields(self, slot: int) -> dict[str, str]:
        market = self._truth.markets[slot]
        return {} if market is None else ticker_fields(self._source, slot, market, self._last[slot])


def ticker_fields(source: Made, slot: int, market: Market, last: int) -> dict[str, str]:
    """All fields of a linear ticker, as text."""
    day, quote = source.truth.day(slot), source.quote(slot)
    return {
        "symbol": market.symbol,
        "tickDirection": "ZeroPlusTick",
        "price24hPcnt": f"{last / day.first - 1.0:.6f}",
        "lastPrice": market.price(last),
        "prevPrice24h": market.price(day.first),
        "highPrice24h": market.price(max(day.high, last)),
        "lowPrice24h": market.price(min(day.low, last)),
        "prevPrice1h": market.price(source.truth.hour_ago(slot)),
        "markPrice": market.price(quote.mark),
        "indexPrice": market.price(quote.index),
        "openInterest": market.size(quote.open_interest),
        "openInterestValue": market.value(quote.open_interest * quote.mark),
        "turnover24h": market.value(day.value),
        "volume24h": market.size(day.lots),
        "nextFundingTime": str(quote.next_funding_ms),
        "fundingRate": f"{quote.funding_rate:.8f}".rstrip("0").rstrip("."),
        "bid1Price": market.price(quote.bid),
        "bid1Size": market.size(quote.bid_lots),
        "ask1Price": market.price(quote.ask),
        "ask1Size": market.size(quote.ask_lots),
        "fundingIntervalHour": str(market.funding_interval_h),
    }
