"""The newest trades of every series, each once."""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.kernels import tape as kernel
from tidemark.kernels.columns import TradeColumns
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.ring import Ring
from tidemark.memory.table import Table
from tidemark.memory.window import DedupWindow, Numbering

Array = npt.NDArray[Any]

_TRADE: dict[str, npt.DTypeLike] = {
    "ts_event": np.int64,
    "price": np.float64,
    "size": np.float32,
    "is_buy": np.uint8,
}
_SERIES: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "last_price": (np.float64, ()),
    "last_event": (np.int64, ()),
    "last_recv": (np.int64, ()),
    "trades": (np.int64, ()),
    "turnover": (np.float64, ()),
}
_FRESH: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {"fresh": (np.uint8, ())}


class LastTrade(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The newest trade of a series, and how much it traded since it joined.

    `ts_event` is its time at the exchange, `ts_recv` when we heard of the latest one; `turnover` in quote currency.
    """

    price: float
    ts_event: int
    ts_recv: int
    trades: int
    turnover: float


class Tape:
    """The newest *rows* trades of *series* slots, after removing those seen before.

    is_numbered: the exchange numbers its trades, so that a bitmap window knows duplicates; else their ids are hashed.
    largest: how many trades one batch may bring.
    """

    def __init__(self, *, series: int, rows: int, is_numbered: bool, largest: int, ledger: Ledger) -> None:
        self._ring = Ring("tape", series=series, rows=rows, columns=_TRADE)
        self._table = Table("tape/series", slots=series, columns=_SERIES)
        self._fresh = Table("tape/fresh", slots=largest, columns=_FRESH)
        self._window = DedupWindow("dedup", series=series, numbering=_numbering(is_numbered))
        for owner in (self._ring, self._table, self._fresh, self._window):
            ledger.open(owner)
        self.duplicates = 0

    @staticmethod
    def reserve(*, series: int, rows: int, is_numbered: bool, largest: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [
            Ring.reserve("tape", series=series, rows=rows, columns=_TRADE),
            Table.reserve("tape/series", slots=series, columns=_SERIES),
            Table.reserve("tape/fresh", slots=largest, columns=_FRESH),
            DedupWindow.reserve("dedup", series=series, numbering=_numbering(is_numbered)),
        ]

    def fresh(self, trades: TradeColumns) -> Array:
        """One mark a trade of the batch: 1 for those not seen before. Valid until the next call."""
        marks: Array = self._fresh.columns["fresh"][: trades.count]
        slot, _, _, trade_id, *_ = trades.arrays
        self.duplicates += self._window.mark(slot, trade_id, trades.count, marks)
        return marks

    def append(self, trades: TradeColumns, fresh: Array) -> int:
        """Write the trades that are marked in *fresh*; give how many there were."""
        slot, ts_event, ts_recv, _, _, price, size, is_buy = trades.arrays
        ring, series = self._ring.columns, self._table.columns
        added: int = kernel.append(
            slot, ts_event, ts_recv, price, size, is_buy, fresh, trades.count, self._ring.head,
            ring["ts_event"], ring["price"], ring["size"], ring["is_buy"],
            series["last_price"], series["last_event"], series["last_recv"], series["trades"], series["turnover"],
        )  # fmt: skip
        return added

    def last(self, slot: int) -> LastTrade | None:
        """The newest trade of *slot*, None before the first."""
        price, ts_event, ts_recv, trades, turnover = (self._table.columns[name][slot].item() for name in _SERIES)
        if trades == 0:
            return None
        return LastTrade(price=price, ts_event=ts_event, ts_recv=ts_recv, trades=trades, turnover=turnover)

    def trades(self) -> Array:
        """Trades of each slot since it joined: a copy, int64 (series,)."""
        return self._table.columns["trades"].copy()

    def turnovers(self) -> Array:
        """Turnover of each slot since it joined, in quote currency: a copy, float64 (series,)."""
        return self._table.columns["turnover"].copy()

    def received(self) -> Array:
        """When the newest trade of each slot reached us, 0 before the first: a copy, int64 (series,)."""
        return self._table.columns["last_recv"].copy()

    def rows(self, slot: int, count: int) -> dict[str, Array]:
        """The newest *count* trades, oldest first, as copies: ts_event (ns), price, size, is_buy."""
        return dict(self._ring.last(slot, count))

    def shift(self, step_ns: int) -> None:
        """Our clock was set: what was received before reads *step_ns* more."""
        received = self._table.columns["last_recv"]
        received[received != 0] += step_ns

    def clear(self, slot: int) -> None:
        """Forget the trades of *slot*, and their ids."""
        self._ring.clear(slot)
        self._table.clear(slot)
        self._window.clear(slot)


def _numbering(is_numbered: bool) -> Numbering:
    return Numbering.NUMBERED if is_numbered else Numbering.HASHED
