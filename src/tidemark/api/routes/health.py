"""Whether the process does what it is there for: alive, ready, and part by part."""

from enum import StrEnum

import msgspec
import numpy as np

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Nothing, Route
from tidemark.live.rounds import failures
from tidemark.memory.pressure import Level
from tidemark.units import SECOND

# Below this share of markets whose trades come in, the feed is down, however connected it is; below the second, ill.
_DEAD, _ILL = 0.1, 0.9
# Scores that are older were not made.
_SCORES_LATE_NS = 10 * SECOND
# A loop that is later keeps messages waiting.
_LATE_MS = 500.0
_NOT_WELL = 503


class Status(StrEnum):
    """How a part is."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the process, and a sentence that says why it is so."""

    name: str
    status: Status
    detail: str


class Health(Answer, frozen=True, kw_only=True):
    """status: the worst of the parts."""

    status: Status
    parts: tuple[Part, ...]


def parts_of(monitor: Monitor) -> tuple[Part, ...]:
    """Every part as it is now."""
    return (
        _feed(monitor),
        _books(monitor),
        _scores(monitor),
        _structure(monitor),
        _signals(monitor),
        _loop(monitor),
        _memory(monitor),
        _disk(monitor),
        _database(monitor),
    )


def _feed(monitor: Monitor) -> Part:
    """Red when the feed is dead, even if every connection is up: what counts is what comes in."""
    engine = monitor.engine
    listed, polled = len(engine.universe.slots), monitor.parts.fallback.markets
    live = len(set(engine.freshness.alive("trades")) - set(engine.freshness.stale("trades")))
    if not listed:
        return Part(name="feed", status=Status.DOWN, detail="no market is watched")
    words = f"trades of {live} of {listed} markets come in" + (f", REST stands in for {polled}" if polled else "")
    is_dead = live + polled < _DEAD * listed
    status = Status.DOWN if is_dead else Status.DEGRADED if live < _ILL * listed else Status.OK
    return Part(name="feed", status=status, detail=words)


def _books(monitor: Monitor) -> Part:
    books, listed = monitor.engine.books, len(monitor.engine.universe.slots)
    if books is None:
        return Part(name="books", status=Status.OK, detail="no books are kept")
    words = f"{books.synced} of {listed} books are in sync"
    return Part(name="books", status=Status.OK if books.synced >= _ILL * listed else Status.DEGRADED, detail=words)


def _scores(monitor: Monitor) -> Part:
    """A canary: scores are made once a second, of all markets whose figures are fresh, or something is wrong."""
    analysis = monitor.engine.analysis
    if analysis is None:
        return Part(name="scores", status=Status.OK, detail="nothing is scored: analysis.enabled is false")
    if analysis.scores is None:
        return Part(name="scores", status=Status.DEGRADED, detail="nothing is scored yet")
    age_ns = monitor.now_ns - analysis.scored_at
    listed = len(monitor.engine.universe.slots)
    known = int(np.count_nonzero(analysis.scores.is_known))
    words = f"{known} of {listed} markets have a score, {max(age_ns, 0) / SECOND:.1f} s old"
    if not np.isfinite(analysis.scores.score[analysis.scores.is_known]).all():
        return Part(name="scores", status=Status.DOWN, detail="a score is not a number")
    return Part(name="scores", status=Status.DOWN if age_ns > _SCORES_LATE_NS else Status.OK, detail=words)


def _structure(monitor: Monitor) -> Part:
    """A canary: planted schematics are run through the engine, and their events have to come out."""
    canary = monitor.parts.canary
    if canary is None:
        return Part(name="structure", status=Status.OK, detail="structure is not read: wyckoff.enabled is false")
    missing = canary.missing(monitor.now_ns)
    if missing:
        return Part(name="structure", status=Status.DOWN, detail=f"planted, and not found: {', '.join(missing)}")
    return Part(name="structure", status=Status.OK, detail="the planted schematics were found, event by event")


def _signals(monitor: Monitor) -> Part:
    """Red when one was lost or cannot be written: what is not in the log is in no record, and nobody is told of it."""
    signals, kept = monitor.engine.signals, monitor.parts.signal_log
    if signals is None or kept is None:
        return Part(name="signals", status=Status.OK, detail="nothing is signalled: signals.enabled is false")
    followed = signals.following.followed
    words = f"{kept.written} records written, {followed.usage().used} of {followed.capacity} places in use"
    if kept.failure is not None:
        words = f"records wait for the disk: {kept.failure}"
    if kept.lost:
        words += f"; {kept.lost} were lost since the start"
    is_well = kept.failure is None and not kept.lost
    return Part(name="signals", status=Status.OK if is_well else Status.DOWN, detail=words)


def _loop(monitor: Monitor) -> Part:
    figures = monitor.figures
    if figures is None:
        return Part(name="loop", status=Status.OK, detail="not measured yet")
    words = f"at most {figures.loop_lag_ms:.0f} ms late in the last second"
    return Part(name="loop", status=Status.OK if figures.loop_lag_ms < _LATE_MS else Status.DEGRADED, detail=words)


def _memory(monitor: Monitor) -> Part:
    pressure = monitor.parts.pressure
    words = f"pressure is {pressure.level.name}"
    if pressure.given_up:
        words += f"; given up: {', '.join(pressure.given_up)}"
    status = {Level.NORMAL: Status.OK, Level.ELEVATED: Status.OK}.get(pressure.level, Status.DEGRADED)
    return Part(name="memory", status=status, detail=words)


def _disk(monitor: Monitor) -> Part:
    failing = failures(monitor.parts)
    if failing:
        return Part(name="disk", status=Status.DEGRADED, detail="; ".join(failing))
    return Part(name="disk", status=Status.OK, detail="everything that is kept is written")


def _database(monitor: Monitor) -> Part:
    """Not asked for this: the process that reads it is begun by whoever wants the past, and by nobody else."""
    if monitor.database is None:
        return Part(name="database", status=Status.OK, detail="nobody can ask it here")
    standing = monitor.database()
    status = Status.OK if standing.is_well else Status.DEGRADED
    return Part(name="database", status=status, detail=standing.detail)


def worst(parts: tuple[Part, ...]) -> Status:
    """The worst of them."""
    order = list(Status)
    return max((part.status for part in parts), key=order.index)


def _health(monitor: Monitor, _: Nothing) -> Health:
    parts = parts_of(monitor)
    return Health(as_of_ms=monitor.now_ms, status=worst(parts), parts=parts)


def _live(monitor: Monitor, _: Nothing) -> Health:
    part = Part(name="loop", status=Status.OK, detail="the loop answers")
    return Health(as_of_ms=monitor.now_ms, status=Status.OK, parts=(part,))


def _ready(monitor: Monitor, _: Nothing) -> Health:
    parts = (_feed(monitor), _scores(monitor))
    return Health(as_of_ms=monitor.now_ms, status=worst(parts), parts=parts)


def _when_down(health: Health) -> int:
    return _NOT_WELL if health.status is Status.DOWN else 200


ROUTES = (
    Route(
        path="/health",
        summary="Every part of the process; 503 when one is down",
        asked=Nothing,
        answer=Health,
        give=_health,
        status=_when_down,
    ),
    Route(path="/health/live", summary="Whether the process answers", asked=Nothing, answer=Health, give=_live),
    Route(
        path="/health/ready",
        summary="Whether the market comes in and is scored; 503 when not",
        asked=Nothing,
        answer=Health,
        give=_ready,
        status=_when_down,
    ),
)
