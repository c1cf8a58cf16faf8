"""In which state a market is, from price and volume alone: trending up or down, volatile, illiquid, or in a range.

Never from the score: a score that was read in the light of a regime that was read from it would be an echo. Each state
has a threshold at which it is entered and one, further in, at which it is left, so that it does not flicker.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.columns import Columns
from tidemark.kernels import regime as kernel
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.model.timeframe import Timeframe

Array = npt.NDArray[Any]

READS = ("adx", "plus_di", "minus_di", "atr_ratio", "relative_volume")
_COLUMNS: Layout = {"regime": (np.uint8, ()), "since": (np.int64, ())}


class Regime(IntEnum):
    """The state of a market; the first that applies, from the top."""

    UNKNOWN = 0
    # Little of what is usually traded at this time of day is.
    ILLIQUID = 1
    # Candles are much larger than they usually are.
    VOLATILE = 2
    TREND_UP = 3
    TREND_DOWN = 4
    RANGE = 5

    @property
    def title(self) -> str:
        """Its name as it is shown and written: "trend_up"."""
        return self.name.lower()


class RegimeReading(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The regime of a market: since when, by the exchange's clock (ns), and how long ago its newest candle closed.

    regime: "trend_up", "range" and so on. since, age_s: None before the first reading. sentence: from which figures.
    """

    regime: str
    timeframe: Timeframe
    since: int | None
    age_s: float | None
    sentence: str


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """Where a regime is entered and left, in the order in which the kernel takes them.

    volume: against what is usual; range: ATR against its own mean of 100.
    """

    volume_enter: float = 0.2
    volume_leave: float = 0.35
    range_enter: float = 1.6
    range_leave: float = 1.25
    trend_enter: float = 25.0
    trend_leave: float = 20.0


class Regimes:
    """The regime of every series, moved at each closed candle of one timeframe. Memory: 9 bytes a series.

    `regime` (uint8, series) and `since` (int64 ns, series; 0 before the first reading) are views: read only.
    """

    def __init__(self, owner: str, *, series: int, ledger: Ledger, thresholds: Thresholds | None = None) -> None:
        self._table = Table(owner, slots=series, columns=_COLUMNS)
        ledger.open(self._table)
        self._limits = np.array(msgspec.structs.astuple(thresholds or Thresholds()), np.float64)
        self.regime, self.since = self._table.columns["regime"], self._table.columns["since"]

    @staticmethod
    def reserve(owner: str, *, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(owner, slots=series, columns=_COLUMNS)]

    def take(self, rows: Array, columns: Columns, at: Array) -> Array:
        """Read entry i for series rows[i] (int32), which may come again, in order; closed at at[i] (ns).

        Where something that it reads is not known, neither is the regime. Gives that after each entry, uint8 (n,).
        """
        told = np.empty(len(rows), np.uint8)
        figures, known = columns.take(READS)
        kernel.move(
            rows, np.ascontiguousarray(at, np.int64), np.stack(figures, axis=1), known.view(np.uint8), self._limits,
            self.regime, self.since, told,
        )  # fmt: skip
        return told

    def of(self, slot: int) -> tuple[Regime, int | None]:
        """The regime of a series, and since when (ns of the exchange's time); None before the first reading."""
        return Regime(int(self.regime[slot])), int(self.since[slot]) or None

    def clear(self, slot: int) -> None:
        """Forget the series."""
        self._table.clear(slot)


def facts(given: Mapping[str, float]) -> str:
    """The figures that make a regime, in words; what is missing among *given* is said."""
    missing = [name.replace("_", " ") for name in READS if name not in given]
    if missing:
        return f"not known: {', '.join(missing)}"
    return (
        f"ADX {given['adx']:.1f} (+DI {given['plus_di']:.1f}, -DI {given['minus_di']:.1f}), ranges"
        f" {given['atr_ratio']:.2f} and volume {given['relative_volume']:.2f} times what is usual"
    )
