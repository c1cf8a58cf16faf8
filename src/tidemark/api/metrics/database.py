"""The process that reads the database, as it told itself last: a scrape wakes nobody."""

from typing import Protocol

from tidemark.api.metrics.exposition import Exposition, labels
from tidemark.api.past import PoolFigures


class Reader(Protocol):
    """begun: so many processes answered since the start; resident: bytes of the one that runs, 0 without one.

    figures: those of the last one that ran, None before the first.
    """

    begun: int
    resident: int
    figures: PoolFigures | None

    @property
    def is_running(self) -> bool: ...


def tell_database(to: Exposition, reading: Reader | None) -> None:
    """The process and its pool; nothing where there can be none, and no pool before somebody asked."""
    told = reading.figures if reading is not None else None
    runs = reading is not None and reading.is_running
    pool = labels(pool=told.kind) if told is not None else ""
    to.gauge("tidemark_database_reader_bytes", "Memory of the reader process.", reading.resident if reading else None)
    to.counter("tidemark_database_reader_begun_total", "Reader processes begun.", reading.begun if reading else None)
    for name, words, value in (
        ("connections", "Connections that are open.", told.open if told and runs else 0),
        ("lent", "Connections that are in use.", told.lent if told and runs else 0),
        ("overflow", "Connections beyond those that stay.", max(0, told.open - told.kept) if told and runs else 0),
        ("waiting", "Questions that wait for a connection.", told.waiting if told and runs else 0),
        ("held_seconds_max", "The longest that a connection was held.", told.longest_held_s if told else 0.0),
        ("statement_seconds_max", "The slowest statement.", told.slowest_s if told else 0.0),
    ):
        to.gauges(f"tidemark_database_pool_{name}", words, [(pool, value)] if told else [])
    for name, words, count in (
        ("questions", "Questions that had a connection.", told.answered if told else 0),
        ("refused", "Questions that were refused at once.", told.refused if told else 0),
        ("timeouts", "Questions that waited in vain.", told.timeouts if told else 0),
        ("statements_ended", "Statements that were ended, because they took too long.", _ended(told)),
        ("errors", "Failures of the database.", told.errors if told else 0),
    ):
        to.counters(f"tidemark_database_pool_{name}_total", words, [(pool, count)] if told else [])


def _ended(told: PoolFigures | None) -> int:
    return told.statements_ended if told is not None else 0
