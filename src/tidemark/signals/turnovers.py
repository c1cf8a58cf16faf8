"""What each market's minutes trade: the newest against the distribution of those before it.

Turnover is skewed, so it is its logarithm that has a mean and a standard deviation: exponentially weighted, one a day
of minutes old has lost 63 % of its weight. A minute without a trade is none.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.columns import Column
from tidemark.market.closed import Closed
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

Array = npt.NDArray[Any]

TIMEFRAME = Timeframe.M1
# Minutes that count, from how many on the distribution is known, and what a minute farther out counts as.
MEMORY, LEAST, OUTER = 1440.0, 120, 5.0
# Turnover that never varied would make any change an endless number of deviations.
LEAST_DEVIATION = 0.1
LIFE_NS = 90 * SECOND
GIVES = ("minute_turnover", "minute_deviations", "minute_aggression", "minute_move_bps")
OWNER = "signals/turnovers"
_COLUMNS: Layout = {
    "closed_at": (np.int64, ()),
    "mean": (np.float64, ()),
    "variance": (np.float64, ()),
    "seen": (np.uint32, ()),
    "told": (np.float64, (len(GIVES),)),
    "is_told": (np.uint8, ()),
}


class Turnovers:
    """The distributions of *rows* series. Memory: 61 bytes a row."""

    def __init__(self, *, rows: int, ledger: Ledger) -> None:
        self._table = Table(OWNER, slots=rows, columns=_COLUMNS)
        ledger.open(self._table)

    @staticmethod
    def reserve(*, rows: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(OWNER, slots=rows, columns=_COLUMNS)]

    def close(self, closed: Closed) -> None:
        """Take 1-minute candles that closed together; what is changed later is not looked at again."""
        rows, kept = closed.rows, self._table.columns
        origin, volume = rows["marks"] & 7, rows["volume"].astype(np.float64)
        turnover = rows["turnover"].astype(np.float64)
        fit = (origin != Origin.ABSENT) & (origin != Origin.PARTIAL)
        fit &= closed.open_times + TIMEFRAME.ns > kept["closed_at"][closed.slots]
        traded = fit & (turnover > 0.0) & (volume > 0.0)
        at, size = closed.slots[traded], np.log(turnover[traded])
        mean, variance, seen = kept["mean"][at], kept["variance"][at], kept["seen"][at]
        deviation = np.maximum(np.sqrt(variance), LEAST_DEVIATION)
        away = (size - mean) / deviation
        # Before that nobody knows what is far out.
        counted = np.where(seen >= LEAST, np.clip(away, -OUTER, OUTER), away) * deviation
        share = 1.0 / np.minimum(seen + 1.0, MEMORY)
        kept["mean"][at] = mean + share * counted
        kept["variance"][at] = (1.0 - share) * (variance + share * counted * counted)
        kept["seen"][at] = seen + 1
        aggression = 2.0 * rows["bought"][traded].astype(np.float64) / volume[traded] - 1.0
        opened = np.maximum(rows["open"][traded].astype(np.float64), 1.0)
        move = 1e4 * (rows["close"][traded] / opened - 1.0)
        # The exchange's own candle may not say who was the aggressor: it has volume and no trades then.
        is_told = (seen >= LEAST) & (rows["marks"][traded] >> 4 > 0)
        kept["is_told"][closed.slots[fit]] = 0
        kept["told"][at] = np.stack((turnover[traded], away, aggression, move), axis=1)
        kept["is_told"][at] = is_told
        kept["closed_at"][closed.slots[fit]] = closed.open_times[fit] + TIMEFRAME.ns

    def read(self, now_ns: int) -> tuple[dict[str, Column], Array]:
        """The columns at *now_ns* of the exchange's clock, and how old the candle of each is (ns)."""
        kept = self._table.columns
        age = now_ns - kept["closed_at"]
        known = (kept["is_told"] > 0) & (age <= LIFE_NS)
        return {name: Column(kept["told"][:, at].copy(), known) for at, name in enumerate(GIVES)}, age

    def clear(self, slot: int) -> None:
        """Forget the series."""
        self._table.clear(slot)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart, as views that may be written to."""
        return dict(self._table.columns)
