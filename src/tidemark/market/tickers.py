"""The latest ticker of every series: what the exchange says, field by field, and when it last said it."""

import math
from enum import IntEnum

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.kernels.tickers import Sheet
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.model.candle_columns import CandleColumns
from tidemark.model.events import TickerUpdate

_FIELDS = tuple(
    name
    for name in TickerUpdate.__struct_fields__
    if name not in {"symbol", "ts_event", "ts_recv", "next_funding_at", "is_polled"}
)
_BASIS_POINTS = 10_000.0


class Group(IntEnum):
    """Fields that the exchanges tell together, and that so have one age."""

    LAST = 0
    MARK = 1
    INDEX = 2
    TOP = 3
    DAY = 4
    OPEN_INTEREST = 5
    FUNDING = 6


_GROUP_OF = {
    "last": Group.LAST,
    "mark": Group.MARK,
    "index": Group.INDEX,
    "bid": Group.TOP,
    "ask": Group.TOP,
    "bid_size": Group.TOP,
    "ask_size": Group.TOP,
    "high_24h": Group.DAY,
    "low_24h": Group.DAY,
    "price_24h_ago": Group.DAY,
    "volume_24h": Group.DAY,
    "turnover_24h": Group.DAY,
    "trades_24h": Group.DAY,
    "open_interest": Group.OPEN_INTEREST,
    "funding_rate": Group.FUNDING,
}
_COLUMNS: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "values": (np.float64, (len(_FIELDS),)),
    "next_funding_at": (np.int64, ()),
    "ts_recv": (np.int64, ()),
    "received": (np.int64, (len(Group),)),
    "is_polled": (np.uint8, ()),
}


class Stated(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A figure, and when the exchange last stated it or a field of its group, by our clock.

    Where a stream carries only what has changed, as Bybit's does, a figure that stays the same is not stated again.
    """

    value: float
    ts_recv: int


class Tickers:
    """One entry a slot. Memory: 193 bytes a slot."""

    def __init__(self, *, series: int, ledger: Ledger) -> None:
        self._table = Table("tickers", slots=series, columns=_COLUMNS)
        ledger.open(self._table)
        self._values = self._table.columns["values"]
        self._next_funding_at = self._table.columns["next_funding_at"]
        self._ts_recv = self._table.columns["ts_recv"]
        self._received = self._table.columns["received"]
        self._values[:] = math.nan
        names = ("values", "received", "next_funding_at", "ts_recv", "is_polled")
        groups = np.array([_GROUP_OF[name] for name in _FIELDS], np.int64)
        self._sheet = Sheet(_FIELDS, groups, tuple(self._table.columns[name] for name in names))

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve("tickers", slots=series, columns=_COLUMNS)]

    def update(self, slot: int, update: TickerUpdate) -> None:
        """Take the fields that *update* carries; the others stay."""
        self._sheet.update(slot, update)

    def take(self, candles: CandleColumns, step_ns: int) -> None:
        """The close of a candle of *step_ns* is the last price at its end, by the exchange's clock and ours alike."""
        slots = candles.slot[: candles.count]
        ends = candles.open_time[: candles.count] + step_ns
        self._values[slots, _FIELDS.index("last")] = candles.figures["close"][: candles.count]
        self._received[slots, int(Group.LAST)] = ends
        self._ts_recv[slots] = ends

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
            | {"is_polled": bool(self._table.columns["is_polled"][slot])}
            | ({"next_funding_at": due} if due else {}),
            TickerUpdate,
        )

    def field(self, slot: int, name: str) -> Stated | None:
        """One field of `TickerUpdate` with its own age, None while it is not known; KeyError for `next_funding_at`."""
        group = _GROUP_OF[name]
        value = float(self._values[slot, _FIELDS.index(name)])
        return None if math.isnan(value) else Stated(value=value, ts_recv=int(self._received[slot, group]))

    def next_funding_at(self, slot: int) -> int | None:
        """When funding is due next (ns), None while it is not known."""
        return int(self._next_funding_at[slot]) or None

    def fundings_due(self) -> npt.NDArray[np.int64]:
        """When funding is due next in each slot (ns), 0 where that is not known: a copy, int64 (series,)."""
        due: npt.NDArray[np.int64] = self._next_funding_at.copy()
        return due

    def basis(self, slot: int) -> Stated | None:
        """Mark price over index price less 1, in basis points, as old as the older of the two; None without both."""
        mark, index = self.field(slot, "mark"), self.field(slot, "index")
        if mark is None or index is None or index.value <= 0.0:
            return None
        bps = (mark.value / index.value - 1.0) * _BASIS_POINTS
        return Stated(value=bps, ts_recv=min(mark.ts_recv, index.ts_recv))

    def received(self, group: Group) -> npt.NDArray[np.int64]:
        """When each slot was last told something of *group*, 0 before the first: a copy, int64 (series,)."""
        column: npt.NDArray[np.int64] = self._received[:, int(group)].copy()
        return column

    def column(self, name: str, otherwise: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """One field of every slot, *otherwise* where it is not known: float64 (series,)."""
        known = self._values[:, _FIELDS.index(name)]
        column: npt.NDArray[np.float64] = np.where(np.isnan(known), otherwise, known)
        return column

    def shift(self, step_ns: int) -> None:
        """Our clock was set: what was received before reads *step_ns* more."""
        for received in (self._ts_recv, self._received):
            received[received != 0] += step_ns

    def clear(self, slot: int) -> None:
        """Forget what is known of *slot*."""
        self._table.clear(slot)
        self._values[slot] = math.nan
