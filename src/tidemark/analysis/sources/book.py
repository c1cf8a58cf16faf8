"""The order book of every market: what is bid and offered at several distances, how usual that is, who steps closer.

Sizes are in base currency, what lies within a distance in quote currency, distances in hundredths of a percent of the
mid. Order flow imbalance: R. Cont, A. Kukanov, S. Stoikov, The Price Impact of Order Book Events (2014), over the best
levels once a second, summed with a half-life of 10 s. Known while the book is in sync.

What is usual is the mean over the seconds in which the book was in sync, one an hour old having lost 63 % of its
weight; known after five minutes. `liquidity` is what lies within each distance against what usually does, the mean
over the distances that are known, as far as `liquidity_bps`.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tidemark.analysis.columns import Column
from tidemark.analysis.markets import Markets
from tidemark.kernels.columns import TradeColumns
from tidemark.market.book_readings import Tops
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.units import SECOND

Array = npt.NDArray[Any]

DISTANCES = (10, 25, 50)
GIVES = (
    "mid",
    "microprice",
    "spread_bps",
    "spread_usual_bps",
    "liquidity",
    "liquidity_bps",
    "top_bid_size",
    "top_ask_size",
    "order_flow",
    "order_flow_size",
    *(f"bids_{bps}" for bps in DISTANCES),
    *(f"asks_{bps}" for bps in DISTANCES),
)
MIRROR = {
    "mid": "same",
    "microprice": "around mid",
    "spread_bps": "same",
    "spread_usual_bps": "same",
    "liquidity": "same",
    "liquidity_bps": "same",
    "top_bid_size": "top_ask_size",
    "top_ask_size": "top_bid_size",
    "order_flow": "opposite",
    "order_flow_size": "same",
    **{f"bids_{bps}": f"asks_{bps}" for bps in DISTANCES},
    **{f"asks_{bps}": f"bids_{bps}" for bps in DISTANCES},
}
HALF_LIFE_S = 10.0
# Readings, one a second: that make what is usual, and before which nobody knows it.
MEMORY = 3600.0
LEAST = 300
_COLUMNS: Layout = dict.fromkeys(
    ("bid", "bid_size", "ask", "ask_size", "order_flow", "order_flow_size"), (np.float64, ())
)
_USUAL: Layout = {"mean": (np.float64, (1 + len(DISTANCES),)), "seen": (np.uint32, (1 + len(DISTANCES),))}
_OWNER = "analysis/book"


class Source:
    """See sources.base. Memory: 96 bytes a series."""

    def __init__(self, markets: Markets, table: Table, usual: Table) -> None:
        self._books = markets.books
        self._table = table
        self._usual = usual
        self._looked_at = 0

    @classmethod
    def open(cls, markets: Markets, *, series: int, ledger: Ledger) -> Self:
        """See sources.base."""
        table = Table(_OWNER, slots=series, columns=_COLUMNS)
        usual = Table(f"{_OWNER}/usual", slots=series, columns=_USUAL)
        for owner in (table, usual):
            ledger.open(owner)
        return cls(markets, table, usual)

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """See sources.base."""
        return [
            Table.reserve(_OWNER, slots=series, columns=_COLUMNS),
            Table.reserve(f"{_OWNER}/usual", slots=series, columns=_USUAL),
        ]

    def hear(self, trades: TradeColumns, fresh: Array) -> None:
        """Trades are not looked at."""

    def read(self, now_ns: int) -> dict[str, Column]:
        """See sources.base."""
        if self._books is None:
            return {}
        tops = self._books.tops()
        known = tops.is_known
        flow, size = self._flow(tops, now_ns)
        mid = tops.mid()
        columns = {
            "mid": Column.of(mid, known),
            "microprice": Column.of(tops.microprice(), known),
            "spread_bps": Column.of(tops.spread_bps(), known),
            "spread_usual_bps": self._against(0, tops.spread_bps(), known)[0],
            "top_bid_size": Column.of(tops.bid_size, known),
            "top_ask_size": Column.of(tops.ask_size, known),
            "order_flow": Column.of(flow, known),
            "order_flow_size": Column.of(size, known),
        }
        total, count, farthest = np.zeros(len(mid)), np.zeros(len(mid)), np.zeros(len(mid))
        for number, bps in enumerate(DISTANCES, start=1):
            depths = self._books.within(bps)
            columns[f"bids_{bps}"] = Column.of(depths.bids, depths.is_known)
            columns[f"asks_{bps}"] = Column.of(depths.asks, depths.is_known)
            usual, share = self._against(number, depths.bids + depths.asks, depths.is_known)
            total += share
            count += usual.is_known
            farthest[usual.is_known] = bps
        columns["liquidity"] = Column.of(np.divide(total, count, out=np.zeros(len(mid)), where=count > 0), count > 0)
        columns["liquidity_bps"] = Column.of(farthest, count > 0)
        return columns

    def shift(self, step_ns: int) -> None:
        """See sources.base."""
        self._looked_at += step_ns if self._looked_at else 0

    def clear(self, slot: int) -> None:
        """See sources.base."""
        self._table.clear(slot)
        self._usual.clear(slot)

    def kept(self) -> dict[str, Array]:
        """What is usual; a book is known anew within seconds."""
        return {f"usual/{name}": column for name, column in self._usual.columns.items()}

    def _against(self, number: int, figures: Array, is_known: Array) -> tuple[Column, Array]:
        """What was usual of a figure before this second, and the figure as a share of it, 0 where that is not known."""
        mean, seen = (self._usual.columns[name][:, number] for name in ("mean", "seen"))
        is_usual_known = is_known & (seen >= LEAST) & (mean > 0.0)
        usual = Column.of(mean.copy(), is_usual_known)
        share = np.divide(figures, mean, out=np.zeros(len(mean)), where=is_usual_known)
        seen[is_known] += 1
        step = np.where(is_known, 1.0 / np.clip(seen, 1.0, MEMORY), 0.0)
        mean += np.where(is_known, figures - mean, 0.0) * step
        return usual, share

    def _flow(self, tops: Tops, now_ns: int) -> tuple[Array, Array]:
        """Order flow imbalance and how much moved in all, both with the same half-life."""
        was = self._table.columns
        now = {"bid": tops.bid, "bid_size": tops.bid_size, "ask": tops.ask, "ask_size": tops.ask_size}
        is_next = tops.is_known & (was["bid"] > 0)
        bids = np.where(now["bid"] >= was["bid"], now["bid_size"], 0.0)
        bids -= np.where(now["bid"] <= was["bid"], was["bid_size"], 0.0)
        asks = np.where(now["ask"] <= was["ask"], now["ask_size"], 0.0)
        asks -= np.where(now["ask"] >= was["ask"], was["ask_size"], 0.0)
        passed_s = max(now_ns - self._looked_at, 0) / SECOND
        self._looked_at = now_ns
        kept = np.exp2(-passed_s / HALF_LIFE_S)
        for name, amount in (("order_flow", bids - asks), ("order_flow_size", np.abs(bids) + np.abs(asks))):
            was[name][:] = np.where(is_next, was[name] * kept + amount, 0.0)
        for name, column in now.items():
            was[name][:] = np.where(tops.is_known, column, 0.0)
        return was["order_flow"], was["order_flow_size"]
