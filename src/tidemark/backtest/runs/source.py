"""Where a run takes its candles from."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from tidemark.backtest.bars import Bars
from tidemark.backtest.data.cache import Columns
from tidemark.backtest.runs.request import DataUsed
from tidemark.model.instrument import Instrument

# Candles that are taken between two looks at whether the run was cancelled.
CHUNK = 65_536


class Source(Protocol):
    """Candles of markets, as a run takes them."""

    @property
    def used(self) -> DataUsed:
        """What they are."""
        ...

    def instruments(self) -> Sequence[Instrument]:
        """Their markets, in the order of `Bars.market`."""
        ...

    def bars(self, chunk: int) -> Iterator[Bars]:
        """All candles in time order, at most *chunk* at once."""
        ...

    def columns(self) -> Columns | None:
        """The same to be read in any order; None where they are too many for that."""
        ...
