"""How open interest and the price changed together over 5 minutes and over an hour, as fractions.

Both from the same points of the exchange's five-minute grid to now: the point of 5 minutes before that of the newest
open interest, so that at most 10 minutes have passed since, and that of an hour before it. The price is the last one of
the ticker. Known while the feed of tickers is live, where open interest was told within the latest five minutes or the
ones before, and both figures are known of the point. Looked at once in 10 seconds.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tidemark.analysis import feeds
from tidemark.analysis.columns import Column
from tidemark.analysis.markets import Markets
from tidemark.kernels.columns import TradeColumns
from tidemark.market.five_minutes import STEP_NS
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.units import SECOND

Array = npt.NDArray[Any]

# In points of the grid.
DISTANCES = {"5m": 1, "1h": 12}
GIVES = tuple(f"{what}_{span}" for span in DISTANCES for what in ("price_change", "open_interest_change"))
MIRROR = {
    **{f"price_change_{span}": "opposite" for span in DISTANCES},
    **{f"open_interest_change_{span}": "same" for span in DISTANCES},
}
REFRESH_NS = 10 * SECOND
# The newest open interest may stand one point before that of now.
_POINTS = max(DISTANCES.values()) + 2
_COLUMNS: Layout = {
    "price": (np.float64, (_POINTS,)),
    "change": (np.float64, (len(GIVES),)),
    "is_known": (np.uint8, (len(DISTANCES),)),
}
_OWNER = "analysis/open_interest"


class Source:
    """See sources.base. Memory: 146 bytes a series."""

    def __init__(self, markets: Markets, table: Table) -> None:
        self._markets = markets
        self._table = table
        self._refreshed_at = 0
        # The point of the grid whose price is still open.
        self._newest = 0

    @classmethod
    def open(cls, markets: Markets, *, series: int, ledger: Ledger) -> Self:
        """See sources.base."""
        table = Table(_OWNER, slots=series, columns=_COLUMNS)
        ledger.open(table)
        return cls(markets, table)

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """See sources.base."""
        return [Table.reserve(_OWNER, slots=series, columns=_COLUMNS)]

    def hear(self, trades: TradeColumns, fresh: Array) -> None:
        """Trades are not looked at."""

    def read(self, now_ns: int) -> dict[str, Column]:
        """See sources.base."""
        if not self._refreshed_at <= now_ns < self._refreshed_at + REFRESH_NS:
            self._refreshed_at = now_ns
            self._refresh(now_ns + self._markets.candles.time.offset_ns)
        kept = self._table.columns
        return {
            name: Column.of(kept["change"][:, at], kept["is_known"][:, at // 2] > 0) for at, name in enumerate(GIVES)
        }

    def shift(self, step_ns: int) -> None:
        """See sources.base."""
        self._refreshed_at += step_ns

    def clear(self, slot: int) -> None:
        """See sources.base."""
        self._table.clear(slot)

    def kept(self) -> dict[str, Array]:
        """Nothing: prices are known anew within an hour."""
        return {}

    def _refresh(self, now_ns: int) -> None:
        """Take the prices and measure the changes as of *now_ns* of the exchange's time."""
        kept = self._table.columns
        series = len(kept["price"])
        price = self._markets.tickers.column("last", np.zeros(series))
        price[~feeds.live(self._markets.freshness, "tickers", series)] = 0.0
        newest = -(-now_ns // STEP_NS)
        self._advance(newest)
        row = newest % _POINTS
        # Where the feed has just broken off the last price of before stays that of the point.
        kept["price"][:, row] = np.where(price > 0.0, price, kept["price"][:, row])
        interest, told_at = self._interest()
        for at, distance in enumerate(DISTANCES.values()):
            point = told_at - distance
            before = self._interest_of(point)
            price_before = kept["price"][np.arange(series), point % _POINTS]
            known = (told_at >= newest - 1) & (price > 0.0) & (price_before > 0.0) & (interest > 0.0) & (before > 0.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                kept["change"][:, 2 * at] = np.where(known, price / price_before - 1.0, 0.0)
                kept["change"][:, 2 * at + 1] = np.where(known, interest / before - 1.0, 0.0)
            kept["is_known"][:, at] = known

    def _advance(self, newest: int) -> None:
        """Begin the points of the grid up to *newest*; what stood there before is forgotten."""
        passed = newest - self._newest
        if not 0 <= passed < _POINTS:
            self._table.columns["price"].fill(0.0)
        else:
            self._table.columns["price"][:, [(self._newest + step) % _POINTS for step in range(1, passed + 1)]] = 0.0
        self._newest = newest

    def _interest(self) -> tuple[Array, Array]:
        """The newest open interest of each series, and the point of the grid to which it belongs (-1: none)."""
        kept = self._markets.derivatives.open_interest.kept()
        return kept["open_interest/latest/value"], kept["open_interest/head"]

    def _interest_of(self, point: Array) -> Array:
        """Open interest at one point of the grid for each series, 0 where nobody told it."""
        kept = self._markets.derivatives.open_interest.kept()
        values, after, head = (kept[f"open_interest/{name}"] for name in ("value", "after", "head"))
        rows = values.shape[1]
        series = np.arange(len(head))
        there = (point >= 0) & (point > head - rows) & (after[series, point % rows] > 0)
        found: Array = np.where(there, values[series, point % rows], 0.0)
        return found
