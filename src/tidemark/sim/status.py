"""The control endpoint: switch faults while running, read counters and the truth."""

import msgspec

from tidemark.errors import SettingsError
from tidemark.sim.clients import Router
from tidemark.sim.faults import Faults
from tidemark.sim.market import Source
from tidemark.sim.truth import MINUTE_MS, Candle


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


class Status(msgspec.Struct, frozen=True):
    """What the local exchange has done so far.

    `sent` counts the frames made, by kind of stream; `lost`, `duplicated`, `reordered` and `malformed` what the fault
    lines of the clients now connected did. `trades` is the number of trades of each symbol since it was listed,
    only those that traded.
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
    trades: dict[str, int]
    candle: CandleStatus | None


def changed(faults: Faults, body: bytes) -> Faults:
    """*faults* with the switches named in the JSON *body*. Raises SettingsError."""
    try:
        asked = msgspec.json.decode(body, type=dict[str, object])
        return msgspec.convert(msgspec.structs.asdict(faults) | asked, Faults)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
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


def status(
    source: Source, router: Router, now_ms: int, requests: int, cut_for_slowness: int, candle: CandleStatus | None
) -> Status:
    """Everything countable."""
    truth = source.truth
    numbers = (truth.numbers - truth.remembered_from).tolist()
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
        {market.symbol: numbers[slot] for slot, market in truth.listed() if numbers[slot]},
        candle,
    )
