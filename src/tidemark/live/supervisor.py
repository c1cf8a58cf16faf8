"""Starts what runs, in order, watches it, and stops it in the reverse order."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random

import msgspec
import structlog

from tidemark.clock import SteadyClock
from tidemark.engine.intake import Intake
from tidemark.errors import TidemarkError
from tidemark.ingest.backoff import backoff
from tidemark.live.archiving import Archiving
from tidemark.live.assembly import Parts, assemble, begin
from tidemark.live.beside import Beside
from tidemark.live.discovery import discover, until
from tidemark.live.outside import Outside
from tidemark.live.place import find_venue, folder_name
from tidemark.live.restore import restore
from tidemark.live.rounds import beat, look, maintain, watch_memory
from tidemark.live.summary import Summary
from tidemark.live.view import Keys, View
from tidemark.model.events import Listing
from tidemark.settings.settings import Settings
from tidemark.units import SECOND

log = structlog.get_logger()


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What one run is to do beside what the settings say.

    duration_s: end by itself after so long. capture: folder and bytes of a recording. make_view: gives the terminal
    view, which is told how to stop the run; None for plain log lines. tell: says one line to whoever waits for the
    view while the exchange cannot be reached. stop: ends the run, as a signal does. begun: is given the parts when they
    stand, before anything comes in. beside: what else runs in the process, and reads them.
    """

    duration_s: float | None = None
    capture: tuple[Path, int] | None = None
    make_view: Callable[[Callable[[], None]], View] | None = None
    tell: Callable[[str], None] | None = None
    stop: asyncio.Event | None = None
    begun: Callable[[Parts], None] | None = None
    beside: Beside | None = None


async def run(settings: Settings, options: Options, outside: Outside | None = None) -> Summary:
    """Watch the exchange until a signal, the end of `duration_s` or a key; give how it went.

    UserError when the settings cannot be followed. An exchange that cannot be reached is asked again without end.
    """
    outside = outside or Outside()
    clock = SteadyClock(outside.clock)
    venue = find_venue(settings)
    if options.beside is not None:
        options.beside.begin(settings)
    stop = options.stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if options.duration_s is not None:
        loop.call_later(options.duration_s, stop.set)
    # Until there is something to diagnose the signal must not end the process.
    loop.add_signal_handler(signal.SIGUSR1, log.info, "nothing to diagnose yet")
    upkeep = begin(settings, clock)
    messages = Messages()
    async with asyncio.TaskGroup() as group:
        maintenance = maintain(upkeep.maintenance, settings.memory.maintenance_every, messages.count)
        task = group.create_task(maintenance, name="maintain")
        try:
            # One attempt at a time: it is asked again without end, and the first failure is told at once.
            async with outside.rest(venue, clock, attempts=1) as rest:
                instruments = await until(stop, discover(rest, settings, clock, options.tell))
            if instruments is None:
                memory = upkeep.process.read()
                return Summary(venue=venue.name, rss=memory.rss, peak_rss=memory.rss, budget=settings.memory.budget)
            await Archiving(settings, settings.store.path / folder_name(settings), {}, clock).prepare()
            async with outside.rest(venue, clock) as rest:
                beside = options.beside
                parts = assemble(
                    settings, upkeep, clock, venue, rest, instruments, options.capture, outside.reach,
                    beside=lambda series: beside.reserve(settings, series) if beside is not None else (),
                )  # fmt: skip
                messages.intake = parts.intake
                serve = beside.open(parts) if beside is not None else None
                if options.begun is not None:
                    options.begun(parts)
                return await _watch(parts, options, stop, serve)
        finally:
            task.cancel()


class Messages:
    """How many messages came in so far; none before there is an intake."""

    def __init__(self) -> None:
        self.intake: Intake | None = None

    def count(self) -> int:
        """All of them."""
        return self.intake.frames if self.intake is not None else 0


async def _watch(
    parts: Parts, options: Options, stop: asyncio.Event, serve: Callable[[], Awaitable[None]] | None = None
) -> Summary:
    """List, restore, connect; run until stopped; give what is owed to the disk."""
    clock = parts.clock
    now = clock.now_ns()
    for instrument in parts.instruments:
        parts.sink.on_event(Listing(ts_event=now, ts_recv=now, instrument=instrument))
    await _ask_time(parts)
    restored = 0
    if parts.journal is not None:
        exchange_ns = clock.now_ns() + parts.engine.candles.time.offset_ns
        restored = restore(parts.engine, parts.journal_folder, exchange_ns)
    markets = parts.state.restore()
    if restored or markets:
        log.info("candles restored", rows=restored, markets=markets, folder=str(parts.journal_folder))
    parts.ledger.seal()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, parts.diagnosis.want, "SIGUSR1")
    started_ns, cpu_ns = clock.monotonic_ns(), clock.cpu_ns()
    log.info("watching", markets=len(parts.instruments), address=parts.venue.endpoints.stream)
    reconnects = 0
    with ExitStack() as stack:
        stack.callback(_give_what_is_owed, parts)
        view = _enter_view(options, stop, stack)
        async with asyncio.TaskGroup() as group:
            parts.feed.run(group)
            tasks = [
                group.create_task(_keep(parts, name, work), name=name)
                for name, work in (
                    ("beat", lambda: beat(parts)),
                    ("look", lambda: look(parts, view)),
                    ("listings", parts.listings.follow),
                    ("derivatives", parts.derivatives.run),
                    ("clock", parts.clock_watch.follow),
                    ("watch", parts.watch.follow),
                    ("fallback", parts.fallback.follow),
                    ("overview", parts.overview.follow),
                    ("pressure", lambda: watch_memory(parts)),
                    ("archive", parts.archiving.follow),
                    *([("backfill", parts.backfill.follow)] if parts.backfill is not None else []),
                    *([("alerts", parts.alerting.follow)] if parts.alerting is not None else []),
                    *([("backtests", parts.backtesting.follow)] if parts.backtesting is not None else []),
                    ("state", parts.state.follow),
                    ("repair", parts.mender.run),
                    ("reconcile", parts.reconciler.run),
                    ("control", parts.control.serve),
                    ("diagnosis", parts.diagnosis.follow),
                    *([("beside", serve)] if serve is not None else []),
                )
            ]
            if parts.resync is not None:
                tasks.append(group.create_task(_keep(parts, "books", parts.resync.follow), name="books"))
            await stop.wait()
            reconnects = sum(status.reconnects for status in parts.feed.status())
            parts.feed.close()
            for task in tasks:
                task.cancel()
    seconds = (clock.monotonic_ns() - started_ns) / SECOND
    return _summary(parts, seconds, (clock.cpu_ns() - cpu_ns) / SECOND, reconnects, restored)


async def _ask_time(parts: Parts) -> None:
    """Know the exchange's clock before its first trade; without an answer the first trades will tell."""
    try:
        await parts.listings.ask_time()
    except TidemarkError as error:
        log.warning("the exchange did not tell its time", cause=str(error))


async def _keep(parts: Parts, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run *work* to its end, again after each failure that a retry can mend; any other ends the process."""
    delays = backoff(Random(parts.clock.now_ns()), parts.settings.connection.reconnect_ceiling)
    failures = 0
    while True:
        try:
            await work()
        except TidemarkError as error:
            if not error.retry:
                raise
            failures += 1
            if failures % parts.settings.connection.alarm_after == 0:
                log.error("alarm", what=f"{name} failed {failures} times", last=str(error))
            else:
                log.warning("failed, trying again", task=name, cause=str(error))
            await asyncio.sleep(next(delays))
        else:
            return


def _give_what_is_owed(parts: Parts) -> None:
    """What has gathered goes through the engine and into the journal, and the capture is closed whole."""
    parts.intake.flush()
    parts.state.write()
    if parts.capture is not None:
        parts.capture.close()


def _enter_view(options: Options, stop: asyncio.Event, stack: ExitStack) -> View | None:
    if options.make_view is None:
        return None
    view = stack.enter_context(options.make_view(stop.set))
    keys = stack.enter_context(Keys())
    loop = asyncio.get_running_loop()
    loop.add_reader(keys.file, lambda: view.press(keys.read()))
    stack.callback(loop.remove_reader, keys.file)
    return view


def _summary(parts: Parts, seconds: float, cpu_s: float, reconnects: int, restored: int) -> Summary:
    figures = parts.health.look()
    breaks = parts.engine.books.counters.breaks if parts.engine.books is not None else {}
    return Summary(
        venue=parts.venue.name,
        markets=len(parts.engine.universe.slots),
        seconds=round(seconds, 3),
        messages=figures.messages,
        trades=figures.trades,
        duplicates=parts.engine.counters.duplicates,
        candles=figures.candles,
        revised=parts.engine.candles.counters.revised,
        gaps=figures.gaps,
        reconnects=reconnects,
        decode_errors=figures.decode_errors,
        compared=figures.compared,
        mismatched=figures.mismatched,
        book_breaks=sum(breaks.values()),
        fallbacks=figures.fallbacks,
        restored=restored,
        cpu_s=round(cpu_s, 3),
        lag_p99_ms=parts.health.lags.quantile(0.99),
        rss=figures.rss,
        peak_rss=figures.peak_rss,
        budget=figures.budget,
        sacrifices=figures.sacrifices,
        given_up=figures.given_up,
        captured=str(parts.capture) if parts.capture is not None else None,
    )
