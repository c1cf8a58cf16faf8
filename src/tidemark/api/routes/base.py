"""What a route is: a path, what may be asked there, what is answered, and the function that gives it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tidemark.api.monitor import Monitor
from tidemark.api.past import Past
from tidemark.units import KIB, MIB

Symbol = Annotated[
    str, Meta(pattern=r"^[^\s/\\?#%]{1,40}$", description="A market by the exchange's own name", examples=["BTCUSDT"])
]
Milliseconds = Annotated[int, Meta(ge=0, le=10**15, description="Milliseconds since the epoch, UTC")]


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """A route that takes no parameters."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What every answer begins with: the moment that it is as of."""

    as_of_ms: Milliseconds


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """An answer in pieces, of a type that other programs read."""

    content_type: str
    file_name: str
    pieces: Iterator[bytes]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One resource. `path` has the fields of *asked* that stand in it in braces; the others come in the query.

    status: of an answer, 200 where it is not given. transient: bytes that making an answer takes at most. export: the
    same in pieces, where *asked* wants that; None from it means: as usual. prepare: waited for before it is given.
    """

    path: str
    summary: str
    asked: type[msgspec.Struct]
    answer: type[Answer]
    give: Callable[[Monitor, Any], Answer]
    status: Callable[[Any], int] | None = None
    export: Callable[[Monitor, Any], Export | None] | None = None
    prepare: Callable[[Monitor], Awaitable[None]] | None = None
    transient: int = MIB


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is done when it is posted, by whoever may write. *asked* comes as the body, in JSON.

    transient: bytes that making the answer takes at most.
    """

    path: str
    summary: str
    asked: type[msgspec.Struct]
    answer: type[Answer]
    give: Callable[[Monitor, Any], Awaitable[Answer]]
    transient: int = 64 * KIB


class PastExport(msgspec.Struct, frozen=True, kw_only=True):
    """The same as Export, of pieces that are waited for."""

    content_type: str
    file_name: str
    pieces: AsyncGenerator[bytes, None]


class PastRoute(msgspec.Struct, frozen=True, kw_only=True):
    """A resource that is answered from the database, in a process that may open one; see Route for the fields.

    transient: bytes that writing an answer takes; what reading takes is up to `Past`.
    """

    path: str
    summary: str
    asked: type[msgspec.Struct]
    answer: type[Answer]
    give: Callable[[Past, Any], Awaitable[Answer]]
    status: Callable[[Any], int] | None = None
    export: Callable[[Past, Any], PastExport | None] | None = None
    transient: int = MIB
