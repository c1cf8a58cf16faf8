"""What happens again and again: the beat of the loop, the look at the figures, the maintenance."""

import asyncio
from collections.abc import Callable

import structlog

from tidemark.live.assembly import Parts
from tidemark.live.board import Board
from tidemark.live.health import Figures
from tidemark.live.pressure import LOOK_S
from tidemark.live.view import View
from tidemark.memory.maintenance import Maintenance
from tidemark.memory.pressure import Transition
from tidemark.model.events import MemoryPressure
from tidemark.units import SECOND, format_bytes

# Memory is measured this often: in between, a burst cannot take what the reserve of the plan would not hold.
MEMORY_S = 0.2
# A loop that was not there for so long has a backlog to read; the time waits for it so long.
STALL_NS = SECOND
CATCH_UP_NS = 2 * SECOND
# Without a view, the figures are logged this often.
_TELL_NS = 10 * SECOND
log = structlog.get_logger()


async def beat(parts: Parts) -> None:
    """Hand on what has gathered, tell the engine the time, and notice how late we are; less often under pressure.

    After the process stood still, what came meanwhile is read before the engine is told that time has passed: else it
    would close candles as if nobody had traded.
    """
    clock, intake, sink, health = parts.clock, parts.intake, parts.sink, parts.health
    caught_up_at: int | None = None
    while True:
        beat_s = parts.conflation.beat_s
        due = clock.monotonic_ns() + int(beat_s * SECOND)
        await asyncio.sleep(beat_s)
        now = clock.monotonic_ns()
        health.woke(max(0, now - due))
        intake.flush()
        if caught_up_at is None and now - due > STALL_NS:
            caught_up_at = now + CATCH_UP_NS
        # A machine that stands still again and again is told the time all the same.
        if caught_up_at is None or now >= caught_up_at:
            caught_up_at = None
            sink.pass_time()


async def look(parts: Parts, view: View | None) -> None:
    """Once a second: take the figures, draw or log; under pressure it is drawn less often."""
    clock = parts.clock
    board = Board(parts.engine, parts.settings.candles.retention, clock.monotonic_ns())
    told_ns = drawn_ns = 0
    known: tuple[str, ...] = ()
    while True:
        await asyncio.sleep(LOOK_S)
        figures = parts.health.look()
        failing = failures(parts)
        tell_changes(known, failing)
        known = failing
        if view is not None:
            if clock.monotonic_ns() - drawn_ns < (parts.conflation.look_s - LOOK_S) * SECOND:
                continue
            drawn_ns = clock.monotonic_ns()
            lines = board.lines(clock.monotonic_ns(), view.order, view.room)
            markets = len(parts.engine.universe.slots)
            notice = "; ".join((*failing, *notices(parts), *pressing(figures)))
            history = parts.backfill.progress if parts.backfill is not None else None
            view.draw(lines, markets, figures, parts.ledger.report(), notice, str(parts.overview.reading()), history)
        elif clock.monotonic_ns() - told_ns >= _TELL_NS:
            told_ns = clock.monotonic_ns()
            tell(figures)


async def watch_memory(parts: Parts) -> None:
    """Five times a second: measure the process, and give up or take back what its memory asks for."""
    while True:
        await asyncio.sleep(MEMORY_S)
        steps = parts.pressure.observe(parts.health.resident(), parts.clock.monotonic_ns())
        for step in steps:
            tell_step(step)
            if step.before is not step.after:
                now = parts.clock.now_ns()
                parts.sink.on_event(MemoryPressure(ts_event=now, ts_recv=now, level=int(step.after)))
        parts.diagnosis.look_at(steps)


def tell_step(step: Transition) -> None:
    """Log one step of memory pressure."""
    rss = format_bytes(step.rss)
    if step.given_up:
        log.warning("given up for memory", what=step.given_up, freed=format_bytes(step.bytes), rss=rss)
    elif step.taken_back:
        log.warning("taken back", what=step.taken_back, takes=format_bytes(step.bytes), rss=rss)
    else:
        log.warning("memory pressure", was=step.before.name, now=step.after.name, rss=rss)


def pressing(figures: Figures) -> tuple[str, ...]:
    """What memory pressure took and did not bring back, in one line; nothing where it took nothing."""
    if not figures.given_up:
        return ()
    return (f"memory pressure: given up {', '.join(figures.given_up)}",)


async def maintain(maintenance: Maintenance, every_s: float, messages: Callable[[], int]) -> None:
    """At once and every ten minutes, whether or not anything comes in."""
    while True:
        report = maintenance.run(messages())
        log.info(
            "maintenance",
            trimmed=sum(entry.items for entry in report.trimmed),
            rss_before=format_bytes(report.rss_before),
            rss_after=format_bytes(report.rss_after),
            unaccounted=format_bytes(report.unaccounted),
            elapsed_ms=round(report.elapsed_ms, 1),
            growth=report.growth.growth.value,
        )
        for words in report.violations:
            log.error("a bound is broken", what=words)
        await asyncio.sleep(every_s)


def failures(parts: Parts) -> tuple[str, ...]:
    """What cannot be written at the moment, a line each."""
    failing = []
    if parts.capture is not None and parts.capture.failure is not None:
        failing.append(f"the capture has ended: {parts.capture.failure}")
    if parts.journal is not None and parts.journal.failure is not None:
        failing.append(f"candles are not kept: {parts.journal.failure}")
    if parts.trade_log is not None and parts.trade_log.failure is not None:
        failing.append(f"trades are not kept: {parts.trade_log.failure}")
    if parts.gap_log.failure is not None:
        failing.append(f"gaps are not kept: {parts.gap_log.failure}")
    if parts.signal_log is not None and parts.signal_log.failure is not None:
        failing.append(f"signals are not kept: {parts.signal_log.failure}")
    if parts.archiving.failure is not None:
        failing.append(f"the archive is not written: {parts.archiving.failure}")
    unarchived = sum(log.unarchived for log in (parts.journal, parts.trade_log) if log is not None)
    if unarchived:
        failing.append(f"{unarchived} rows went before they were archived")
    return tuple(failing)


def notices(parts: Parts) -> tuple[str, ...]:
    """What stands in the view beside the failures: streams that are down, clocks that disagree."""
    return tuple(words for words in (parts.fallback.notice, parts.clock_watch.notice) if words)


def tell_changes(before: tuple[str, ...], now: tuple[str, ...]) -> None:
    """Log what began to fail, and what works again."""
    for words in now:
        if words not in before:
            log.error("cannot write", what=words)
    for words in before:
        if words not in now:
            log.info("can write again", what=words)


def tell(figures: Figures) -> None:
    """The figures as one line of the log."""
    log.info(
        "figures",
        msgs_per_s=round(figures.messages_per_s),
        trades_per_s=round(figures.trades_per_s),
        candles=figures.candles,
        gaps=figures.gaps,
        errors=figures.decode_errors,
        compared=figures.compared,
        mismatched=figures.mismatched,
        books_out=figures.books_out,
        fallbacks=figures.fallbacks,
        stale=figures.stale,
        polled=figures.polled,
        offset_ms=None if figures.offset_ms is None else round(figures.offset_ms, 1),
        offset_error_ms=None if figures.offset_error_ms is None else round(figures.offset_error_ms, 1),
        lag_ms=round(figures.loop_lag_ms, 1),
        cpu_percent=round(figures.cpu * 100, 1),
        rss=format_bytes(figures.rss),
        slope_mb_h=None if figures.slope_mb_h is None else round(figures.slope_mb_h, 2),
    )
