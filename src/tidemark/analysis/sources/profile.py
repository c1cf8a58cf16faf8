"""Volume by price since 00:00 UTC: where most was traded, where 70 % of it was, and stacks of one side's aggressors.

128 buckets of ticks a market (kernels.profile). `profile_price` is the newest trade's, `value_area_above` and
`value_area_below` how far above and below it the value area ends, negative where the price is outside. Stacks are
looked for in recent volume, of which half is forgotten in 5 minutes. Known while the feed of trades is live, from the
200th trade of the day on; stacks while the newest trade is not older than 5 minutes. What was traded in a gap of the
feed is missing in the profile.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tidemark.analysis import feeds
from tidemark.analysis.columns import Column
from tidemark.analysis.markets import Markets
from tidemark.kernels import profile as kernel
from tidemark.kernels.columns import TradeColumns
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.units import DAY, MINUTE, SECOND

Array = npt.NDArray[Any]

GIVES = (
    "profile_price",
    "point_of_control",
    "value_area_above",
    "value_area_below",
    "stacked_buying",
    "stacked_selling",
)
MIRROR = {
    "profile_price": "same",
    "point_of_control": "around profile_price",
    "value_area_above": "value_area_below",
    "value_area_below": "value_area_above",
    "stacked_buying": "stacked_selling",
    "stacked_selling": "stacked_buying",
}
LEAST = 200
HALF_LIFE_S = 300.0
RECENT_NS = 5 * MINUTE
_DAY, _TRADES, _NEWEST = 0, 5, 7
_BUCKETS = ("bought", "sold", "recent_bought", "recent_sold")
_COLUMNS: Layout = {
    "per_unit": (np.float64, ()),
    "state": (np.int64, (kernel.STATE,)),
    **dict.fromkeys(_BUCKETS, (np.float32, (kernel.BUCKETS,))),
    "told": (np.float64, (len(GIVES),)),
}
_OWNER = "analysis/profile"


class Source:
    """See sources.base. Memory: 2168 bytes a series."""

    def __init__(self, markets: Markets, table: Table) -> None:
        self._markets = markets
        self._table = table
        self._read_at = 0

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
        """See sources.base."""
        slot, ts_event, _, _, _, price, size, is_buy = trades.arrays
        kept = self._table.columns
        buckets = [kept[name] for name in _BUCKETS]
        row, per_unit, state = 0, kept["per_unit"], kept["state"]
        while True:
            row = kernel.hear(
                slot, ts_event, price, size, is_buy, fresh, row, trades.count, per_unit, state, *buckets
            )  # fmt: skip
            if row >= trades.count:
                return
            per_unit[slot[row]] = 1.0 / self._markets.candles.tick_size(int(slot[row]))

    def read(self, now_ns: int) -> dict[str, Column]:
        """See sources.base."""
        kept = self._table.columns
        passed_s = max(now_ns - self._read_at, 0) / SECOND if self._read_at else 0.0
        self._read_at = now_ns
        bought, sold, recent_bought, recent_sold = (kept[name] for name in _BUCKETS)
        kernel.read(
            0.5 ** (passed_s / HALF_LIFE_S), kept["per_unit"], kept["state"], bought, sold, recent_bought, recent_sold,
            kept["told"],
        )  # fmt: skip
        exchange_ns = now_ns + self._markets.candles.time.offset_ns
        state = kept["state"]
        known = feeds.live(self._markets.freshness, "trades", len(state)) & (state[:, _TRADES] >= LEAST)
        known &= state[:, _DAY] >= exchange_ns // DAY
        is_recent = known & (state[:, _NEWEST] >= exchange_ns - RECENT_NS)
        return {
            name: Column.of(kept["told"][:, at], is_recent if name.startswith("stacked") else known)
            for at, name in enumerate(GIVES)
        }

    def shift(self, step_ns: int) -> None:
        """See sources.base."""
        self._read_at += step_ns if self._read_at else 0

    def clear(self, slot: int) -> None:
        """See sources.base."""
        self._table.clear(slot)

    def kept(self) -> dict[str, Array]:
        """The profiles of the day; what was traded meanwhile is missing in them, as that of a gap is."""
        return {name: self._table.columns[name] for name in ("per_unit", "state", *_BUCKETS)}
