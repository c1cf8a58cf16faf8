"""The memory of the process, owner by owner."""

import msgspec

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Nothing, Route
from tidemark.memory.ledger import OwnerReport
from tidemark.units import MIB, MILLISECOND


class PressureStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of memory pressure: another level, something given up, or something that came back."""

    ago_s: float
    before: str
    after: str
    rss: int
    given_up: str
    taken_back: str
    bytes: int


class MemoryReport(Answer, frozen=True, kw_only=True):
    """Bytes. unaccounted: anonymous memory that neither the floor nor an owner explains; may be below 0.

    slope_mb_h: the growth over the last two thirds of the run, null while there are too few samples. steps: the latest
    steps of pressure, oldest first.
    """

    uptime_s: float
    budget: int
    floor: int
    rss: int
    peak_rss: int
    anonymous: int
    unaccounted: int
    slope_mb_h: float | None
    pressure: str
    given_up: tuple[str, ...]
    steps: tuple[PressureStep, ...]
    owners: tuple[OwnerReport, ...]


def memory(monitor: Monitor, _: Nothing) -> MemoryReport:
    """The memory as it is; takes a few milliseconds."""
    parts, figures = monitor.parts, monitor.figures
    sample = parts.probe.look()
    used = sum(owner.bytes_used for owner in sample.owners)
    now = parts.clock.monotonic_ns()
    return MemoryReport(
        as_of_ms=monitor.now_ms,
        uptime_s=figures.uptime_s if figures is not None else 0.0,
        budget=sample.budget,
        floor=sample.floor,
        rss=sample.process.rss,
        peak_rss=max(parts.health.peak_rss, sample.process.rss),
        anonymous=sample.process.anonymous,
        unaccounted=sample.process.anonymous - sample.floor - used,
        slope_mb_h=figures.slope_mb_h if figures is not None else None,
        pressure=parts.pressure.level.name,
        given_up=parts.pressure.given_up,
        steps=tuple(
            PressureStep(
                ago_s=max(now - step.at_ns, 0) / (1000 * MILLISECOND),
                before=step.before.name,
                after=step.after.name,
                rss=step.rss,
                given_up=step.given_up,
                taken_back=step.taken_back,
                bytes=step.bytes,
            )
            for step in parts.pressure.history
        ),
        owners=tuple(sample.owners),
    )


ROUTES = (
    Route(
        path="/api/v1/memory",
        summary="The memory of the process, owner by owner",
        asked=Nothing,
        answer=MemoryReport,
        give=memory,
        transient=2 * MIB,
    ),
)
