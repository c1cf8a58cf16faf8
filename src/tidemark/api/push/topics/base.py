"""What a kind of topic is, and what one topic of it gives.

A kind is one module of this folder with a class `Kind`; nothing is listed anywhere, a new module is found.
"""

from collections.abc import Mapping
from re import Pattern
from typing import Protocol

from tidemark.api.push.figures import MarketFigures
from tidemark.api.push.messages import Delta, Snapshot, Stamp
from tidemark.api.push.reads import Reads
from tidemark.errors import RequestError
from tidemark.market.level import Array

# What a topic keeps of its own at most.
TOPIC_BYTES = 8192


class Topic(Protocol):
    """A topic that somebody has subscribed to, or had until a moment ago. It keeps what its newest message said."""

    def change(self, at: Stamp) -> Delta | Snapshot | None:
        """What has changed since the last call; a snapshot where a delta does not do, None where nothing has.

        RequestError when there is no such topic any more.
        """
        ...

    def whole(self, at: Stamp) -> Snapshot:
        """All of it, as of the last call of `change`, or later where each message of the topic is whole."""
        ...


class Kind(Protocol):
    """Topics whose names match PATTERN. Its named groups are handed to `open`.

    PERIOD_MS: a message comes at most so often. MOST: so many topics of it live at a time. IS_WHOLE: each message says
    all, so that what a client has missed does not matter to it. CONFLATES: a client that is behind gets one snapshot in
    the place of what waits for it; where that is false it gets every message, or is closed.
    """

    PATTERN: Pattern[str]
    PERIOD_MS: int
    MOST: int
    IS_WHOLE: bool
    CONFLATES: bool

    def __init__(self, reads: Reads, figures: MarketFigures) -> None: ...

    def open(self, names: Mapping[str, str]) -> Topic:
        """The topic of these names; RequestError when there is none."""
        ...


def slot_of(reads: Reads, symbol: str) -> int:
    """The slot of a market; RequestError when it is not watched."""
    slot = reads.engine.universe.slots.get(symbol)
    if slot is None:
        raise RequestError(404, f"{symbol} is not watched; /api/v1/symbols lists the markets that are")
    return slot


def short(values: Array) -> list[float]:
    """Numbers that were kept in four bytes, as short as they are exact.

    >>> import numpy as np
    >>> short(np.array([0.3], np.float32))
    [0.3]
    """
    return [float(f"{value:.7g}") for value in values.tolist()]
