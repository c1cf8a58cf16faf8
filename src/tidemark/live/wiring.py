"""From settings to sizes, and from sizes to the memory plan: what is built, before it is built."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from tidemark.engine.intake import Intake
from tidemark.engine.sizing import Choice, engine_size, has_signals, kept_timeframes
from tidemark.engine.step import Engine
from tidemark.errors import SettingsError
from tidemark.ingest.venues.base import Channel, Venue
from tidemark.live import alerting, alerts_job, backtesting, reader_job
from tidemark.live.alerting import Alerting
from tidemark.live.archiving import Archiving
from tidemark.live.backtesting import Backtesting
from tidemark.live.books import BookResync
from tidemark.live.control import Control
from tidemark.live.derivatives import DerivativePolls
from tidemark.live.health import Health
from tidemark.live.history import Backfill
from tidemark.live.reconcile import Reconciler
from tidemark.live.repair import Mender
from tidemark.live.watch import Watch
from tidemark.market.breadth import Breadth
from tidemark.market.selection import Candidate, Decision, Rules, evaluate
from tidemark.memory.growth import Samples
from tidemark.memory.ledger import Reservation
from tidemark.memory.plan import Cut, Fit, Plan, fit
from tidemark.model.book import BookRules
from tidemark.model.events import TickerUpdate
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.signals.recent import RecentSignals
from tidemark.store import backtest_job
from tidemark.store.capture_writer import CaptureWriter
from tidemark.store.gap_log import GapLog
from tidemark.store.journal_writer import JournalWriter
from tidemark.store.signal_log import SignalLog
from tidemark.store.trade_log import TradeLog
from tidemark.units import SECOND

# Outbound TLS, measured with CPython 3.11: two buffers of 256 KiB and the session.
SOCKET_BYTES = 300 * 1024
# The owner of the samples that the maintenance judges growth by.
MAINTENANCE = "maintenance"
# Outbound connections beside those of the feed.
_REST_SOCKETS = 4
# What books are cut down to, one after the other.
_SHALLOWER = (50, 20)
# Half a day of candles is dropped before a market is.
_SYMBOL_STEP = 0.02
_FEWER = "the spare ones first, then the least traded markets"


def wanted(settings: Settings, symbols: int, rules: BookRules | None = None) -> Choice:
    """What the settings ask for, with *symbols* markets, the spare slots, and books that follow *rules*."""
    timeframes = kept_timeframes(settings)
    chosen = Choice(timeframes=timeframes, series=symbols + settings.universe.spare_slots)
    if rules is None or Channel.BOOKS not in channels(settings):
        return chosen
    return msgspec.structs.replace(chosen, book_depth=settings.book.depth, book_rules=rules)


def reservations(
    settings: Settings, choice: Choice, *, is_numbered: bool, sockets: int, captures: bool = False
) -> list[Reservation]:
    """Every owner of a live process, as its ledger will list them. captures: whether it records what it receives."""
    return [
        *Engine.reserve(engine_size(settings, choice, is_numbered=is_numbered)),
        Intake.reserve(),
        *(BookResync.reserve(series=choice.series) if choice.book_depth else []),
        *Health.reserve(),
        *DerivativePolls.reserve(series=choice.series),
        *Watch.reserve(series=choice.series),
        Breadth.reserve(),
        Samples.reserve(MAINTENANCE),
        *Mender.reserve(choice.series),
        *Reconciler.reserve(choice.series),
        *([JournalWriter.reserve()] if settings.store.journal else []),
        *([CaptureWriter.reserve()] if captures else []),
        *([Backfill.reserve(series=choice.series)] if settings.backfill.enabled else []),
        *([TradeLog.reserve()] if settings.archive.enabled and settings.archive.trades else []),
        GapLog.reserve(),
        *([SignalLog.reserve()] if has_signals(settings) else []),
        *([RecentSignals.reserve()] if has_signals(settings) and settings.api.enabled else []),
        *(Alerting.reserve() if alerting.is_wanted(settings) else []),
        *(Backtesting.reserve(settings) if backtesting.is_wanted(settings) else []),
        Control.reserve(),
        sockets_reservation(sockets),
    ]


def children(settings: Settings) -> tuple[Reservation, ...]:
    """What runs beside the service now and then, in processes of their own."""
    return (
        Archiving.reserve(),
        *([reader_job.reserve()] if settings.api.enabled else []),
        *([alerts_job.reserve()] if alerting.is_wanted(settings) else []),
        *(backtest_job.reserve(settings.backtests.memory) if backtesting.is_wanted(settings) else []),
    )


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
    settings: Settings,
    symbols: Sequence[str],
    venue: Venue,
    *,
    floor: int,
    captures: bool = False,
    beside: Callable[[int], Sequence[Reservation]] = lambda _: (),
) -> Fit[Choice]:
    """The plan for *symbols*, after as many sacrifices as the budget asks for.

    floor: bytes of the process before any state. captures: whether it records. beside: what else runs in the process
    takes, by the number of slots. BudgetError when not even one market fits.
    """
    sockets = sockets_for(settings, symbols, venue)
    choice = wanted(settings, len(symbols), venue.book_rules)

    def build(candidate: Choice) -> Plan:
        return Plan(
            budget=settings.memory.budget,
            floor=floor,
            lines=(
                *reservations(
                    settings, candidate, is_numbered=venue.has_numbered_trades, sockets=sockets, captures=captures
                ),
                *beside(candidate.series),
            ),
            transient=settings.memory.transient,
            reserve_share=settings.memory.reserve_share,
            children=children(settings),
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
    """Ever smaller choices, each with its reason.

    Depth of the books first, then rarely used timeframes, then the markets with the least turnover.
    """
    for depth in _SHALLOWER:
        rules = choice.book_rules
        if rules is not None and rules.levels(depth) < rules.levels(choice.book_depth):
            choice = msgspec.structs.replace(choice, book_depth=depth)
            yield choice, f"keep {depth} levels of each side of a book"
    for name in settings.memory.sacrifice:
        kept = tuple(timeframe for timeframe in choice.timeframes if timeframe.value != name)
        if len(kept) == len(choice.timeframes) or not kept:
            continue
        choice = msgspec.structs.replace(choice, timeframes=kept)
        yield choice, f"give up {name} candles"
    while choice.series > 1:
        fewer = max(1, choice.series - max(1, int(choice.series * _SYMBOL_STEP)))
        choice = msgspec.structs.replace(choice, series=fewer)
        yield choice, _FEWER


def cold_timeframes(settings: Settings, choice: Choice) -> tuple[Timeframe, ...]:
    """Those of *choice* that are given up under pressure, in the order of sacrifice; never the last one."""
    named = [Timeframe(name) for name in settings.memory.sacrifice]
    cold = tuple(timeframe for timeframe in named if timeframe in choice.timeframes)
    return cold[:-1] if len(cold) == len(choice.timeframes) else cold


def rules(settings: Settings) -> Rules:
    """The filters of the settings."""
    universe = settings.universe
    return Rules(
        include=frozenset(universe.include),
        exclude=frozenset(universe.exclude),
        always=frozenset(universe.always),
        min_turnover=universe.min_turnover_24h,
        min_trades_1h=universe.min_trades_1h,
        min_age_ns=int(universe.min_age * SECOND),
        rank_margin=universe.rank_margin,
        filter_margin=universe.filter_margin,
        leave_after=universe.leave_after,
    )


def decide(
    instruments: Sequence[Instrument], tickers: Iterable[TickerUpdate], settings: Settings, now_ns: int
) -> list[Decision]:
    """Who is to be watched by a process that watches nobody yet, the most traded first, and who is not, and why.

    SettingsError when a market that was named does not exist.
    """
    known = {instrument.symbol for instrument in instruments}
    for key in ("include", "always"):
        missing = sorted(set(getattr(settings.universe, key)) - known)
        if missing:
            raise SettingsError(
                f"universe.{key} names {', '.join(missing)}, which {settings.venue.name} does not list as a linear USDT"
                " perpetual; `tidemark universe` shows those that it lists"
            )
    told = {ticker.symbol: ticker for ticker in tickers}
    candidates = []
    for instrument in instruments:
        ticker = told.get(instrument.symbol)
        candidates.append(
            Candidate(
                instrument=instrument,
                turnover=ticker.turnover_24h if ticker is not None else None,
                trades_24h=ticker.trades_24h if ticker is not None else None,
            )
        )
    seats = settings.universe.max_symbols or max(1, len(candidates))
    return evaluate(candidates, {}, rules(settings), seats=seats, now_ns=now_ns)


def select(
    instruments: Sequence[Instrument], tickers: Iterable[TickerUpdate], settings: Settings, now_ns: int
) -> list[Instrument]:
    """The markets to watch at the start, the most traded first; SettingsError when a named one does not exist."""
    listed = {instrument.symbol: instrument for instrument in instruments}
    decisions = decide(instruments, tickers, settings, now_ns)
    return [listed[decision.symbol] for decision in decisions if decision.is_watched]
