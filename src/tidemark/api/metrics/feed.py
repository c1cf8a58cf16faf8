"""The connections to the exchange."""

from tidemark.api.metrics.exposition import Exposition, labels
from tidemark.ingest.connection import ConnectionStatus, State

# A whole exchange takes six; more than this are not told one by one.
MOST_CONNECTIONS = 32


def tell_feed(to: Exposition, status: list[ConnectionStatus]) -> None:
    """How many there are and are up, and each of the first 32."""
    to.gauge("tidemark_connections", "Connections to the exchange.", len(status))
    to.gauge("tidemark_connections_live", "Those that are subscribed.", sum(one.state is State.LIVE for one in status))
    _tell_each(to, status[:MOST_CONNECTIONS])


def _tell_each(to: Exposition, status: list[ConnectionStatus]) -> None:
    """Connections by their names. One that succeeds another has a name of its own."""
    named = [(labels(connection=one.connection_id), one) for one in status]
    to.gauges(
        "tidemark_connection_live",
        "1 where it is subscribed, else 0.",
        [(name, int(one.state is State.LIVE)) for name, one in named],
    )
    to.gauges("tidemark_connection_topics", "Topics that it carries.", [(name, one.topics) for name, one in named])
    to.counters("tidemark_connection_messages_total", "Its messages.", [(name, one.frames) for name, one in named])
    to.counters(
        "tidemark_connection_received_bytes_total", "Bytes of its messages.", [(name, one.bytes) for name, one in named]
    )
    to.counters(
        "tidemark_connection_reconnects_total",
        "How often it was opened again.",
        [(name, one.reconnects) for name, one in named],
    )
    to.gauges(
        "tidemark_connection_failures", "Attempts in a row that failed.", [(name, one.failures) for name, one in named]
    )
    to.gauges(
        "tidemark_connection_last_message_age_seconds",
        "Since its newest data; not told before the first.",
        [(name, one.last_frame_age_s) for name, one in named if one.last_frame_age_s is not None],
    )
