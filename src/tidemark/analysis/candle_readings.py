"""What the closed candles of one timeframe say of every series, and in which regime it is."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.columns import Column, Columns
from tidemark.analysis.factors.base import Pace
from tidemark.analysis.indicators.bank import Bank
from tidemark.analysis.panel import Panel, Reading
from tidemark.analysis.regime import Regimes
from tidemark.analysis.wyckoff.live import GIVES, MarketStructure, unknown
from tidemark.analysis.wyckoff.profile import Profile
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

Array = npt.NDArray[Any]

# Candles that make what is usual.
MEMORY = 500
# Of a candle: prices in quote currency, volume and `bought` (the aggressive buyers' part of it) in base currency,
# turnover in quote currency, `time` its opening in seconds since the epoch.
CANDLE = ("open", "high", "low", "close", "volume", "turnover", "bought", "delta", "time")
_PRICES = ("open", "high", "low", "close")


class CandleReadings:
    """The factors of the pace of candles, in one timeframe.

    An absent candle is passed over: the next one follows the one before it. profile: by which structure is read, None
    where it is not; has_turns: see MarketStructure.
    """

    def __init__(
        self, timeframe: Timeframe, *, series: int, ledger: Ledger, profile: Profile | None = None,
        has_turns: bool = False,
    ) -> None:  # fmt: skip
        self.timeframe = timeframe
        self.structure = (
            None
            if profile is None
            else MarketStructure(timeframe, profile, series=series, ledger=ledger, has_turns=has_turns)
        )
        self.bank = Bank(f"analysis/{timeframe.value}/indicators", series=series, ledger=ledger)
        self.panel = Panel(
            f"analysis/{timeframe.value}", Pace.CANDLE, series=series, inputs=(*CANDLE, *self.bank.names, *GIVES),
            memory=MEMORY, ledger=ledger,
        )  # fmt: skip
        self.regimes = Regimes(f"analysis/{timeframe.value}/regime", series=series, ledger=ledger)

    @staticmethod
    def reserve(
        timeframe: Timeframe, *, series: int, has_structure: bool = False, has_turns: bool = False
    ) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        owner = f"analysis/{timeframe.value}"
        return [
            *(MarketStructure.reserve(timeframe, series=series, has_turns=has_turns) if has_structure else ()),
            *Bank.reserve(f"{owner}/indicators", series=series),
            *Panel.reserve(owner, Pace.CANDLE, series=series, inputs=(*CANDLE, *Bank.given(), *GIVES)),
            *Regimes.reserve(f"{owner}/regime", series=series),
        ]

    def take(self, slots: Array, open_times: Array, tick_sizes: Array, rows: Mapping[str, Array]) -> Reading:
        """Take closed candles, in compact rows as they are announced; those of one series in order, absent ones not."""
        columns = as_columns(open_times, tick_sizes, rows)
        return self.read(np.ascontiguousarray(slots, np.int32), columns, open_times + self.timeframe.ns)

    def read(self, slots: Array, candles: Mapping[str, Column], closed_at: Array) -> Reading:
        """The same of columns: those of CANDLE, for series slots[i] (int32), closed at closed_at[i] (ns)."""
        structure = (
            unknown(len(slots))
            if self.structure is None
            else self.structure.read(slots, closed_at - self.timeframe.ns, candles)
        )
        columns = Columns(len(slots), {**candles, **self.bank.update(slots, candles), **structure})
        self.regimes.take(slots, columns, closed_at)
        return self.panel.take(slots, columns, closed_at)

    def clear(self, slot: int) -> None:
        """Forget the series."""
        if self.structure is not None:
            self.structure.clear(slot)
        self.bank.clear(slot)
        self.panel.clear(slot)
        self.regimes.clear(slot)


def as_columns(open_times: Array, tick_sizes: Array, rows: Mapping[str, Array]) -> dict[str, Column]:
    """The columns of CANDLE from compact rows; what aggressive buyers bought is unknown where nobody tells it.

    delta: bought less sold by aggressors, in base currency.
    """
    marks = rows["marks"]
    everywhere = np.ones(len(marks), bool)
    columns = {name: Column(np.multiply(rows[name], tick_sizes, dtype=np.float64), everywhere) for name in _PRICES}
    volume, bought = rows["volume"].astype(np.float64), rows["bought"].astype(np.float64)
    # The exchange's own candle may not say who was the aggressor: it has volume and no trades then.
    is_told = (volume == 0.0) | (marks >> 4 > 0)
    columns["volume"] = Column(volume, everywhere)
    turnover = rows["turnover"].astype(np.float64)
    # What a file of candles does not tell is 0, beside a volume.
    columns["turnover"] = Column(turnover, (volume == 0.0) | (turnover > 0.0))
    columns["bought"] = Column(np.where(is_told, bought, 0.5 * volume), is_told)
    columns["delta"] = Column(np.where(is_told, 2.0 * bought - volume, 0.0), is_told)
    columns["time"] = Column(open_times / SECOND, everywhere)
    return columns


def is_present(rows: Mapping[str, Array]) -> Array:
    """Which of the compact rows are candles, bool (n,)."""
    present: Array = (rows["marks"] & 7) != Origin.ABSENT
    return present
