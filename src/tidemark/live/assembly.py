"""Puts a live process together: one function, top to bottom, from settings to everything that runs."""

import gc
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import structlog

from tidemark.clock import SteadyClock, SystemClock
from tidemark.engine.intake import Intake
from tidemark.engine.outputs import GapNoted, Output, Signalled
from tidemark.engine.sizing import Choice, engine_size, structure_size
from tidemark.engine.step import Engine
from tidemark.ingest.connection import Policy
from tidemark.ingest.dial import Reach, reach
from tidemark.ingest.feed import Feed
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues.base import Venue
from tidemark.live import alerting, backtesting
from tidemark.live.alerting import Alerting
from tidemark.live.archiving import Archiving
from tidemark.live.backtesting import Backtesting
from tidemark.live.books import BookResync
from tidemark.live.clock_watch import ClockWatch
from tidemark.live.control import Control
from tidemark.live.derivatives import DerivativePolls
from tidemark.live.diagnosis import Diagnosis
from tidemark.live.fallback import Fallback
from tidemark.live.health import Health
from tidemark.live.history import Backfill
from tidemark.live.listings import Listings
from tidemark.live.overview import Overview
from tidemark.live.owed import catch_up
from tidemark.live.place import folder_name
from tidemark.live.pressure import Conflation, Sacrifices
from tidemark.live.probe import Probe
from tidemark.live.questions import SOCKET_NAME
from tidemark.live.reconcile import Reconciler
from tidemark.live.repair import Mender
from tidemark.live.sink import Sink, announce, keep
from tidemark.live.state import StateKeeper
from tidemark.live.structure_canary import StructureCanary
from tidemark.live.watch import Watch
from tidemark.live.wiring import (
    MAINTENANCE,
    SOCKET_BYTES,
    channels,
    cold_timeframes,
    fit_plan,
    rules,
    sockets_for,
    sockets_reservation,
    trade_stream,
)
from tidemark.market.breadth import Breadth
from tidemark.memory.growth import Samples
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.maintenance import Maintenance
from tidemark.memory.plan import Fit
from tidemark.memory.pressure import Pressure
from tidemark.memory.process import Process
from tidemark.model.events import BookDepth
from tidemark.model.instrument import Instrument
from tidemark.settings.settings import Settings
from tidemark.signals.recent import RecentSignals
from tidemark.store.capture_writer import CaptureWriter
from tidemark.store.gap_log import GapLog
from tidemark.store.journal_writer import JournalWriter
from tidemark.store.signal_log import SignalLog
from tidemark.store.state import StateFile
from tidemark.store.trade_log import TradeLog
from tidemark.units import MIB, format_bytes

# Gaps are rare and small: this holds some 40,000 of them until the database has them.
_GAP_LOG_BYTES = 8 * MIB
# Some 60,000 records: each is in the database within minutes.
_SIGNAL_LOG_BYTES = 64 * MIB
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a live process consists of."""

    settings: Settings
    clock: SystemClock
    venue: Venue
    instruments: list[Instrument]
    ledger: Ledger
    engine: Engine
    intake: Intake
    sink: Sink
    feed: Feed
    listings: Listings
    resync: BookResync | None
    derivatives: DerivativePolls
    clock_watch: ClockWatch
    watch: Watch
    fallback: Fallback
    overview: Overview
    conflation: Conflation
    sacrifices: Sacrifices
    health: Health
    pressure: Pressure
    mender: Mender
    reconciler: Reconciler
    journal: JournalWriter | None
    journal_folder: Path
    archiving: Archiving
    backfill: Backfill | None
    trade_log: TradeLog | None
    gap_log: GapLog
    signal_log: SignalLog | None
    recent: RecentSignals | None
    state: StateKeeper
    alerting: Alerting | None
    backtesting: Backtesting | None
    capture: CaptureWriter | None
    probe: Probe
    diagnosis: Diagnosis
    control: Control
    canary: StructureCanary | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """What runs from the first moment, before there is a market: the ledger, the process, the maintenance."""

    ledger: Ledger
    process: Process
    maintenance: Maintenance


def begin(settings: Settings, clock: SystemClock) -> Upkeep:
    """The upkeep of a process that has no state yet."""
    ledger = Ledger(settings.memory.transient)
    process = Process()
    samples = Samples(MAINTENANCE)
    ledger.open(samples)
    maintenance = Maintenance(
        ledger=ledger,
        process=process,
        samples=samples,
        budget=settings.memory.budget,
        floor=process.read().anonymous,
        unaccounted_cap=int(settings.memory.budget * settings.memory.reserve_share),
        monotonic_ns=clock.monotonic_ns,
    )
    return Upkeep(ledger=ledger, process=process, maintenance=maintenance)


def assemble(
    settings: Settings,
    upkeep: Upkeep,
    clock: SystemClock,
    venue: Venue,
    rest: RestClient,
    instruments: list[Instrument],
    capture_to: tuple[Path, int] | None,
    reach: Reach = reach,
    beside: Callable[[int], Sequence[Reservation]] = lambda _: (),
) -> Parts:
    """Everything but the tasks. UserError when it does not fit the budget, or when a folder cannot be written to.

    capture_to: folder and bytes of a recording. reach: opens the connections under the WebSockets.
    """
    clock = steady = clock if isinstance(clock, SteadyClock) else SteadyClock(clock)
    # What the start has let go of is not floor: given back now, it is not there beside the arrays.
    gc.collect()
    upkeep.process.trim()
    floor = upkeep.process.read()
    upkeep.maintenance.floor = floor.anonymous
    symbols = [one.symbol for one in instruments]
    stream = trade_stream(settings, venue)
    fit = fit_plan(settings, symbols, venue, floor=floor.rss, captures=capture_to is not None, beside=beside)
    _tell(fit)
    instruments = instruments[: fit.choice.series]
    ledger = upkeep.ledger
    folder = settings.store.path / folder_name(settings)
    capture = _open_capture(capture_to, venue.name, stream, clock.now_ns(), ledger)
    sink = Sink(clock, Rejects(folder / "rejects.jsonl"), capture)
    engine = Engine(
        engine_size(settings, fit.choice, is_numbered=venue.has_numbered_trades, opens_at_close=venue.opens_at_close),
        ledger,
    )
    journal = _open_journal(settings, fit.choice, folder / "journal", ledger)
    gap_log = GapLog(folder / "gaps", _GAP_LOG_BYTES, ledger)
    signal_log = recent = None
    if engine.signals is not None:
        signal_log = SignalLog(folder / "signals", _SIGNAL_LOG_BYTES, ledger)
        # For whoever looks at the API alone: the rest reads the log, or the database.
        recent = RecentSignals(ledger) if settings.api.enabled else None
    intake = Intake(
        engine,
        venue.parser(engine.universe.slots),
        ledger,
        deliver=_deliver(engine, journal, gap_log, signal_log, recent),
        reject=sink.reject,
    )
    sink.intake = intake
    trade_log = _open_trade_log(settings, engine, intake, folder / "trades", ledger)
    feed = Feed(
        venue,
        [one.symbol for one in instruments],
        channels(settings),
        sink,
        clock,
        lambda words: log.error("alarm", what=words),
        Random(clock.now_ns()),
        stream=stream,
        depth=fit.choice.book_depth or settings.book.depth,
        policy=Policy(
            silence_timeout_s=settings.connection.silence_timeout,
            reconnect_ceiling_s=settings.connection.reconnect_ceiling,
            alarm_after=settings.connection.alarm_after,
        ),
        ssl_context=ssl.create_default_context() if venue.endpoints.stream.startswith("wss") else None,
        reach=reach,
    )
    watch = Watch(rest, engine, feed, clock, series=fit.choice.series, ledger=ledger)
    fallback = Fallback(rest, sink, engine, clock, venue, channels(settings), settings.freshness.poll_after)
    cap = sockets_reservation(sockets_for(settings, symbols, venue))
    ledger.external(cap.owner, cap_bytes=cap.bytes, probe=lambda: len(feed.status()) * SOCKET_BYTES)
    overview = Overview(rest, Breadth(ledger), engine, clock, settings.universe.overview_every)
    listings = Listings(
        rest, sink, engine, feed, clock, rules(settings), overview,
        seats=min(settings.universe.max_symbols or fit.choice.series, fit.choice.series),
        every_s=settings.universe.evaluate_every,
    )  # fmt: skip
    conflation = Conflation()
    sacrifices = Sacrifices(
        sink=sink,
        ledger=ledger,
        process=upkeep.process,
        clock=clock,
        listings=listings,
        conflation=conflation,
        timeframes=cold_timeframes(settings, fit.choice),
        set_book_depth=lambda levels: sink.on_event(
            BookDepth(ts_event=clock.now_ns(), ts_recv=clock.now_ns(), levels=levels)
        ),
        book_depths=_ever_shallower(engine),
    )
    backfill = _backfill(settings, fit.choice, rest, engine, sink, clock, instruments, ledger)
    if backfill is not None:
        sacrifices.on_return = backfill.ask_again
    health = Health(intake, ledger, upkeep.process, clock, settings.memory.budget, watch, fallback)
    health.pressure = Pressure(settings.memory.budget, sacrifices.actions())
    probe = Probe(
        ledger=ledger,
        process=upkeep.process,
        maintenance=upkeep.maintenance,
        clock=clock,
        budget=settings.memory.budget,
        messages=lambda: intake.frames,
        lived_ns=clock.monotonic_ns,
    )
    backtests = Backtesting(settings, clock, ledger) if backtesting.is_wanted(settings) else None
    diagnosis = Diagnosis(probe, engine, health.pressure, settings, folder / "diagnostics", clock, backtests)
    read = structure_size(settings)
    return Parts(
        settings=settings,
        clock=clock,
        venue=venue,
        instruments=instruments,
        ledger=ledger,
        engine=engine,
        intake=intake,
        sink=sink,
        feed=feed,
        listings=listings,
        resync=(BookResync(rest, sink, engine, clock, ledger, renew=feed.renew) if engine.books is not None else None),
        derivatives=DerivativePolls(
            rest, venue, sink, engine, clock, settings.derivatives, ledger, begin=_after(backfill)
        ),
        clock_watch=ClockWatch(rest, sink, engine, feed, steady),
        watch=watch,
        fallback=fallback,
        canary=None if read is None else StructureCanary(read.profile, clock.now_ns()),
        overview=overview,
        conflation=conflation,
        sacrifices=sacrifices,
        health=health,
        pressure=health.pressure,
        mender=Mender(rest, venue.rest, sink, engine, clock, ledger, stream=stream),
        reconciler=Reconciler(
            rest,
            sink,
            engine,
            clock,
            ledger,
            every_s=settings.reconcile.every,
            is_pushed="klines" in settings.venue.channels,
        ),
        journal=journal,
        journal_folder=folder / "journal",
        archiving=Archiving(settings, folder, journal.rows if journal is not None else {}, clock),
        backfill=backfill,
        trade_log=trade_log,
        gap_log=gap_log,
        signal_log=signal_log,
        recent=recent,
        alerting=Alerting(settings, folder, clock, ledger) if alerting.is_wanted(settings) else None,
        backtesting=backtests,
        state=StateKeeper(
            StateFile(folder / "state"), engine, sink, clock, venue.name, signals=signal_log, recent=recent
        ),
        capture=capture,
        probe=probe,
        diagnosis=diagnosis,
        control=Control(folder / SOCKET_NAME, probe, diagnosis, engine, overview, ledger),
    )


def _deliver(
    engine: Engine,
    journal: JournalWriter | None,
    gaps: GapLog,
    signals: SignalLog | None,
    recent: RecentSignals | None,
) -> Callable[[list[Output]], None]:
    def deliver(outputs: list[Output]) -> None:
        announce(outputs)
        for output in outputs:
            if isinstance(output, GapNoted):
                gaps.offer(output.gap)
            elif isinstance(output, Signalled) and signals is not None:
                signals.offer(output.records)
                if recent is not None:
                    recent.take(output.records)
        if journal is not None:
            keep(outputs, engine, journal)
        catch_up(engine, journal, gaps)

    return deliver


def _ever_shallower(engine: Engine) -> tuple[int, ...]:
    """The depth of the books, and what is left of it under memory pressure, step by step."""
    if engine.books is None:
        return ()
    depth = engine.books.depth
    return tuple(dict.fromkeys(levels for levels in (depth, depth // 2, depth // 5) if levels > 0))


def _after(backfill: Backfill | None) -> Callable[[], Awaitable[None]] | None:
    """What waits until the first candles are there: they have the right of way."""
    return None if backfill is None else backfill.first_filled


def _open_capture(
    to: tuple[Path, int] | None, venue: str, stream: str, now_ns: int, ledger: Ledger
) -> CaptureWriter | None:
    if to is None:
        return None
    folder, max_bytes = to
    return CaptureWriter(folder, venue=venue, stream=stream, max_bytes=max_bytes, now_ns=now_ns, ledger=ledger)


def _open_journal(settings: Settings, choice: Choice, folder: Path, ledger: Ledger) -> JournalWriter | None:
    """The journal, sized by what the rings hold and by the most that it may take on disk."""
    if not settings.store.journal:
        return None
    wanted = {
        timeframe.value: settings.candles.retention.rows(timeframe.value) * choice.series
        for timeframe in choice.timeframes
    }
    return JournalWriter(
        folder, wanted, max_bytes=settings.store.max_size, ledger=ledger, is_archived=settings.archive.enabled
    )


def _open_trade_log(
    settings: Settings, engine: Engine, intake: Intake, folder: Path, ledger: Ledger
) -> TradeLog | None:
    """The log that the archive takes its trades from, fed by every batch."""
    if not (settings.archive.enabled and settings.archive.trades):
        return None
    trades = TradeLog(folder, max_bytes=settings.archive.trade_log_size, ledger=ledger)

    def symbol_of(slot: int) -> str | None:
        instrument = engine.universe.instrument(slot)
        return instrument.symbol if instrument is not None else None

    intake.keep_trades = lambda columns, taken: trades.offer(columns, taken, symbol_of)
    return trades


def _backfill(
    settings: Settings,
    choice: Choice,
    rest: RestClient,
    engine: Engine,
    sink: Sink,
    clock: SystemClock,
    instruments: list[Instrument],
    ledger: Ledger,
) -> Backfill | None:
    if not settings.backfill.enabled:
        return None
    return Backfill(
        rest,
        engine,
        sink.on_event,
        clock,
        ledger,
        series=choice.series,
        retention=settings.candles.retention.rows,
        order=[one.symbol for one in instruments],
        concurrency=settings.backfill.concurrency,
    )


def _tell(fit: Fit[Choice]) -> None:
    for cut in fit.cuts:
        log.warning("given up to fit the budget", what=cut.reason, saved=format_bytes(cut.bytes_saved))
    log.info(
        "memory plan",
        budget=format_bytes(fit.plan.budget),
        planned=format_bytes(fit.plan.planned),
        slots=fit.choice.series,
        timeframes=[timeframe.value for timeframe in fit.choice.timeframes],
    )
