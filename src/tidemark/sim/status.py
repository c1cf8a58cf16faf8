"""The control endpoint: switch faults while running, read counters and the truth."""

import msgspec

from tidemark.errors import DECODE_ERRORS, SettingsError
from tidemark.sim.clients import Router
from tidemark.sim.faults import Faults
from tidemark.sim.longer import Candle
from tidemark.sim.market import Source
from tidemark.sim.truth import MINUTE_MS

# Levels of a book that are told, a side.
LEVELS = 20


class CandleStatus(msgspec.Struct, frozen=True):
    """The exact 1m candle of a symbol, in decimal text."""

    symbol: str
    open_ms: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    buy_volume: str
    turnover: str
    trades: int


class BookStatus(msgspec.Struct, frozen=True):
    """The best levels of a book now, in decimal text, and the id under which REST tells them."""

    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    update_id: int
    sequence: int
    time_ms: int


class SymbolStatus(msgspec.Struct, frozen=True):
    """What is true of one symbol now; `open_interest` is in base currency, None where the source has none."""

    symbol: str
    book: BookStatus
    open_interest: str | None
    liquidations: int


class Status(msgspec.Struct, frozen=True):
    """What the local exchange has done so far.

    `sent` counts the frames made, by kind of stream; `lost`, `duplicated`, `reordered` and `malformed` what the fault
    lines of the clients now connected did. `trades` is the number of trades of each symbol since it was listed,
    only those that traded; `liquidations` those of each that had some; `books_spoiled` counts the book deltas that were
    broken or crossed.
    """

    venue: str
    now_ms: int
    has_ended: bool
    clients: int
    cut_for_slowness: int
    requests: int
    sent: dict[str, int]
    lost: int
    duplicated: int
    reordered: int
    malformed: int
    books_spoiled: int
    trades: dict[str, int]
    liquidations: dict[str, int]
    candle: CandleStatus | None
    symbol: SymbolStatus | None


def changed(faults: Faults, body: bytes) -> Faults:
    """*faults* with the switches named in the JSON *body*. Raises SettingsError."""
    try:
        asked = msgspec.json.decode(body, type=dict[str, object])
        return msgspec.convert(msgspec.structs.asdict(faults) | asked, Faults)
    except DECODE_ERRORS as error:
        raise SettingsError(f"the faults sent cannot be used: {error}; see Faults for the switches") from error


def candle_status(source: Source, symbol: str, open_ms: int) -> CandleStatus | None:
    """The truth of one minute; None when the symbol or the minute is not known."""
    slot = source.truth.slot_of.get(symbol)
    market = None if slot is None else source.truth.markets[slot]
    if slot is None or market is None:
        return None
    candle: Candle | None = source.truth.candle(slot, open_ms // MINUTE_MS)
    if candle is None:
        return None
    return CandleStatus(
        symbol,
        candle.minute * MINUTE_MS,
        market.price(candle.open),
        market.price(candle.high),
        market.price(candle.low),
        market.price(candle.close),
        market.size(candle.lots),
        market.size(candle.buy_lots),
        market.value(candle.value),
        candle.trades,
    )


def symbol_status(source: Source, symbol: str) -> SymbolStatus | None:
    """What is true of *symbol* now; None when it is not listed."""
    slot = source.truth.slot_of.get(symbol)
    market = None if slot is None else source.truth.markets[slot]
    if slot is None or market is None:
        return None
    ladder = source.ladder(slot, LEVELS)
    bids, asks = (
        [(market.price(ticks), market.size(lots)) for ticks, lots in side] for side in (ladder.bids, ladder.asks)
    )
    book = BookStatus(bids, asks, ladder.update_id, ladder.sequence, ladder.time_ms)
    if source.derivatives is None:
        return SymbolStatus(symbol, book, None, 0)
    interest = market.size(source.quote(slot).open_interest)
    return SymbolStatus(symbol, book, interest, source.derivatives.liquidations[slot])


def status(
    source: Source,
    router: Router,
    now_ms: int,
    requests: int,
    cut_for_slowness: int,
    candle: CandleStatus | None,
    symbol: SymbolStatus | None = None,
) -> Status:
    """Everything countable."""
    truth = source.truth
    numbers = (truth.numbers - truth.remembered_from).tolist()
    liquidated = [0] * truth.slots if source.derivatives is None else source.derivatives.liquidations
    lines = [client.line for client in router.clients]
    return Status(
        source.venue,
        now_ms,
        source.has_ended,
        len(router.clients),
        cut_for_slowness,
        requests,
        router.sent(),
        sum(line.dropped for line in lines),
        sum(line.duplicated for line in lines),
        sum(line.held_back for line in lines),
        sum(line.malformed for line in lines),
        sum(line.books_spoiled for line in lines),
        {market.symbol: numbers[slot] for slot, market in truth.listed() if numbers[slot]},
        {market.symbol: liquidated[slot] for slot, market in truth.listed() if liquidated[slot]},
        candle,
        symbol,
    )
