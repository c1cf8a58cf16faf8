"""What is read from bars, as it is handed on: events, phases and schematics of one series."""

from typing import Any, Protocol

import msgspec
import numpy.typing as npt

Array = npt.NDArray[Any]

# Phases by number; 0 is none.
PHASES = ("", "A", "B", "C", "D", "E")


class Bars(msgspec.Struct, frozen=True, kw_only=True):
    """Closed bars of one series, in order, each once; what is missing is not there.

    time: when each opened, int64 ns (n,). The others float64 (n,): prices above 0, volume 0 or more.
    """

    time: Array
    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array


class Found(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An event: its name, +1 where support is tested and the way up is open, -1 for the mirror of it.

    at, confirmed: bars since the series began; at the close of the second the event was known. level: a price.
    confidence: how often such an event was a planted one when it was measured; None where nothing was measured.
    """

    event: str
    direction: int
    at: int
    confirmed: int
    level: float
    confidence: float | None
    range_id: int


class Completed(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A schematic from phase A to D: which of the templates it is most like, and how much (0 to 1)."""

    template: str
    direction: int
    begin: int
    end: int
    confirmed: int
    score: float


class PhaseSpan(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A phase (1 to 5) as it is drawn once it is known: bars [begin, end)."""

    phase: int
    begin: int
    end: int


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a chunk of bars gave. phases: int8 (n,), as known at the close of each bar; 0 none, 1 to 5 A to E."""

    events: list[Found]
    phases: Array
    completed: list[Completed]
    spans: list[PhaseSpan]


class Detector(Protocol):
    """What reads bars, a chunk after the other."""

    def take(self, bars: Bars) -> Read:
        """Read the next chunk of the series."""
        ...
