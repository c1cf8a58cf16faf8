"""Where the messages of push come from: what delivery asks of topics, whoever makes them."""

from typing import NamedTuple, Protocol, TypeVar

from tidemark.api.push.client import Client
from tidemark.memory.ledger import Usage


class Followed:
    """A topic with its clients. seq: of its newest message; due_ns, left_ns: when the next is made, when the last left.

    key: by which what waits for a client conflates; None where nothing does.
    """

    def __init__(self, name: str, key: str | None, seq: int, now_ns: int) -> None:
        self.name = name
        self.key = key
        self.seq = seq
        self.clients: dict[Client, None] = {}  # bounded: by the clients that there may be
        self.due_ns = self.left_ns = now_ns


class Message(NamedTuple):
    """The frame of a message. It says all to whoever has the topic up to `base`, or up to what came after that."""

    frame: bytes
    seq: int
    base: int


L = TypeVar("L", bound=Followed)


class Topics(Protocol[L]):
    """The topics that live, as `Delivery` and `House` use them. Times are monotonic (ns)."""

    def usage(self) -> Usage:
        """Topics that live."""
        ...

    async def prepare(self, name: str, since: int | None) -> None:
        """Find out about a topic before a client subscribes to it; *since* is what the client has of it already."""
        ...

    async def pause(self, most_s: float) -> None:
        """Wait until there may be something to send, and no longer than *most_s*."""
        ...

    def get(self, name: str) -> L | None:
        """A topic that lives."""
        ...

    def find(self, name: str, now_ns: int) -> L:
        """The topic *name*, which lives from now on; RequestError when there is none, or there is no room for it."""
        ...

    def due(self, now_ns: int) -> list[L]:
        """The topics whose next message is to be sent now, to somebody."""
        ...

    def next_due_ns(self) -> int | None:
        """When the next message of any topic is due; None while that is not known."""
        ...

    def next(self, live: L, now_ns: int) -> Message | None:
        """The next message of a topic, None where there is none; RequestError when the topic has ended."""
        ...

    def whole(self, live: L) -> list[bytes]:
        """The frames that give all of a topic as of its newest message; none where they come by themselves, later."""
        ...

    def missed(self, live: L, since: int) -> list[bytes] | None:
        """The frames after *since*; None where they are not all there, so that all of the topic is needed."""
        ...

    def end(self, live: L) -> None:
        """Forget a topic."""
        ...

    def expire(self, now_ns: int) -> None:
        """Forget what nobody has asked about for long."""
        ...
