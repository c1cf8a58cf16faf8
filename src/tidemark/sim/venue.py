"""What the server needs to know of a venue: its REST replies and what it answers to messages on a socket."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from tidemark.sim.limits import Window


class Reply(msgspec.Struct, frozen=True):
    """A REST reply."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """What happens upon a message of a client: replies, then changed subscriptions, perhaps an end with code 1008."""

    replies: tuple[bytes, ...] = ()
    subscribe: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()
    close: str | None = None


class Session(Protocol):
    """One client's conversation with the venue."""

    # Frames go out in the envelope of a combined stream.
    is_combined: bool

    def opened(self, path: str, query: Mapping[str, str]) -> Answer:
        """The connection is open: what its address already subscribes."""
        ...

    def heard(self, text: str | None, now_ms: int, topics: set[str]) -> Answer:
        """A message came at *now_ms* of the machine's clock: text, or None for a ping or pong frame."""
        ...

    def delivers(self, topic: str) -> bool:
        """Whether frames of *topic* come on this connection."""
        ...


class Venue(Protocol):
    """One exchange."""

    # Paths on which sockets are accepted; a trailing * takes any last part.
    stream_paths: tuple[str, ...]
    # The server pings every so many seconds; None when it leaves that to the client.
    ping_every_s: float | None
    window: Window

    def window_of(self, path: str) -> Window:
        """The budget that requests of *path* count against."""
        ...

    def weight(self, path: str, query: Mapping[str, str]) -> int:
        """What a request costs."""
        ...

    def reply(self, path: str, query: Mapping[str, str], now_ms: int) -> Reply:
        """The reply to GET *path*, now_ms being the exchange's time."""
        ...

    def headers(self, used: int, limit: int, resets_ms: int) -> tuple[tuple[str, str], ...]:
        """What a reply says of the budget."""
        ...

    def refusal(self, kind: str, retry_after_s: int, now_ms: int) -> Reply:
        """A refusal for the number of requests: *kind* is "limited", "banned" or "fault"."""
        ...

    def session(self) -> Session:
        """A conversation with a new client."""
        ...
