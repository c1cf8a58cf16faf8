"""What a recording holds, learned by reading it once: how long it is, and of which instruments."""

from collections.abc import Iterable
from decimal import Decimal
from math import gcd
from typing import Protocol

import msgspec

from tidemark.errors import DECODE_ERRORS, CaptureError, FrameError
from tidemark.model.events import Listing, MarketEvent, Trade
from tidemark.model.instrument import Instrument, Status
from tidemark.store.capture import Kind, Record

# A recording of more symbols than any exchange lists is not one.
_SYMBOLS = 10_000


class FrameReader(Protocol):
    """What the survey asks of a venue's parser."""

    def parse(self, frame: bytes | memoryview, ts_recv: int) -> list[MarketEvent]:
        """What *frame* says; FrameError when it cannot be used."""
        ...


class Step:
    """The largest step that every value is a whole multiple of.

    >>> step = Step()
    >>> for price in (61800.3, 61800.5, 61801.0):
    ...     step.see(price)
    >>> step.value
    0.1
    """

    def __init__(self) -> None:
        self._units = 0
        self._decimals = 0

    def see(self, value: float) -> None:
        """Take one value into account."""
        digits = Decimal(repr(value))
        exponent = digits.as_tuple().exponent
        decimals = max(0, -exponent) if isinstance(exponent, int) else 0
        if decimals > self._decimals:
            self._units *= 10 ** (decimals - self._decimals)
            self._decimals = decimals
        self._units = gcd(self._units, int(digits.scaleb(self._decimals)))

    @property
    def value(self) -> float:
        """The step; 1.0 before the first value."""
        return float(Decimal(self._units).scaleb(-self._decimals)) if self._units else 1.0


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """A recording at a glance; times in nanoseconds.

    `instruments` are those that the recording lists itself, or else those whose trades it holds, with the steps of
    their prices and sizes as far as they were seen. `exchange_at` is the exchange's time at `first_recv`.
    """

    records: int
    first_recv: int
    last_recv: int
    exchange_at: int
    lists_itself: bool
    instruments: tuple[Instrument, ...]


def survey(records: Iterable[Record], venue: str, parser: FrameReader) -> Survey:
    """Read all of *records*."""
    count = first = last = exchange_at = 0
    listed: dict[str, Instrument] = {}
    steps: dict[str, tuple[Step, Step]] = {}
    events = msgspec.json.Decoder(MarketEvent)
    for record in records:
        count += 1
        first = first or record.ts_recv
        last = max(last, record.ts_recv)
        if record.kind is Kind.EVENT:
            event = decoded(events, record, count)
            if isinstance(event, Listing) and len(listed) < _SYMBOLS:
                listed[event.instrument.symbol] = event.instrument
            continue
        if listed:
            continue
        for trade in _trades(parser, record):
            exchange_at = exchange_at or trade.ts_event - (record.ts_recv - first)
            if trade.symbol in steps or len(steps) < _SYMBOLS:
                price, size = steps.setdefault(trade.symbol, (Step(), Step()))
                price.see(trade.price)
                size.see(trade.size)
    found = tuple(listed.values()) or tuple(
        Instrument(
            venue=venue,
            symbol=symbol,
            base=symbol.removesuffix("USDT"),
            quote="USDT",
            tick_size=price.value,
            lot_size=size.value,
            status=Status.TRADING,
        )
        for symbol, (price, size) in sorted(steps.items())
    )
    return Survey(
        records=count,
        first_recv=first,
        last_recv=last,
        exchange_at=exchange_at or first,
        lists_itself=bool(listed),
        instruments=found,
    )


def decoded(decoder: msgspec.json.Decoder[MarketEvent], record: Record, number: int) -> MarketEvent:
    """The event that record *number* holds; CaptureError when it cannot be read."""
    try:
        return decoder.decode(record.payload)
    except DECODE_ERRORS as error:
        raise CaptureError(f"record {number} holds an event that cannot be read: {error}") from error


def _trades(parser: FrameReader, record: Record) -> list[Trade]:
    try:
        events = parser.parse(record.payload, record.ts_recv)
    except FrameError:
        return []
    return [event for event in events if isinstance(event, Trade)]
