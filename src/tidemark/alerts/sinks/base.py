"""What a sink is: a module of this folder that fulfils this."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from tidemark.clock import Clock
from tidemark.model.notification import Notification
from tidemark.settings.alerting import SinkSpec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A notification on its way. rich: as HTML. attempt: from 1; beyond that it may have arrived already."""

    notification: Notification
    rich: str
    attempt: int = 1


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where sinks work. folder: of the venue. say: tells the monitor, None where there is none that listens."""

    folder: Path
    clock: Clock
    say: Callable[[Notification], None] | None = None


class Sink(Protocol):
    """One way to people.

    is_idempotent: whether the same notification, sent again, arrives once. is_of_monitor: whether nobody but the
    process that the monitor began can use it.
    """

    @property
    def is_idempotent(self) -> bool:
        """Whether the same notification, sent again, arrives once."""
        ...

    @property
    def is_of_monitor(self) -> bool:
        """Whether only the process that the monitor began can use it."""
        ...

    def send(self, message: Message) -> None:
        """Send it, within half a minute; SinkError where it did not arrive, SinkRefusedError where it never will.

        No error says an address, a password or a token.
        """
        ...


class Kind(Protocol):
    """A module of this folder. SCHEMES: what its addresses begin with; empty for the one that takes all others."""

    @property
    def SCHEMES(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """What its addresses begin with."""
        ...

    @property
    def EXAMPLE(self) -> str:  # noqa: N802 - a constant of the module
        """An address with its options, as it may be written."""
        ...

    def make(self, spec: SinkSpec, place: Place, /) -> Sink:
        """The sink of *spec*; SettingsError, which does not say its address, where that is wrong."""
        ...
