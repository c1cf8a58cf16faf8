"""What people are told: that something became of a signal, and the notification in which it is told, with others.

Times are in nanoseconds since the epoch.
"""

from enum import IntEnum, StrEnum

import msgspec

from tidemark.model.signal import Read, Side

# Of the symbols that a notification is about it names so many, and counts all.
MOST_NAMED = 100
# Of its events it tells so many in full.
MOST_TOLD = 10


class Severity(IntEnum):
    """How much something asks for attention."""

    INFO = 0
    WARNING = 1
    CRITICAL = 2

    @property
    def word(self) -> str:
        """As it is written."""
        return self.name.lower()


SEVERITIES = {severity.word: severity for severity in Severity}


class Happening(StrEnum):
    """What became of a signal. A target is any of its targets; ended: the condition of a notice is over."""

    RAISED = "raised"
    ENTERED = "entered"
    TARGET = "target"
    STOPPED = "stopped"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"
    ENDED = "ended"


class Event(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One thing that people are told, once.

    key: no other event has it. id: of the signal. at: when it happened, by the exchange. sentence: what was seen.
    reads: the figures behind it. price: None where it has none.
    """

    key: str
    id: str
    happened: Happening
    rule: str
    name: str
    symbol: str
    side: Side
    at: int
    severity: Severity
    title: str
    sentence: str
    price: float | None = None
    reads: tuple[Read, ...] = ()

    @property
    def group(self) -> str:
        """Those of one group are told together: of one rule and side, over all markets, of which the same happened."""
        return f"{self.rule}/{self.side.name.lower()}/{self.happened}"


class Notification(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is told of `count` events at once, on one channel.

    id: no other notification has it, and the same is sent with it however often it is tried. group: what is told in
    order. symbols: at most 100 of all. link: to the dashboard, None where nobody said where that is. read_at: when
    somebody read it, None while nobody has.
    """

    id: str
    channel: str
    group: str
    at: int
    severity: Severity
    title: str
    text: str
    count: int
    symbols: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    link: str | None = None
    read_at: int | None = None
