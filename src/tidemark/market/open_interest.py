"""Open interest of every series, on the five-minute grid of the exchange's time."""

import numpy as np

from tidemark.market.five_minutes import FiveMinutes
from tidemark.memory.ledger import Ledger, Reservation


class OpenInterestSeries(FiveMinutes):
    """In base currency: 288 points of the latest 24 hours and the one before them, from history, tickers and polls.

    Memory: 3.5 KB a series.
    """

    def __init__(self, *, series: int, ledger: Ledger) -> None:
        super().__init__("open_interest", series=series, dtype=np.float64, ledger=ledger)

    @staticmethod
    def reserve_series(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return FiveMinutes.reserve("open_interest", series=series, dtype=np.float64)
