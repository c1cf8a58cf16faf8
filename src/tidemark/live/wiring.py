"""From settings to sizes, and from sizes to the memory plan: what is built, before it is built."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from tidemark.engine.intake import BATCH_TRADES, Intake
from tidemark.engine.step import Engine, EngineSize
from tidemark.errors import SettingsError
from tidemark.ingest.venues.base import Channel, Venue
from tidemark.live.health import Health
from tidemark.live.reconcile import Reconciler
from tidemark.live.repair import Mender
from tidemark.memory.growth import Samples
from tidemark.memory.ledger import Reservation
from tidemark.memory.plan import Cut, Fit, Plan, fit
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe
from tidemark.settings import Settings
from tidemark.store.capture_writer import CaptureWriter
from tidemark.store.journal_writer import JournalWriter
from tidemark.units import SECOND, format_seconds

# Outbound TLS, measured with CPython 3.11: two buffers of 256 KiB and the session.
SOCKET_BYTES = 300 * 1024
# The owner of the samples that the maintenance judges growth by.
MAINTENANCE = "maintenance"
# Outbound connections beside those of the feed.
_REST_SOCKETS = 4
# Half a day of candles is dropped before a market is.
_SYMBOL_STEP = 0.02
_FEWER = "the spare ones first, then the least traded markets"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan decides: which timeframes are kept, and for how many markets there are slots."""

    timeframes: tuple[Timeframe, ...]
    series: int


def wanted(settings: Settings, symbols: int) -> Choice:
    """What the settings ask for, with *symbols* markets and the spare slots."""
    names = settings.candles.timeframes
    timeframes = tuple(timeframe for timeframe in Timeframe if timeframe.value in names)
    for shorter, longer in pairwise(timeframes):
        if longer.ns % shorter.ns:
            raise SettingsError(
                f"candles.timeframes: {longer.value} is not a whole number of {shorter.value}; name one between them"
            )
    grace_ns = settings.candles.grace * SECOND
    if grace_ns > 2 * timeframes[0].ns:
        raise SettingsError(
            f"candles.grace is {format_seconds(settings.candles.grace)}; with {timeframes[0].value} candles it is at"
            f" most {format_seconds(2 * timeframes[0].ns / SECOND)}"
        )
    return Choice(timeframes=timeframes, series=symbols + settings.universe.spare_slots)


def engine_size(settings: Settings, choice: Choice, *, is_numbered: bool, opens_at_close: bool = False) -> EngineSize:
    """The size of the engine for *choice*. opens_at_close: how the exchange's candles open, see Venue."""
    return EngineSize(
        series=choice.series,
        retention={timeframe: settings.candles.retention.rows(timeframe.value) for timeframe in choice.timeframes},
        tape_rows=settings.tape.trades_per_symbol,
        is_numbered=is_numbered,
        batch_trades=BATCH_TRADES,
        grace_ns=int(settings.candles.grace * SECOND),
        opens_at_close=opens_at_close,
    )


def reservations(
    settings: Settings, choice: Choice, *, is_numbered: bool, sockets: int, captures: bool = False
) -> list[Reservation]:
    """Every owner of a live process, as its ledger will list them. captures: whether it records what it receives."""
    return [
        *Engine.reserve(engine_size(settings, choice, is_numbered=is_numbered)),
        Intake.reserve(),
        *Health.reserve(),
        Samples.reserve(MAINTENANCE),
        *Mender.reserve(choice.series),
        *Reconciler.reserve(choice.series),
        *([JournalWriter.reserve()] if settings.store.journal else []),
        *([CaptureWriter.reserve()] if captures else []),
        sockets_reservation(sockets),
    ]


def sockets_reservation(sockets: int) -> Reservation:
    """The buffers of outbound connections; watched by a probe that counts them."""
    return Reservation(
        owner="sockets",
        kind="external",
        capacity=sockets * SOCKET_BYTES,
        item_bytes=1,
        policy="a cap, watched by a probe",
    )


def channels(settings: Settings) -> list[Channel]:
    """What is subscribed."""
    return [Channel(name) for name in settings.venue.channels]


def trade_stream(settings: Settings, venue: Venue) -> str:
    """The stream that trades come from; empty for a venue that has but one."""
    return settings.venue.trade_stream if settings.venue.trade_stream in venue.trade_streams else ""


def sockets_for(settings: Settings, symbols: Sequence[str], venue: Venue) -> int:
    """How many outbound connections the feed and REST take."""
    return len(venue.sockets(symbols, channels(settings), trade_stream(settings, venue))) + _REST_SOCKETS


def fit_plan(
    settings: Settings, symbols: Sequence[str], venue: Venue, *, floor: int, captures: bool = False
) -> Fit[Choice]:
    """The plan for *symbols*, after as many sacrifices as the budget asks for.

    floor: bytes of the process before any state. captures: whether it records. BudgetError when not even one market
    fits.
    """
    sockets = sockets_for(settings, symbols, venue)
    choice = wanted(settings, len(symbols))

    def build(candidate: Choice) -> Plan:
        return Plan(
            budget=settings.memory.budget,
            floor=floor,
            lines=tuple(
                reservations(
                    settings, candidate, is_numbered=venue.has_numbered_trades, sockets=sockets, captures=captures
                )
            ),
            transient=settings.memory.transient,
            reserve_share=settings.memory.reserve_share,
        )

    found = fit(build, choice, sacrifices(settings, choice))
    return msgspec.structs.replace(found, cuts=_in_one(found.cuts, choice.series - found.choice.series))


def _in_one(cuts: tuple[Cut, ...], slots: int) -> tuple[Cut, ...]:
    """The cuts with the many small ones of slots as a single one."""
    if not slots:
        return cuts
    whole = [cut for cut in cuts if cut.reason != _FEWER]
    saved = sum(cut.bytes_saved for cut in cuts if cut.reason == _FEWER)
    return (*whole, Cut(reason=f"give up {slots} slots: {_FEWER}", bytes_saved=saved))


def sacrifices(settings: Settings, choice: Choice) -> Iterator[tuple[Choice, str]]:
    """Ever smaller choices, each with its reason: rarely used timeframes, then the markets with the least turnover."""
    for name in settings.memory.sacrifice:
        kept = tuple(timeframe for timeframe in choice.timeframes if timeframe.value != name)
        if len(kept) == len(choice.timeframes) or not kept:
            continue
        choice = Choice(timeframes=kept, series=choice.series)
        yield choice, f"give up {name} candles"
    while choice.series > 1:
        fewer = max(1, choice.series - max(1, int(choice.series * _SYMBOL_STEP)))
        choice = Choice(timeframes=choice.timeframes, series=fewer)
        yield choice, _FEWER


def select(instruments: Sequence[Instrument], turnovers: dict[str, float], settings: Settings) -> list[Instrument]:
    """The markets to watch, the most traded first; SettingsError when one that was named does not exist."""
    universe = settings.universe
    known = {instrument.symbol for instrument in instruments}
    missing = sorted(set(universe.include) - known)
    if missing:
        raise SettingsError(
            f"universe.include names {', '.join(missing)}, which {settings.venue.name} does not list as a linear USDT"
            " perpetual; `tidemark plan` needs no list, leave it empty for all markets"
        )
    chosen = [
        instrument
        for instrument in instruments
        if (not universe.include or instrument.symbol in universe.include) and instrument.symbol not in universe.exclude
    ]
    chosen.sort(key=lambda instrument: (-turnovers.get(instrument.symbol, 0.0), instrument.symbol))
    return chosen[: universe.max_symbols]
