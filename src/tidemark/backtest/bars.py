"""Closed candles of one timeframe and of many markets, a stretch of time at once."""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

FIGURES = ("open", "high", "low", "close", "volume")


class Bars(msgspec.Struct, frozen=True, kw_only=True):
    """Candles in time order, those of one time in the order of their markets; all (n,).

    market: int32, which of the names that whoever reads them has. open_time: int64 ns. open, high, low, close: float64,
    finite and above 0, low the lowest and high the highest of them. volume: float64, base currency, 0 or more.
    """

    market: Array
    open_time: Array
    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array

    def __len__(self) -> int:
        return len(self.open_time)

    @classmethod
    def of(cls, market: int, open_time: Array, figures: dict[str, Array]) -> "Bars":
        """Those of one market."""
        return cls(market=np.full(len(open_time), market, np.int32), open_time=open_time, **figures)

    def writable(self) -> "Bars":
        """The same candles in arrays that kernels take: in a row, and not read-only as those of a file may be."""
        return Bars(**{name: np.require(getattr(self, name), None, ["C", "W"]) for name in self.__struct_fields__})

    def part(self, begin: int, end: int) -> "Bars":
        """Those from *begin* to before *end*, over the same memory."""
        return Bars(**{name: getattr(self, name)[begin:end] for name in self.__struct_fields__})
