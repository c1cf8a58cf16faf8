"""All figures of a process, as Prometheus reads them."""

import platform
from collections.abc import Callable

import tidemark
from tidemark.api.metrics.alerts import tell_alerts
from tidemark.api.metrics.backtests import tell_backtests
from tidemark.api.metrics.clients import PushFigures, tell_push
from tidemark.api.metrics.database import Reader, tell_database
from tidemark.api.metrics.exposition import Exposition, labels
from tidemark.api.metrics.feed import tell_feed
from tidemark.api.metrics.loop import tell_loop
from tidemark.api.metrics.market import (
    Rising,
    tell_books,
    tell_confirmed,
    tell_freshness,
    tell_gaps,
    tell_intake,
)
from tidemark.api.metrics.memory import tell_memory, tell_owners, tell_process
from tidemark.api.metrics.scores import tell_scores
from tidemark.api.metrics.signals import tell_signals
from tidemark.live.assembly import Parts
from tidemark.units import KIB

# The text twice, as it is joined and as it is encoded, and what it is made from.
TRANSIENT_BYTES = 1024 * KIB


class Metrics:
    """Renders what *parts* tell, in the loop, between two of its turns.

    push: gives the figures of push clients; reading: the process that reads the database; None without them. Nothing
    has a label for a market: the number of series follows from the owners of the ledger and the connections. Memory:
    two counters; the text of one scrape, 90 KB, is transient.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        push: Callable[[], PushFigures] | None = None,
        reading: Reader | None = None,
    ) -> None:
        self._parts = parts
        self._push = push
        self._reading = reading
        self._started_ns = parts.clock.now_ns()
        self._compared, self._mismatched = Rising(), Rising()

    def render(self) -> bytes:
        """The exposition as it is now, in UTF-8; its type is `exposition.CONTENT_TYPE`."""
        to, parts = Exposition(), self._parts
        sample = parts.probe.look()
        version = labels(version=tidemark.__version__, python=platform.python_version(), venue=parts.venue.name)
        to.gauges("tidemark_build_info", "What runs here; always 1.", [(version, 1)])
        tell_process(to, parts, sample, self._started_ns)
        tell_memory(to, parts, sample)
        tell_owners(to, sample.owners)
        tell_intake(to, parts)
        tell_confirmed(to, parts, self._compared, self._mismatched)
        tell_gaps(to, parts.engine.gaps)
        tell_freshness(to, parts)
        tell_books(to, parts)
        tell_loop(to, parts.health.lags)
        tell_feed(to, parts.feed.status())
        tell_scores(to, parts)
        tell_signals(to, parts)
        tell_alerts(to, parts.alerting)
        tell_backtests(to, parts.backtesting)
        tell_push(to, self._push() if self._push is not None else None)
        tell_database(to, self._reading)
        return to.text().encode()
