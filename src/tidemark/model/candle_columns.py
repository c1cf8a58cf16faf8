"""Columns of closed candles that somebody else built: what a backtest hands to the engine in the place of trades."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

FIGURES = ("open", "high", "low", "close", "volume")


class CandleColumns:
    """Columns of at most *capacity* candles of the shortest timeframe that is kept. Memory: 52 bytes a candle.

    Rows [0, count) are filled: `slot` int32, which series; `open_time` int64 ns, in order; `open`, `high`, `low` and
    `close` float64 in quote currency, `volume` in base currency. The arrays never grow.
    """

    def __init__(self, capacity: int) -> None:
        self.slot: Array = np.zeros(capacity, np.int32)
        self.open_time: Array = np.zeros(capacity, np.int64)
        self.figures: dict[str, Array] = {name: np.zeros(capacity) for name in FIGURES}  # bounded: by their names
        self.capacity = capacity
        self.count = 0

    def extend(self, slot: Array, open_time: Array, figures: dict[str, Array]) -> None:
        """Add candles that are later than those that are there, or as late; ValueError where there is no room."""
        begin, end = self.count, self.count + len(slot)
        if end > self.capacity:
            raise ValueError(f"{len(slot)} candles do not fit: {begin} of {self.capacity} are there")
        self.slot[begin:end], self.open_time[begin:end] = slot, open_time
        for name, column in self.figures.items():
            column[begin:end] = figures[name]
        self.count = end
