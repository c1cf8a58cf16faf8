"""The share of accounts that are long, of every series, on the five-minute grid of the exchange's time."""

import numpy as np

from tidemark.market.five_minutes import FiveMinutes
from tidemark.memory.ledger import Ledger, Reservation


class RatioSeries(FiveMinutes):
    """In [0, 1]; as many points as open interest has, so that the two can be laid beside each other.

    Five minutes is the finest that both exchanges publish, and 24 hours of it come with one request. float32 keeps the
    four digits that they publish. Memory: 2.4 KB a series.
    """

    def __init__(self, *, series: int, ledger: Ledger) -> None:
        super().__init__("long_short_ratio", series=series, dtype=np.float32, ledger=ledger)

    @staticmethod
    def reserve_series(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return FiveMinutes.reserve("long_short_ratio", series=series, dtype=np.float32)
