"""The latest ticker of every series: what the exchange says, field by field."""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.model.events import TickerUpdate

_FIELDS = tuple(
    name for name in TickerUpdate.__struct_fields__ if name not in {"symbol", "ts_event", "ts_recv", "next_funding_at"}
)
_COLUMNS: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "values": (np.float64, (len(_FIELDS),)),
    "next_funding_at": (np.int64, ()),
    "ts_recv": (np.int64, ()),
}


class Tickers:
    """One entry a slot. Memory: 136 bytes a slot."""

    def __init__(self, *, series: int, ledger: Ledger) -> None:
        self._table = Table("tickers", slots=series, columns=_COLUMNS)
        ledger.open(self._table)
        self._values = self._table.columns["values"]
        self._next_funding_at = self._table.columns["next_funding_at"]
        self._ts_recv = self._table.columns["ts_recv"]
        self._values[:] = math.nan

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve("tickers", slots=series, columns=_COLUMNS)]

    def update(self, slot: int, update: TickerUpdate) -> None:
        """Take the fields that *update* carries; the others stay."""
        for index, name in enumerate(_FIELDS):
            value = getattr(update, name)
            if value is not None:
                self._values[slot, index] = value
        if update.next_funding_at is not None:
            self._next_funding_at[slot] = update.next_funding_at
        self._ts_recv[slot] = update.ts_recv

    def get(self, slot: int, symbol: str) -> TickerUpdate | None:
        """All that is known of *slot*, None before the first update; `ts_recv` is the age of the newest field."""
        if not self._ts_recv[slot]:
            return None
        ts_recv = int(self._ts_recv[slot])
        known = {
            name: value
            for name, value in zip(_FIELDS, self._values[slot].tolist(), strict=True)
            if not math.isnan(value)
        }
        due = int(self._next_funding_at[slot])
        return msgspec.convert(
            {"type": "ticker", "symbol": symbol, "ts_event": ts_recv, "ts_recv": ts_recv, **known}
            | ({"next_funding_at": due} if due else {}),
            TickerUpdate,
        )

    def column(self, name: str, otherwise: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """One field of every slot, *otherwise* where it is not known: float64 (series,)."""
        known = self._values[:, _FIELDS.index(name)]
        column: npt.NDArray[np.float64] = np.where(np.isnan(known), otherwise, known)
        return column

    def clear(self, slot: int) -> None:
        """Forget what is known of *slot*."""
        self._table.clear(slot)
        self._values[slot] = math.nan
