"""Bybit's frames, turned into events."""

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tidemark.errors import DECODE_ERRORS, FrameError
from tidemark.ingest.venues.bybit import wire
from tidemark.ingest.venues.frame import (
    MAX_INT,
    MAX_NUMBER,
    MAX_TIME_MS,
    MIN_TIME_MS,
    MS_TO_NS,
    FrameKind,
    check_book_room,
    check_room,
    check_size,
    refusal,
)
from tidemark.kernels.scan_bybit_book import BybitBookScanner
from tidemark.kernels.scan_bybit_trades import BybitTradeScanner
from tidemark.model.events import BookDelta, BookSnapshot, Kline, Liquidation, MarketEvent, TickerUpdate, Trade
from tidemark.model.timeframe import Timeframe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidemark.model.batch import Batch

INTERVALS = {
    "1": Timeframe.M1,
    "5": Timeframe.M5,
    "15": Timeframe.M15,
    "30": Timeframe.M30,
    "60": Timeframe.H1,
    "240": Timeframe.H4,
    "D": Timeframe.D1,
}

_TOPIC = b'{"topic":"'
_NAMES = ("publicTrade", "tickers", "kline", "orderbook", "allLiquidation")
_BY_LETTER = {ord(name[0]): (name, _TOPIC + name.encode() + b".") for name in _NAMES}
_OPERATIONS = frozenset({"subscribe", "unsubscribe", "ping", "pong"})
T = TypeVar("T")


def is_linear(symbol: str) -> bool:
    """Whether *symbol* is a linear USDT perpetual: not BTCUSD, BTCUSDZ26, BTCPERP (USDC) or BTCUSDT-25DEC26."""
    return symbol.endswith("USDT")


def is_sound(row: wire.UncheckedTradeRow) -> bool:
    """Whether the numbers of a trade are believed; the same test as in TradeColumns.extend."""
    return (
        0.0 < row.price < MAX_NUMBER
        and 0.0 < row.size < MAX_NUMBER
        and MIN_TIME_MS <= row.ts_ms <= MAX_TIME_MS
        and 0 <= row.sequence <= MAX_INT
        and row.side in {"Buy", "Sell"}
    )


def ticker_update(row: wire.Ticker, ts_event: int, ts_recv: int) -> TickerUpdate:
    """A ticker as an event. A zero price or an empty text stands for "none", and is left out."""
    due_ms = row.next_funding_time or None
    if due_ms is not None and not MIN_TIME_MS <= due_ms <= MAX_TIME_MS:
        raise FrameError(FrameKind.BAD_TIME, f"next funding of {row.symbol} at {due_ms} ms")
    if row.high_price24h is None and row.low_price24h is None and row.prev_price24h is None and due_ms is None:
        # Most deltas; a call with more than 15 keywords would take three times as long, as it goes by way of a dict.
        return TickerUpdate(
            ts_event=ts_event,
            ts_recv=ts_recv,
            symbol=row.symbol,
            last=row.last_price or None,
            mark=row.mark_price or None,
            index=row.index_price or None,
            bid=row.bid1_price or None,
            ask=row.ask1_price or None,
            bid_size=row.bid1_size or None,
            ask_size=row.ask1_size or None,
            volume_24h=None if row.volume24h == "" else row.volume24h,
            turnover_24h=None if row.turnover24h == "" else row.turnover24h,
            open_interest=None if row.open_interest == "" else row.open_interest,
            funding_rate=None if row.funding_rate == "" else row.funding_rate,
        )
    return TickerUpdate(
        ts_event=ts_event,
        ts_recv=ts_recv,
        symbol=row.symbol,
        last=row.last_price or None,
        mark=row.mark_price or None,
        index=row.index_price or None,
        bid=row.bid1_price or None,
        ask=row.ask1_price or None,
        bid_size=row.bid1_size or None,
        ask_size=row.ask1_size or None,
        high_24h=row.high_price24h or None,
        low_24h=row.low_price24h or None,
        price_24h_ago=row.prev_price24h or None,
        volume_24h=None if row.volume24h == "" else row.volume24h,
        turnover_24h=None if row.turnover24h == "" else row.turnover24h,
        open_interest=None if row.open_interest == "" else row.open_interest,
        funding_rate=None if row.funding_rate == "" else row.funding_rate,
        next_funding_at=None if due_ms is None else due_ms * MS_TO_NS,
    )


class BybitParser:
    """Parser for Bybit's public linear stream.

    scans: frames of trades and books that are written as usual are read by the scanners, everything else by the
    decoder, which is the reference; False leaves all of it to the decoder. `fallbacks`: how many frames of these kinds
    the scanners left to it.
    """

    def __init__(self, slots: dict[str, int], *, scans: bool = True) -> None:
        self.skipped = 0
        self.fallbacks = 0
        self._scans = scans
        self._slots = slots
        self._scan_trades = BybitTradeScanner(slots).scan
        self._scan_book = BybitBookScanner(slots).scan
        self._trades = msgspec.json.Decoder(wire.TradeFrame, strict=False)
        self._fast_trades = msgspec.json.Decoder(wire.UncheckedTradeFrame, strict=False)
        self._tickers = msgspec.json.Decoder(wire.TickerFrame, strict=False)
        self._klines = msgspec.json.Decoder(wire.KlineFrame, strict=False)
        self._books = msgspec.json.Decoder(wire.BookFrame, strict=False)
        self._fast_books = msgspec.json.Decoder(wire.UncheckedBookFrame, strict=False)
        self._liquidations = msgspec.json.Decoder(wire.LiquidationFrame, strict=False)
        self._control = msgspec.json.Decoder(wire.Control)

    def feed(self, frame: bytes | memoryview, ts_recv: int, batch: "Batch") -> None:
        """Add what *frame* says to *batch*; see Parser.feed."""
        if self._scans:
            done = self._scan_trades(frame, ts_recv, batch.trades) or self._scan_book(frame, ts_recv, batch.books)
            if done > 0:
                return
            # Not written as usual, or something is wrong with it: the decoder reads it, or says what.
            self.fallbacks -= done
        check_size(frame)
        name = self._name(frame)
        if name == "orderbook":
            self._feed_book(frame, ts_recv, batch)
            return
        if name == "publicTrade":
            self._feed_trades(frame, ts_recv, batch)
            return
        slots = self._slots
        if name == "tickers":
            # The most frequent of the others, so without the detour that the reading of all symbols takes.
            ticker = self._decode(self._tickers, frame)
            symbol = ticker.data.symbol
            if symbol in slots:
                batch.add(ticker_update(ticker.data, ticker.ts * MS_TO_NS, ts_recv))
            else:
                self._is_ours(symbol, 1)
            return
        events = (
            self._kline_events(self._decode(self._klines, frame), ts_recv)
            if name == "kline"
            else self._events(name, frame, ts_recv)
        )
        for event in events:
            if event.symbol in slots:
                batch.add(event)

    def parse(self, frame: bytes | memoryview, ts_recv: int) -> list[MarketEvent]:
        """Every event of *frame*; see Parser.parse."""
        check_size(frame)
        name = self._name(frame)
        if name != "publicTrade":
            return list(self._events(name, frame, ts_recv))
        rows = self._decode(self._fast_trades, frame).data
        self._check(rows, frame)
        return [
            Trade(
                ts_event=row.ts_ms * MS_TO_NS,
                ts_recv=ts_recv,
                symbol=row.symbol,
                trade_id=row.trade_id,
                price=row.price,
                size=row.size,
                is_buy=row.side == "Buy",
                sequence=row.sequence,
            )
            for row in rows
            if self._is_ours(row.symbol, len(rows))
        ]

    def is_acknowledged(self, frame: bytes | memoryview, topics: int = 1) -> bool | None:
        """Whether *frame* accepts or refuses a subscription; see Parser.is_acknowledged.

        One topic that is subscribed already refuses the whole request; alone, it is what was asked for.
        """
        if len(frame) > 4096 or frame[:10] == _TOPIC:
            return None
        try:
            control = self._control.decode(frame)
        except DECODE_ERRORS:
            return None
        if control.op not in {"subscribe", "unsubscribe"}:
            return None
        if topics == 1 and control.success is False and "already subscribed" in (control.ret_msg or ""):
            return True
        return control.success

    def _feed_trades(self, frame: bytes | memoryview, ts_recv: int, batch: "Batch") -> None:
        trades = batch.trades
        before = trades.count
        rows = self._decode(self._fast_trades, frame).data
        try:
            refused = trades.extend(rows, self._slots, ts_recv)
        except OverflowError as error:
            self._check(rows, frame)
            raise FrameError(FrameKind.BAD_NUMBER, "trade with a time or sequence past int64") from error
        if refused == 0:
            return
        if refused < 0:
            check_room(batch, len(rows))
        # Something is wrong with a row, or its symbol has no slot.
        added, trades.count = trades.count, before
        self._check(rows, frame)
        for row in rows:
            if row.symbol not in self._slots:
                self._is_ours(row.symbol, len(rows))
        trades.count = added

    def _feed_book(self, frame: bytes | memoryview, ts_recv: int, batch: "Batch") -> None:
        """Add a book message to the columns; the reference for whatever else reads book frames."""
        try:
            book = self._fast_books.decode(frame)
        except DECODE_ERRORS as error:
            raise refusal(error) from error
        data = book.data
        slot = self._slots.get(data.symbol)
        if slot is not None and batch.books.append(
            slot,
            book.type == "snapshot",
            (book.cts or book.ts) * MS_TO_NS,
            ts_recv,
            -1,
            data.update_id,
            -1,
            data.bids,
            data.asks,
        ):
            return
        # Something is wrong with it, there is no room, or its symbol has no slot: the checking decoder says what it is.
        checked = self._decode(self._books, frame)
        self._is_ours(checked.data.symbol, 1)
        book_event(checked, ts_recv)
        if slot is not None:
            check_book_room(batch, 1, len(data.bids) + len(data.asks))

    def _check(self, rows: list[wire.UncheckedTradeRow], frame: bytes | memoryview) -> None:
        """Refuse the frame when a row would be refused by TradeColumns.extend; the checking decoder says what it is."""
        if not all(map(is_sound, rows)):
            self._decode(self._trades, frame)
            raise FrameError(FrameKind.BAD_NUMBER, "trade with a number that is not believed")

    def _is_ours(self, symbol: str, rows: int) -> bool:
        """Whether to keep a row; a lone one that is not linear refuses the frame, one among others is passed over."""
        if is_linear(symbol):
            return True
        if rows == 1:
            raise FrameError(FrameKind.NOT_LINEAR, f"{symbol} is no linear USDT perpetual")
        self.skipped += 1
        return False

    def _name(self, frame: bytes | memoryview) -> str:
        """The first part of the topic, or "" for a control reply; raises FrameError for anything else."""
        known = _BY_LETTER.get(frame[10]) if len(frame) > 10 else None
        if known is not None and frame[: len(known[1])] == known[1]:
            return known[0]
        # Key order and white space are not promised, so whatever looks different is read in full.
        control = self._decode(self._control, frame)
        if control.topic is not None:
            name = control.topic.partition(".")[0]
            if name in _NAMES:
                return name
            raise FrameError(FrameKind.UNKNOWN, f"topic {control.topic[:60]!r} is not known")
        if control.op not in _OPERATIONS:
            raise FrameError(FrameKind.UNKNOWN, "message without a topic or a known operation")
        if control.success is False:
            raise FrameError(FrameKind.REFUSED, f"{control.op} was refused: {(control.ret_msg or '')[:200]}")
        return ""

    def _events(
        self, name: str, frame: bytes | memoryview, ts_recv: int
    ) -> "Iterator[TickerUpdate | Kline | BookSnapshot | BookDelta | Liquidation]":
        match name:
            case "tickers":
                ticker = self._decode(self._tickers, frame)
                if self._is_ours(ticker.data.symbol, 1):
                    yield ticker_update(ticker.data, ticker.ts * MS_TO_NS, ts_recv)
            case "kline":
                yield from self._kline_events(self._decode(self._klines, frame), ts_recv)
            case "orderbook":
                # The decoder of the hot path goes first here as well: of two faults both name the same one.
                self._decode(self._fast_books, frame)
                book = self._decode(self._books, frame)
                if self._is_ours(book.data.symbol, 1):
                    yield book_event(book, ts_recv)
            case "allLiquidation":
                rows = self._decode(self._liquidations, frame).data
                for row in rows:
                    if self._is_ours(row.symbol, len(rows)):
                        yield Liquidation(
                            ts_event=row.ts_ms * MS_TO_NS,
                            ts_recv=ts_recv,
                            symbol=row.symbol,
                            price=row.price,
                            size=row.size,
                            is_long=row.side == "Buy",
                        )

    def _kline_events(self, frame: wire.KlineFrame, ts_recv: int) -> list[Kline]:
        parts = frame.topic.split(".")
        if len(parts) != 3:
            raise FrameError(FrameKind.MALFORMED, f"kline topic {frame.topic[:60]!r} has no interval or symbol")
        timeframe = INTERVALS.get(parts[1])
        if timeframe is None:
            raise FrameError(FrameKind.UNKNOWN, f"interval {parts[1][:20]!r} is not known")
        self._is_ours(parts[2], 1)
        return [
            Kline(
                ts_event=row.timestamp * MS_TO_NS,
                ts_recv=ts_recv,
                symbol=parts[2],
                timeframe=timeframe,
                open_time=row.start * MS_TO_NS,
                open=row.open,
                high=row.high,
                low=row.low,
                close=row.close,
                volume=row.volume,
                turnover=row.turnover,
                is_closed=row.confirm,
            )
            for row in frame.data
        ]

    @staticmethod
    def _decode(decoder: "msgspec.json.Decoder[T]", frame: bytes | memoryview) -> T:
        try:
            return decoder.decode(frame)
        except DECODE_ERRORS as error:
            raise refusal(error) from error


def book_event(frame: wire.BookFrame, ts_recv: int) -> BookSnapshot | BookDelta:
    """A book message as an event."""
    data = frame.data
    kind: Any = BookSnapshot if frame.type == "snapshot" else BookDelta
    if kind is BookSnapshot and any(size == 0 for _, size in data.bids + data.asks):
        raise FrameError(FrameKind.BAD_NUMBER, f"snapshot of {data.symbol} has an empty level")
    event: BookSnapshot | BookDelta = kind(
        ts_event=(frame.cts or frame.ts) * MS_TO_NS,
        ts_recv=ts_recv,
        symbol=data.symbol,
        update_id=data.update_id,
        sequence=data.sequence,
        bids=data.bids,
        asks=data.asks,
    )
    return event
