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
        """The same candles in arrays that kernels take: in a row, not read-only as those of a file may be.

        Their figures are rows of one array; see `figures`.
        """
        if self._whole() is not None:
            return self
        figures = np.empty((len(FIGURES), len(self)))
        for row, name in enumerate(FIGURES):
            figures[row] = getattr(self, name)
        market, times = (np.require(one, None, ["C", "W"]) for one in (self.market, self.open_time))
        return Bars(market=market, open_time=times, **dict(zip(FIGURES, figures, strict=True)))

    def figures(self) -> Array:
        """Open, high, low, close and volume, float64 (5, n); of candles that are `writable` nothing is copied."""
        whole = self._whole()
        return np.stack([getattr(self, name) for name in FIGURES]) if whole is None else whole

    def _whole(self) -> Array | None:
        """The array whose rows all figures are, where there is one and nothing is read-only."""
        whole = self.open.base
        if not isinstance(whole, np.ndarray) or whole.shape != (len(FIGURES), len(self)):
            return None
        is_whole = whole.flags.c_contiguous and all(one.flags.writeable for one in (whole, self.market, self.open_time))
        for row, name in enumerate(FIGURES):
            is_whole = is_whole and getattr(self, name).base is whole
            is_whole = is_whole and getattr(self, name).ctypes.data == whole[row].ctypes.data
        is_whole = is_whole and self.market.flags.c_contiguous and self.open_time.flags.c_contiguous
        return whole if is_whole else None

    def part(self, begin: int, end: int) -> "Bars":
        """Those from *begin* to before *end*, over the same memory."""
        return Bars(**{name: getattr(self, name)[begin:end] for name in self.__struct_fields__})
