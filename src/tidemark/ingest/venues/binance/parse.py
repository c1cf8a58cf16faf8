"""Binance's USD-M frames, turned into events."""

from typing import TYPE_CHECKING, TypeVar, assert_never

import msgspec

from tidemark.errors import DECODE_ERRORS, FrameError
from tidemark.ingest.venues.base import MAX_FRAME_BYTES, MAX_FRAME_ROWS
from tidemark.ingest.venues.binance import wire
from tidemark.ingest.venues.frame import (
    MAX_TIME_MS,
    MIN_TIME_MS,
    MS_TO_NS,
    FrameKind,
    check_book_room,
    check_room,
    check_size,
    refusal,
)
from tidemark.kernels.scan_binance_book import BinanceBookScanner
from tidemark.kernels.scan_binance_trades import BinanceTradeScanner
from tidemark.model.events import BookDelta, BookSnapshot, Kline, Liquidation, MarketEvent, TickerUpdate, Trade
from tidemark.model.timeframe import Timeframe

if TYPE_CHECKING:
    from tidemark.model.batch import Batch

INTERVALS = {timeframe.value: timeframe for timeframe in Timeframe if timeframe is not Timeframe.S10}

_ENVELOPE = b'{"stream":"'
_TRADES = (wire.AggTrade, wire.Trade)
_EVENT = b'{"e":"'
_KNOWN = frozenset(kind.__struct_config__.tag for kind in wire.Message.__args__)
T = TypeVar("T")
Untraded = wire.Kline | wire.Ticker | wire.BookTicker | wire.MarkPrice | wire.Depth | wire.ForceOrder
Event = TickerUpdate | Kline | BookSnapshot | BookDelta | Liquidation


def is_perpetual(symbol: str) -> bool:
    """Whether *symbol* is a perpetual: BTCUSDT_261225 is dated, BTCUSD_PERP is coin-margined."""
    return "_" not in symbol


class BinanceParser:
    """Parser for Binance's USD-M streams, combined or raw.

    scans, fallbacks: as in the parser of Bybit: trades and changes of books that are written as usual are read by the
    scanners, everything else by the decoder.
    """

    def __init__(self, slots: dict[str, int], *, scans: bool = True) -> None:
        self.skipped = 0
        self.fallbacks = 0
        self._scans = scans
        self._scan_trades = BinanceTradeScanner(slots).scan
        self._scan_book = BinanceBookScanner(slots).scan
        self._slots = slots
        self._combined = msgspec.json.Decoder(wire.Combined, strict=False)
        self._message = msgspec.json.Decoder(wire.Message, strict=False)
        self._control = msgspec.json.Decoder(wire.Control)
        self._rows = msgspec.json.Decoder(list[msgspec.Raw])

    def feed(self, frame: bytes | memoryview, ts_recv: int, batch: "Batch") -> None:
        """Add what *frame* says to *batch*; see Parser.feed."""
        if self._scans:
            done = self._scan_trades(frame, ts_recv, batch.trades) or self._scan_book(frame, ts_recv, batch.books)
            if done > 0:
                return
            # Not written as usual, or something is wrong with it: the decoder reads it, or says what.
            self.fallbacks -= done
        slots = self._slots
        messages, stream = self._messages(frame)
        if len(messages) > 1:
            check_room(batch, sum(isinstance(message, _TRADES) for message in messages))
            books = [message for message in messages if isinstance(message, wire.Depth)]
            if books:
                check_book_room(batch, len(books), sum(len(book.bids) + len(book.asks) for book in books))
        for message in messages:
            if isinstance(message, _TRADES):
                slot = slots.get(message.symbol)
                if self._is_ours(message, len(messages)) and slot is not None:
                    self._feed_trade(message, slot, ts_recv, batch)
            else:
                event = self._event_or_none(message, stream, ts_recv, len(messages))
                if isinstance(event, BookSnapshot | BookDelta):
                    self._feed_book(event, batch)
                elif event is not None and event.symbol in slots:
                    batch.add(event)

    def parse(self, frame: bytes | memoryview, ts_recv: int) -> list[MarketEvent]:
        """Every event of *frame*; see Parser.parse."""
        messages, stream = self._messages(frame)
        events: list[MarketEvent] = []
        for message in messages:
            if not isinstance(message, _TRADES):
                event = self._event_or_none(message, stream, ts_recv, len(messages))
                if event is not None:
                    events.append(event)
            elif self._is_ours(message, len(messages)):
                events.append(
                    Trade(
                        ts_event=message.ts_ms * MS_TO_NS,
                        ts_recv=ts_recv,
                        symbol=message.symbol,
                        trade_id=str(message.trade_id),
                        price=message.price,
                        size=message.size,
                        is_buy=not message.is_sell,
                        sequence=message.trade_id,
                    )
                )
        return events

    def is_acknowledged(self, frame: bytes | memoryview, topics: int = 1) -> bool | None:
        """Whether *frame* accepts or refuses a subscription; see Parser.is_acknowledged."""
        del topics
        if len(frame) > 4096 or frame[:11] == _ENVELOPE:
            return None
        try:
            control = self._control.decode(frame)
        except DECODE_ERRORS:
            return None
        if control.stream is not None or control.e is not None:
            return None
        if control.error is not None or control.code is not None:
            return False
        return True if control.id is not None and bytes(control.result) == b"null" else None

    @staticmethod
    def _feed_trade(message: wire.AggTrade | wire.Trade, slot: int, ts_recv: int, batch: "Batch") -> None:
        added = batch.trades.append(
            slot,
            message.ts_ms * MS_TO_NS,
            ts_recv,
            message.trade_id,
            message.trade_id,
            message.price,
            message.size,
            not message.is_sell,
        )
        if not added:
            check_room(batch, 1)

    def _feed_book(self, event: BookSnapshot | BookDelta, batch: "Batch") -> None:
        """Add a book message to the columns; the reference for whatever else reads book frames."""
        slot = self._slots.get(event.symbol)
        if slot is None:
            return
        is_snapshot = isinstance(event, BookSnapshot)
        first_id, previous_id = (None, None) if isinstance(event, BookSnapshot) else (event.first_id, event.previous_id)
        added = batch.books.append(
            slot,
            is_snapshot,
            event.ts_event,
            event.ts_recv,
            -1 if first_id is None else first_id,
            event.update_id,
            -1 if previous_id is None else previous_id,
            event.bids,
            event.asks,
        )
        if not added:
            check_book_room(batch, 1, len(event.bids) + len(event.asks))

    def _is_ours(self, message: wire.AggTrade | wire.Trade, rows: int) -> bool:
        """Whether a trade counts: on a linear perpetual, and met by an order on the book."""
        if message.spot is not None or message.market != wire.USD_M or "_" in message.symbol:
            return self._pass_over(message.symbol, rows)
        if isinstance(message, wire.Trade) and message.source != "MARKET":
            # INSURANCE_FUND and ADL are bookings at a price that nobody traded at; aggTrade leaves them out as well.
            self.skipped += 1
            return False
        return True

    def _pass_over(self, symbol: str, rows: int) -> bool:
        """Refuse a frame of one row that is not linear; count such a row among others."""
        if rows == 1:
            raise FrameError(FrameKind.NOT_LINEAR, f"{symbol} here is spot, coin-margined or dated")
        self.skipped += 1
        return False

    def _messages(self, frame: bytes | memoryview) -> tuple[list[wire.Message], str]:
        """The messages in *frame* and the name of their stream, "" without one; none for a control reply."""
        if len(frame) > MAX_FRAME_BYTES:
            check_size(frame)
        try:
            if frame[:11] == _ENVELOPE:
                combined = self._combined.decode(frame)
                data = combined.data
                return (data if isinstance(data, list) else [data]), combined.stream
            if frame[:6] == _EVENT:
                return [self._message.decode(frame)], ""
        except DECODE_ERRORS:
            # What exactly is wrong, and whether the rest of an array can be used, is for the slow path to say.
            pass
        return self._slowly(frame)

    def _slowly(self, frame: bytes | memoryview) -> tuple[list[wire.Message], str]:
        """The same for frames that look different: key order and white space are not promised."""
        if bytes(frame[:1]) == b"[":
            return self._row_by_row(frame), ""
        control = self._decode(self._control, frame)
        if control.stream is not None:
            data = bytes(control.data)
            if data[:1] == b"[":
                return self._row_by_row(data), control.stream
            return [self._one(self._decode(self._control, data), data)], control.stream
        if control.e is None:
            if control.error is not None or control.code is not None:
                failure = control.error or wire.Failure(control.code or 0, control.msg)
                raise FrameError(FrameKind.REFUSED, f"request was refused: {failure.msg[:200]} (code {failure.code})")
            if control.id is not None and bytes(control.result):
                return [], ""
        return [self._one(control, frame)], ""

    def _one(self, control: wire.Control, data: bytes | memoryview) -> wire.Message:
        if control.e is None and control.s is not None and control.u is not None:
            raise FrameError(FrameKind.NOT_LINEAR, f"bookTicker of {control.s[:40]} is one of the spot market")
        if control.e not in _KNOWN:
            raise FrameError(FrameKind.UNKNOWN, f"message of type {str(control.e)[:40]!r} is not known")
        message: wire.Message = self._decode(self._message, data)
        return message

    def _row_by_row(self, data: bytes | memoryview) -> list[wire.Message]:
        """The rows of an array that can be read; one bad row does not take the tickers of all symbols with it."""
        rows = self._decode(self._rows, data)
        if len(rows) > MAX_FRAME_ROWS:
            raise FrameError(
                FrameKind.OVERSIZED, f"array of {len(rows)} rows; the most that is read is {MAX_FRAME_ROWS}"
            )
        messages: list[wire.Message] = []
        refused: FrameError | None = None
        for row in rows:
            try:
                messages.append(self._one(self._decode(self._control, row), row))
            except FrameError as error:
                refused = error
                self.skipped += 1
        if refused is not None and not messages:
            raise refused
        return messages

    def _event_or_none(self, message: Untraded, stream: str, ts_recv: int, rows: int) -> Event | None:
        """*message* as an event, None for a row that is passed over; a bad row refuses a frame of one row only."""
        try:
            return self._event(message, stream, ts_recv, rows)
        except FrameError:
            if rows == 1:
                raise
            self.skipped += 1
            return None

    def _event(self, message: Untraded, stream: str, ts_recv: int, rows: int) -> Event | None:
        row = message.order if isinstance(message, wire.ForceOrder) else message
        spot = (isinstance(row, wire.Ticker) and row.spot is not None) or (
            isinstance(row, wire.Depth) and (row.ts_ms is None or row.previous_id is None)
        )
        if spot or row.market != wire.USD_M or not is_perpetual(row.symbol):
            self._pass_over(row.symbol, rows)
            return None
        match row:
            case wire.Ticker():
                if row.last == 0:
                    # A market that is settling or has not opened sends zeros.
                    self.skipped += 1
                    return None
                return ticker_update(row, ts_recv)
            case wire.BookTicker():
                return TickerUpdate(
                    ts_event=row.ts_ms * MS_TO_NS,
                    ts_recv=ts_recv,
                    symbol=row.symbol,
                    bid=row.bid or None,
                    ask=row.ask or None,
                    bid_size=row.bid_size or None,
                    ask_size=row.ask_size or None,
                )
            case wire.MarkPrice():
                return mark_update(row, ts_recv)
            case wire.Kline():
                return kline(row, ts_recv)
            case wire.Depth():
                return book_event(row, stream, ts_recv)
            case wire.ForcedOrder():
                return Liquidation(
                    ts_event=row.ts_ms * MS_TO_NS,
                    ts_recv=ts_recv,
                    symbol=row.symbol,
                    price=row.price,
                    size=row.size,
                    is_long=row.side == "SELL",
                )
            case _:
                assert_never(row)

    @staticmethod
    def _decode(decoder: "msgspec.json.Decoder[T]", data: bytes | memoryview | msgspec.Raw) -> T:
        try:
            return decoder.decode(data)
        except DECODE_ERRORS as error:
            raise refusal(error) from error


def ticker_update(row: wire.Ticker, ts_recv: int) -> TickerUpdate:
    """24 hours as an event; a zero price stands for "none" and is left out."""
    return TickerUpdate(
        ts_event=row.ts_ms * MS_TO_NS,
        ts_recv=ts_recv,
        symbol=row.symbol,
        last=row.last,
        high_24h=row.high or None,
        low_24h=row.low or None,
        price_24h_ago=row.open or None,
        volume_24h=row.volume,
        turnover_24h=row.turnover,
    )


def mark_update(row: wire.MarkPrice, ts_recv: int) -> TickerUpdate:
    """Mark price and funding as an event."""
    due_ms = row.next_funding_ms or None
    if due_ms is not None and not MIN_TIME_MS <= due_ms <= MAX_TIME_MS:
        raise FrameError(FrameKind.BAD_TIME, f"next funding of {row.symbol} at {due_ms} ms")
    return TickerUpdate(
        ts_event=row.ts_ms * MS_TO_NS,
        ts_recv=ts_recv,
        symbol=row.symbol,
        mark=row.mark or None,
        index=row.index or None,
        funding_rate=None if row.funding_rate == "" else row.funding_rate,
        next_funding_at=None if due_ms is None else due_ms * MS_TO_NS,
    )


def kline(row: wire.Kline, ts_recv: int) -> Kline:
    """A candle as an event."""
    candle = row.candle
    timeframe = INTERVALS.get(candle.interval)
    if timeframe is None:
        raise FrameError(FrameKind.UNKNOWN, f"interval {candle.interval[:20]!r} is not known")
    return Kline(
        ts_event=row.ts_ms * MS_TO_NS,
        ts_recv=ts_recv,
        symbol=row.symbol,
        timeframe=timeframe,
        open_time=candle.start * MS_TO_NS,
        open=candle.open,
        high=candle.high,
        low=candle.low,
        close=candle.close,
        volume=candle.volume,
        turnover=candle.turnover,
        trades=candle.trades,
        bought=candle.bought,
        is_closed=candle.is_closed,
    )


def book_event(row: wire.Depth, stream: str, ts_recv: int) -> BookSnapshot | BookDelta:
    """A book message as an event: on SYMBOL@depth5, 10 and 20 it is the whole top, on SYMBOL@depth what changed."""
    ts_event = (row.ts_ms or 0) * MS_TO_NS
    if stream.partition("@depth")[2][:1].isdecimal():
        if any(size == 0 for _, size in row.bids + row.asks):
            raise FrameError(FrameKind.BAD_NUMBER, f"snapshot of {row.symbol} has an empty level")
        return BookSnapshot(
            ts_event=ts_event,
            ts_recv=ts_recv,
            symbol=row.symbol,
            update_id=row.update_id,
            bids=row.bids,
            asks=row.asks,
        )
    return BookDelta(
        ts_event=ts_event,
        ts_recv=ts_recv,
        symbol=row.symbol,
        update_id=row.update_id,
        first_id=row.first_id,
        previous_id=row.previous_id,
        bids=row.bids,
        asks=row.asks,
    )
