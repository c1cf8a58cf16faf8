"""Who is served: told by whoever has them."""

from collections.abc import Mapping
from typing import Protocol

from tidemark.api.metrics.exposition import Exposition, labels

# Reasons are a closed set; should they not be, no more than so many are told.
MOST = 16


class PushFigures(Protocol):
    """Push clients: `open` of `capacity`, how many more were refused, how many were closed, by reason.

    `conflated` updates went into one that waited already. The reasons are a closed set of short names.
    """

    @property
    def open(self) -> int: ...
    @property
    def capacity(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def closed(self) -> Mapping[str, int]: ...
    @property
    def conflated(self) -> int: ...


def tell_push(to: Exposition, push: PushFigures | None) -> None:
    """Push clients; nothing where there is no push."""
    # A counter that begins at 1 has not risen: the one that an alert waits for is there before.
    closed = {"slow": 0} | dict(push.closed) if push else {}
    to.gauge("tidemark_push_clients", "Push clients that are connected.", push.open if push else None)
    to.gauge("tidemark_push_clients_capacity", "How many may be.", push.capacity if push else None)
    to.counter("tidemark_push_refused_total", "Push clients that found no room.", push.refused if push else None)
    to.counters(
        "tidemark_push_closed_total",
        "Push clients that were closed, by reason.",
        [(labels(reason=reason), count) for reason, count in list(closed.items())[:MOST]],
    )
    to.counter(
        "tidemark_push_conflated_total", "Updates that went into one that waited.", push.conflated if push else None
    )
