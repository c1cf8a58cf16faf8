"""What the round trips of a run would have brought at random times of the same candles."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import sqlalchemy as sa

from tidemark.backtest.bars import Array
from tidemark.backtest.data.cache import Columns
from tidemark.backtest.metrics.luck.random_entry import DRAWS, Chance, MarketTrips, random_entries
from tidemark.backtest.runs.request import DataUsed
from tidemark.store.backtest_rows import trips

# Trips that are placed in all draws together; a run of more than that has fewer draws, and never below the second.
MOST_PLACED = 20_000_000
LEAST_DRAWS = 99
# Candles whose opens are in memory at a time.
WINDOW = 1 << 20


def random_times(connection: sa.Connection, run: str, trips_of_run: int, used: DataUsed, columns: Columns) -> Chance:
    """Those of *run*, whose trips are in the database, over *columns*, the candles that it was over.

    Memory: the trips of one market, 40 bytes each, those that are placed at a time, and the opens of a million candles.
    """
    draws = min(DRAWS, max(LEAST_DRAWS, MOST_PLACED // max(trips_of_run, 1)))
    return random_entries(_markets(connection, run, used, columns), draws=draws)


def _markets(connection: sa.Connection, run: str, used: DataUsed, columns: Columns) -> Iterator[MarketTrips]:
    for number, name in enumerate(used.markets):
        bars = columns.market(number, used.begin, used.end + 1)
        opens = Opens(bars.open, partial(columns.release, number))
        yield MarketTrips.of(trips(connection, run, symbol=name), opens.at, len(bars))


class Opens:
    """The opens of a market, by the numbers of its candles: a part of them at a time, which is let go then."""

    def __init__(self, opens: Array, release: Callable[[], None]) -> None:
        self._opens, self._release = opens, release

    def at(self, candles: Array) -> Array:
        """Those of *candles*, in their shape."""
        if len(self._opens) <= WINDOW:
            return np.asarray(self._opens[candles])
        flat = candles.ravel()
        # So few windows that a stable sort counts them.
        window = (flat // WINDOW).astype(np.uint16)
        order = np.argsort(window, kind="stable")
        found = np.empty(len(flat))
        begin = 0
        for count in np.bincount(window).tolist():
            mine = order[begin : begin + count]
            found[mine] = self._opens[flat[mine]]
            self._release()
            begin += count
        return found.reshape(candles.shape)
