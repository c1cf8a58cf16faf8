"""What the process takes, what explains it, and what every owner of the ledger holds."""

import asyncio
import threading

from tidemark.api.metrics.exposition import Exposition, labels
from tidemark.live.assembly import Parts
from tidemark.live.probe import Sample
from tidemark.memory.ledger import OwnerReport
from tidemark.units import MIB

_HOUR_S = 3600


def tell_memory(to: Exposition, parts: Parts, sample: Sample) -> None:
    """The process as a whole."""
    process, figures, pressure = sample.process, parts.health.last, parts.pressure
    used = sum(owner.bytes_used for owner in sample.owners)
    settings = parts.settings.memory
    slope_mb_h = figures.slope_mb_h if figures is not None else None
    to.gauge("tidemark_memory_budget_bytes", "What the process may take (memory.budget).", sample.budget)
    to.gauge("tidemark_memory_resident_bytes", "RSS.", process.rss)
    to.gauge("tidemark_memory_resident_peak_bytes", "The highest RSS so far.", max(parts.health.peak_rss, process.rss))
    to.gauge(
        "tidemark_memory_anonymous_bytes", "What has no file behind it: what a leak makes grow.", process.anonymous
    )
    to.gauge("tidemark_memory_floor_bytes", "Anonymous memory before there was any state.", sample.floor)
    to.gauge(
        "tidemark_memory_reserved_bytes",
        "The sum of what all owners may hold.",
        sum(owner.bytes_reserved for owner in sample.owners),
    )
    to.gauge("tidemark_memory_used_bytes", "The sum of what all owners hold.", used)
    to.gauge(
        "tidemark_memory_unaccounted_bytes",
        "Anonymous memory that neither the floor nor an owner explains; may be below 0.",
        process.anonymous - sample.floor - used,
    )
    to.gauge(
        "tidemark_memory_unaccounted_cap_bytes",
        "What may stay unexplained (memory.reserve_share of the budget).",
        int(settings.budget * settings.reserve_share),
    )
    to.gauge(
        "tidemark_memory_growth_bytes_per_second",
        "The slope of anonymous memory over the last two thirds of the run; not told while there are too few samples.",
        slope_mb_h * MIB / _HOUR_S if slope_mb_h is not None else None,
    )
    to.gauge("tidemark_memory_limit_bytes", "What the control group allows; not told without one.", process.limit)
    to.gauge("tidemark_memory_pressure_level", "0 normal, 1 elevated, 2 high, 3 critical.", pressure.level.value)
    to.gauge("tidemark_memory_given_up", "Kinds of things that are given up at the moment.", len(pressure.given_up))
    to.counter("tidemark_memory_sacrifices_total", "How often something was given up.", sum(pressure.counts.values()))
    to.counter(
        "tidemark_memory_trimmed_items_total",
        "Items that an owner held over its capacity: a bug.",
        sample.cleanup.trimmed,
    )


def tell_process(to: Exposition, parts: Parts, sample: Sample, started_ns: int) -> None:
    """What every client library tells of its process, by the same names, and its tasks and threads."""
    to.gauge("process_resident_memory_bytes", "RSS.", sample.process.rss)
    to.gauge("process_start_time_seconds", "When it started, since the epoch.", round(started_ns / 1e9, 3))
    to.counter("process_cpu_seconds_total", "CPU time, user and system.", round(parts.clock.cpu_ns() / 1e9, 3))
    to.gauge("process_open_fds", "Open descriptors.", sample.descriptors.count)
    to.gauge("tidemark_tasks", "Tasks of the event loop.", len(asyncio.all_tasks()))
    to.gauge("tidemark_threads", "Threads that Python knows of.", threading.active_count())


def tell_owners(to: Exposition, owners: list[OwnerReport]) -> None:
    """A line each for what an owner may hold, holds, and did when it was full."""
    named = [(labels(owner=owner.owner, kind=owner.kind), owner) for owner in owners]
    to.gauges(
        "tidemark_owner_reserved_bytes", "What it may hold.", [(name, owner.bytes_reserved) for name, owner in named]
    )
    to.gauges("tidemark_owner_used_bytes", "What it holds.", [(name, owner.bytes_used) for name, owner in named])
    to.gauges(
        "tidemark_owner_capacity",
        "Items that it may hold; of kinds transient and external: bytes.",
        [(name, owner.capacity) for name, owner in named],
    )
    to.gauges("tidemark_owner_items", "Items that it holds.", [(name, owner.used) for name, owner in named])
    to.gauges("tidemark_owner_items_peak", "The most that it held.", [(name, owner.peak) for name, owner in named])
    to.counters(
        "tidemark_owner_evicted_total",
        "What made room for newer ones.",
        [(name, owner.evicted) for name, owner in named],
    )
    to.counters(
        "tidemark_owner_dropped_total",
        "What was let go because it was full.",
        [(name, owner.dropped) for name, owner in named],
    )
    to.counters(
        "tidemark_owner_rejected_total", "What was not taken in.", [(name, owner.rejected) for name, owner in named]
    )
    to.counters(
        "tidemark_owner_coalesced_total",
        "What went into one that waited already.",
        [(name, owner.coalesced) for name, owner in named],
    )
