"""Turnover of aggressive buyers and sellers over several times, and that of large trades.

Sizes at the price of the newest trade, in quote currency, so that the mirrored market has exactly the opposite share of
buyers. A trade loses 63 % of its weight in 10 seconds, a minute, 5 minutes or an hour, and the sums are scaled to what
they would be had the feed always been there: at an even pace they are what is traded in that time. What is usual is the
mean of a minute over the hour. Large trades, over 5 minutes, are those above the 99th percentile of the market's own
sizes (base currency; kernels.flow). Known while the feed of trades is live and has been for as long as the time that is
looked at, for a minute at least; what came before a gap is forgotten, but for the sizes.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tidemark.analysis import feeds
from tidemark.analysis.columns import Column
from tidemark.analysis.markets import Markets
from tidemark.kernels import flow as kernel
from tidemark.kernels.columns import TradeColumns
from tidemark.market.freshness import Freshness
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.units import SECOND

Array = npt.NDArray[Any]

# In seconds.
WINDOWS = {"10s": 10.0, "1m": 60.0, "5m": 300.0}
USUAL_S = 3600.0
LEAST_S = 60.0
GIVES = (
    *(f"{side}_{window}" for window in WINDOWS for side in ("bought", "sold")),
    "usual_turnover",
    "large_bought",
    "large_sold",
    "large_size",
)
MIRROR = {
    **{f"bought_{window}": f"sold_{window}" for window in WINDOWS},
    **{f"sold_{window}": f"bought_{window}" for window in WINDOWS},
    "usual_turnover": "same",
    "large_bought": "large_sold",
    "large_sold": "large_bought",
    "large_size": "same",
}
_LARGE_S = WINDOWS["5m"]
# Bought, sold, and of large trades bought and sold, for each of the spans; of large trades only that of 5 minutes is
# read.
_SPANS = np.array([*WINDOWS.values(), USUAL_S])
_LARGE_AT = tuple(WINDOWS).index("5m")
_COLUMNS: Layout = {
    "sums": (np.float64, (kernel.SUMS,)),
    "newest": (np.float64, ()),
    "traded": (np.float64, (len(_SPANS), kernel.SUMS)),
    "sizes": (np.float64, (kernel.SIZES,)),
    "live_since": (np.int64, ()),
}
_OWNER = "analysis/flow"


class Source:
    """See sources.base. Memory: 264 bytes a series."""

    def __init__(self, freshness: Freshness, table: Table) -> None:
        self._freshness = freshness
        self._table = table
        self._read_at = 0

    @classmethod
    def open(cls, markets: Markets, *, series: int, ledger: Ledger) -> Self:
        """See sources.base."""
        table = Table(_OWNER, slots=series, columns=_COLUMNS)
        ledger.open(table)
        return cls(markets.freshness, table)

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """See sources.base."""
        return [Table.reserve(_OWNER, slots=series, columns=_COLUMNS)]

    def hear(self, trades: TradeColumns, fresh: Array) -> None:
        """See sources.base."""
        slot, _, _, _, _, price, size, is_buy = trades.arrays
        kept = self._table.columns
        kernel.hear(slot, price, size, is_buy, fresh, trades.count, kept["sums"], kept["newest"], kept["sizes"])

    def read(self, now_ns: int) -> dict[str, Column]:
        """See sources.base."""
        live_s = self._fold(now_ns)
        kept = self._table.columns
        with np.errstate(divide="ignore", invalid="ignore"):
            sums = kept["traded"] * (kept["newest"][:, None] / -np.expm1(-live_s[:, None] / _SPANS))[:, :, None]
        columns = {}
        for at, (window, span_s) in enumerate(WINDOWS.items()):
            known = live_s >= max(span_s, LEAST_S)
            columns[f"bought_{window}"] = Column.of(sums[:, at, 0], known)
            columns[f"sold_{window}"] = Column.of(sums[:, at, 1], known)
        usual = (sums[:, -1, 0] + sums[:, -1, 1]) * (60.0 / USUAL_S)
        columns["usual_turnover"] = Column.of(usual, live_s >= LEAST_S)
        known = (live_s >= _LARGE_S) & (kept["sizes"][:, 0] >= kernel.LEAST)
        columns["large_bought"] = Column.of(sums[:, _LARGE_AT, 2], known)
        columns["large_sold"] = Column.of(sums[:, _LARGE_AT, 3], known)
        columns["large_size"] = Column.of(kept["sizes"][:, kernel.LARGE], known)
        return columns

    def shift(self, step_ns: int) -> None:
        """See sources.base."""
        self._read_at += step_ns if self._read_at else 0
        since = self._table.columns["live_since"]
        since[since > 0] += step_ns

    def clear(self, slot: int) -> None:
        """See sources.base."""
        self._table.clear(slot)

    def kept(self) -> dict[str, Array]:
        """What is large; all else was before a gap."""
        return {"sizes": self._table.columns["sizes"]}

    def _fold(self, now_ns: int) -> Array:
        """Take what was heard since the last time; give how long each feed has been live, in seconds."""
        kept = self._table.columns
        live = feeds.live(self._freshness, "trades", len(kept["live_since"]))
        passed_s = max(now_ns - self._read_at, 0) / SECOND
        self._read_at = now_ns
        traded, since = kept["traded"], kept["live_since"]
        traded *= np.exp(-passed_s / _SPANS)[None, :, None]
        traded += kept["sums"][:, None, :]
        kept["sums"].fill(0.0)
        traded[~live] = 0.0
        # A clock that was set back makes the feed a young one.
        since[:] = np.where(live, np.where(since > 0, np.minimum(since, now_ns), now_ns), 0)
        lasted: Array = np.where(live, (now_ns - since) / SECOND, 0.0)
        return lasted
