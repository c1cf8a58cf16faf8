"""What the generator and a venue's streams need of each other."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tidemark.kernels.page import Page
from tidemark.sim.book import Books, Ladder
from tidemark.sim.derivatives import Derivatives, Liquidation
from tidemark.sim.dynamics import Block
from tidemark.sim.faults import Faults
from tidemark.sim.market import Print, Quote
from tidemark.sim.trades import Fill, Ints
from tidemark.sim.truth import Truth
from tidemark.sim.wanted import Wanted


class Made(Protocol):
    """The made-up market as its streams see it."""

    truth: Truth
    books: Books
    derivatives: Derivatives
    faults: Faults

    def quote(self, slot: int) -> Quote:
        """Best bid and ask and the derivatives' figures of a market."""
        ...

    def fair(self) -> npt.NDArray[np.float64]:
        """The fair price of each market, in ticks."""
        ...

    def end_ms(self) -> int:
        """The end of the newest slice."""
        ...


class Wire(Protocol):
    """The stream side of a venue: what its frames look like.

    What writes onto a page gives the turn away when that is to be handed over, as `sim.pages.paged` does.
    """

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

    def frames(self, page: Page, block: Block, numbers: Ints, wanted: Wanted, skew_ms: int) -> Iterator[None]:
        """Write the frames of one slice, in order of time, and the books that are due at its end."""
        ...

    def second(self, page: Page, now_ms: int, wanted: Wanted, skew_ms: int) -> Iterator[None]:
        """Write what is pushed once a second: summaries and open candles."""
        ...

    def closed(self, page: Page, now_ms: int, wanted: Wanted, skew_ms: int) -> Iterator[None]:
        """Write the candles that close at *now_ms*, a whole minute; they are read before the next minute begins."""
        ...

    def ended(
        self, page: Page, liquidations: list[Liquidation], wanted: Wanted, now_ms: int, skew_ms: int
    ) -> Iterator[None]:
        """Write the *liquidations* of a slice that has ended at *now_ms*."""
        ...

    def print(self, slot: int, fill: Fill) -> Print:
        """A remembered trade under the venue's ids."""
        ...
