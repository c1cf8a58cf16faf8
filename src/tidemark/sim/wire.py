"""What the generator and a venue's streams need of each other."""

from collections.abc import Collection, Iterator
from typing import Protocol

from tidemark.sim.book import Books, Ladder
from tidemark.sim.derivatives import Derivatives, Liquidation
from tidemark.sim.dynamics import Block
from tidemark.sim.faults import Faults
from tidemark.sim.market import Frame, Print, Quote
from tidemark.sim.trades import Fill, Ints
from tidemark.sim.truth import Truth


class Made(Protocol):
    """The made-up market as its streams see it."""

    truth: Truth
    books: Books
    derivatives: Derivatives
    faults: Faults

    def quote(self, slot: int) -> Quote:
        """Best bid and ask and the derivatives' figures of a market."""
        ...


class Wire(Protocol):
    """The stream side of a venue: what its frames look like."""

    # The id of the first aggregate trade of every market.
    first_aggregate: int

    def knows(self, topic: str) -> bool:
        """Whether *topic* names a stream of a listed market."""
        ...

    def snapshot(self, topic: str, now_ms: int) -> bytes | None:
        """What follows a subscription at once."""
        ...

    def ladder(self, slot: int, depth: int) -> Ladder:
        """The book as REST tells it."""
        ...

    def entered(self, slot: int) -> None:
        """The market in *slot* changed."""
        ...

    def frames(self, block: Block, numbers: Ints, wanted: Collection[str], skew_ms: int) -> Iterator[Frame]:
        """The frames of one slice, in order of time."""
        ...

    def second(self, now_ms: int, wanted: Collection[str], skew_ms: int) -> Iterator[Frame]:
        """What is pushed once a second: summaries and open candles."""
        ...

    def closed(self, now_ms: int, wanted: Collection[str], skew_ms: int) -> Iterator[Frame]:
        """The candles that close at *now_ms*, a whole minute; they are read before the next minute begins."""
        ...

    def ended(
        self, liquidations: list[Liquidation], wanted: Collection[str], now_ms: int, skew_ms: int
    ) -> Iterator[Frame]:
        """What else is due when a slice has ended at *now_ms*: books, and the *liquidations* of the slice."""
        ...

    def print(self, slot: int, fill: Fill) -> Print:
        """A remembered trade under the venue's ids."""
        ...
