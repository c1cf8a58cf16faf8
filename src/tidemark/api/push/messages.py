"""The messages of push: what a client may say, and what it is told. All of them are JSON objects."""

from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

VERSION = 1
# A client's message is not read beyond this.
MOST_MESSAGE_BYTES = 4096

TopicName = Annotated[str, Meta(max_length=120)]


class Subscribe(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="subscribe"):
    """Send *topic* from now on. since: the `seq` of the newest message of it that the client has."""

    topic: TopicName
    since: Annotated[int, Meta(ge=0)] | None = None


class Unsubscribe(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="unsubscribe"):
    """End the subscription that was given *token*."""

    token: Annotated[str, Meta(max_length=40)]


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="pong"):
    """The client is still there."""


class Authenticate(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="authenticate"):
    """The client may read: it knows *token*."""

    token: Annotated[str, Meta(max_length=1024)]


Said = Subscribe | Unsubscribe | Pong | Authenticate


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="hello"):
    """The first message of a connection. ts: our clock (ms); heartbeat_s: a ping comes so often."""

    v: int = VERSION
    ts: int
    heartbeat_s: int


class Subscribed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="subscribed"):
    """A subscription is there: what ends it, and how many of its topic this connection has."""

    topic: str
    token: str
    subscriptions: int
    warning: str | None = None


class Ping(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ping"):
    """Asks for a pong."""

    ts: int


class PushProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="error"):
    """Something that the client said was not followed, or a topic has ended."""

    topic: str | None = None
    detail: str


class Stamp(NamedTuple):
    """What every message of a topic begins with."""

    topic: str
    seq: int
    ts: int


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """All of a topic as of *seq*; ts: our clock (ms)."""

    topic: str
    seq: int
    ts: int


class Delta(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="delta"):
    """What has changed since the message of the same topic before it, whose `seq` is one less."""

    topic: str
    seq: int
    ts: int
