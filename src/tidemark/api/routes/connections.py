"""The connections to the exchange."""

import msgspec

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Nothing, Route


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """One connection: connecting, subscribing, live, waiting or closed.

    last_message_age_s: null before the first. failures: attempts in a row that failed.
    """

    name: str
    state: str
    topics: int
    messages: int
    bytes: int
    reconnects: int
    failures: int
    last_message_age_s: float | None


class Connections(Answer, frozen=True, kw_only=True):
    """All connections of the feed."""

    venue: str
    connections: tuple[Connection, ...]


def _connections(monitor: Monitor, _: Nothing) -> Connections:
    return Connections(
        as_of_ms=monitor.now_ms,
        venue=monitor.parts.venue.name,
        connections=tuple(
            Connection(
                name=one.connection_id,
                state=one.state.value,
                topics=one.topics,
                messages=one.frames,
                bytes=one.bytes,
                reconnects=one.reconnects,
                failures=one.failures,
                last_message_age_s=one.last_frame_age_s,
            )
            for one in monitor.parts.feed.status()
        ),
    )


ROUTES = (
    Route(
        path="/api/v1/connections",
        summary="The connections to the exchange",
        asked=Nothing,
        answer=Connections,
        give=_connections,
    ),
)
