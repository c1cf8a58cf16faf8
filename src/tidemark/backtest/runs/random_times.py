"""What the round trips of a run would have brought at random times of the same candles."""

from collections.abc import Iterator

import sqlalchemy as sa

from tidemark.backtest.data.cache import Columns
from tidemark.backtest.metrics.luck.random_entry import DRAWS, Chance, MarketTrips, random_entries
from tidemark.backtest.runs.request import DataUsed
from tidemark.store.backtest_rows import trips

# Trips that are placed in all draws together; a run of more than that has fewer draws, and never below the second.
MOST_PLACED = 20_000_000
LEAST_DRAWS = 99


def random_times(connection: sa.Connection, run: str, trips_of_run: int, used: DataUsed, columns: Columns) -> Chance:
    """Those of *run*, whose trips are in the database, over *columns*, the candles that it was over.

    Memory: the trips of one market, 40 bytes each, and those that are placed at a time.
    """
    draws = min(DRAWS, max(LEAST_DRAWS, MOST_PLACED // max(trips_of_run, 1)))
    return random_entries(_markets(connection, run, used, columns), draws=draws)


def _markets(connection: sa.Connection, run: str, used: DataUsed, columns: Columns) -> Iterator[MarketTrips]:
    for number, name in enumerate(used.markets):
        bars = columns.market(number, used.begin, used.end + 1)
        yield MarketTrips.of(trips(connection, run, symbol=name), bars.open.__getitem__, len(bars))
