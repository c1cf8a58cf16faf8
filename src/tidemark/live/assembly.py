"""Puts a live process together: one function, top to bottom, from settings to everything that runs."""

import gc
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import structlog

from tidemark.clock import SystemClock
from tidemark.engine.intake import Intake
from tidemark.engine.outputs import Output
from tidemark.engine.step import Engine
from tidemark.ingest.connection import Policy
from tidemark.ingest.feed import Feed
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues.base import Venue
from tidemark.live.discovery import folder_name
from tidemark.live.health import Health
from tidemark.live.listings import Listings
from tidemark.live.reconcile import Reconciler
from tidemark.live.repair import Mender
from tidemark.live.sink import Sink, announce, keep
from tidemark.live.wiring import (
    MAINTENANCE,
    SOCKET_BYTES,
    Choice,
    channels,
    engine_size,
    fit_plan,
    sockets_for,
    sockets_reservation,
    trade_stream,
)
from tidemark.memory.growth import Samples
from tidemark.memory.ledger import Ledger
from tidemark.memory.maintenance import Maintenance
from tidemark.memory.plan import Fit
from tidemark.memory.pressure import Action, Level, Pressure
from tidemark.memory.process import Process
from tidemark.model.instrument import Instrument
from tidemark.settings import Settings
from tidemark.store.capture_writer import CaptureWriter
from tidemark.store.journal_writer import JournalWriter
from tidemark.units import format_bytes

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
    health: Health
    pressure: Pressure
    mender: Mender
    reconciler: Reconciler
    journal: JournalWriter | None
    journal_folder: Path
    capture: CaptureWriter | None


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
) -> Parts:
    """Everything but the tasks. UserError when it does not fit the budget, or when a folder cannot be written to.

    capture_to: folder and bytes of a recording.
    """
    # What the start has let go of is not floor: given back now, it is not there beside the arrays.
    gc.collect()
    upkeep.process.trim()
    floor = upkeep.process.read()
    upkeep.maintenance.floor = floor.anonymous
    symbols = [one.symbol for one in instruments]
    stream = trade_stream(settings, venue)
    fit = fit_plan(settings, symbols, venue, floor=floor.rss, captures=capture_to is not None)
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
    intake = Intake(
        engine, venue.parser(engine.universe.slots), ledger, deliver=_deliver(engine, journal), reject=sink.reject
    )
    sink.intake = intake
    feed = Feed(
        venue,
        [one.symbol for one in instruments],
        channels(settings),
        sink,
        clock,
        lambda words: log.error("alarm", what=words),
        Random(clock.now_ns()),
        stream=stream,
        policy=Policy(
            silence_timeout_s=settings.connection.silence_timeout,
            reconnect_ceiling_s=settings.connection.reconnect_ceiling,
            alarm_after=settings.connection.alarm_after,
        ),
        ssl_context=ssl.create_default_context() if venue.endpoints.stream.startswith("wss") else None,
    )
    cap = sockets_reservation(sockets_for(settings, symbols, venue))
    ledger.external(cap.owner, cap_bytes=cap.bytes, probe=lambda: len(feed.status()) * SOCKET_BYTES)
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
        listings=Listings(rest, sink, engine, feed, clock, settings.universe),
        health=Health(intake, ledger, upkeep.process, clock, settings.memory.budget),
        pressure=Pressure(settings.memory.budget, {Level.ELEVATED: [_give_back(upkeep.process)]}),
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
        capture=capture,
    )


def _deliver(engine: Engine, journal: JournalWriter | None) -> Callable[[list[Output]], None]:
    def deliver(outputs: list[Output]) -> None:
        announce(outputs)
        if journal is not None:
            keep(outputs, engine, journal)

    return deliver


def _give_back(process: Process) -> Action:
    def trim() -> None:
        process.trim()

    return Action(name="give free memory back", enter=trim, leave=lambda: None)


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
    return JournalWriter(folder, wanted, max_bytes=settings.store.max_size, ledger=ledger)


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
