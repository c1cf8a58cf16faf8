"""What happens again and again: the beat of the loop, the look at the figures, the maintenance."""

import asyncio
from collections.abc import Callable

import structlog

from tidemark.live.assembly import Parts
from tidemark.live.board import Board
from tidemark.live.health import Figures
from tidemark.live.view import View
from tidemark.memory.maintenance import Maintenance
from tidemark.units import SECOND, format_bytes

# The batch is handed on this often: a candle or a screen never waits longer for a trade.
BEAT_S = 0.05
LOOK_S = 1.0
# Without a view, the figures are logged this often.
_TELL_NS = 10 * SECOND
log = structlog.get_logger()


async def beat(parts: Parts) -> None:
    """Hand on what has gathered, tell the engine the time, and notice how late we are."""
    clock, intake, sink, health = parts.clock, parts.intake, parts.sink, parts.health
    while True:
        due = clock.monotonic_ns() + int(BEAT_S * SECOND)
        await asyncio.sleep(BEAT_S)
        health.woke(max(0, clock.monotonic_ns() - due))
        intake.flush()
        sink.pass_time()


async def look(parts: Parts, view: View | None) -> None:
    """Once a second: take the figures, act on pressure, draw or log."""
    clock = parts.clock
    board = Board(parts.engine, parts.settings.candles.retention, clock.now_ns())
    told_ns = 0
    known: tuple[str, ...] = ()
    while True:
        await asyncio.sleep(LOOK_S)
        figures = parts.health.look()
        for step in parts.pressure.observe(figures.rss, clock.monotonic_ns()):
            log.warning("memory pressure", was=step.before.name, now=step.after.name, rss=format_bytes(step.rss))
        failing = failures(parts)
        tell_changes(known, failing)
        known = failing
        if view is not None:
            lines = board.lines(clock.now_ns(), view.order, view.room)
            markets = len(parts.engine.universe.slots)
            history = parts.backfill.progress if parts.backfill is not None else None
            view.draw(lines, markets, figures, parts.ledger.report(), "; ".join(failing), history)
        elif clock.monotonic_ns() - told_ns >= _TELL_NS:
            told_ns = clock.monotonic_ns()
            tell(figures)


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
    if parts.archiving.failure is not None:
        failing.append(f"the archive is not written: {parts.archiving.failure}")
    unarchived = sum(log.unarchived for log in (parts.journal, parts.trade_log) if log is not None)
    if unarchived:
        failing.append(f"{unarchived} rows went before they were archived")
    return tuple(failing)


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
        lag_ms=round(figures.loop_lag_ms, 1),
        cpu_percent=round(figures.cpu * 100, 1),
        rss=format_bytes(figures.rss),
        slope_mb_h=None if figures.slope_mb_h is None else round(figures.slope_mb_h, 2),
    )
