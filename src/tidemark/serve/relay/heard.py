"""What is heard from the monitor's push: the head of a message, and whoever takes it."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from tidemark.errors import DECODE_ERRORS, UnreachableError


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a message, whatever follows it."""

    type: str
    topic: str = ""
    seq: int = -1
    token: str = ""
    detail: str = ""


_decode = msgspec.json.Decoder(Heard).decode


def heard(payload: bytes) -> Heard:
    """The head of a message; UnreachableError where it is none of the protocol."""
    try:
        return _decode(payload)
    except DECODE_ERRORS as error:
        raise UnreachableError(f"the monitor's push says what is not understood: {str(error)[:200]}") from error


class Taker(Protocol):
    """Whoever wants topics of the monitor, and takes their messages in the order in which they come.

    changed: set when what is wanted has changed; whoever listens clears it.
    """

    changed: asyncio.Event

    def connected(self, is_up: bool) -> None:
        """Whether the monitor hears what is wanted, from now on."""
        ...

    def wanted(self) -> Mapping[str, int | None]:
        """The topics, each with the `seq` up to which it is held; None where nothing is."""
        ...

    def stale(self) -> Iterable[str]:
        """Those of which a fresh snapshot is wanted."""
        ...

    async def take(self, head: Heard, payload: bytes) -> None:
        """A snapshot or a delta."""
        ...

    async def refuse(self, topic: str, detail: str) -> None:
        """There is no such topic, or there is none any more."""
        ...
