"""The minutes of the past, for trades that missed some of them: after a restart, or a gap that was repaired."""

import numpy as np

from tidemark.analysis.candle_readings import is_present
from tidemark.market.candles import Candles
from tidemark.model.timeframe import Timeframe
from tidemark.signals.following import Minutes, Past
from tidemark.units import MINUTE


def past_of(candles: Candles) -> Past | None:
    """Where *candles* keep their minutes; None where they keep none."""
    if Timeframe.M1 not in candles.timeframes:
        return None
    capacity = candles.capacity(Timeframe.M1)

    def past(slot: int, since_ns: int) -> Minutes:
        wanted = max(0, (candles.time.frontier_ns - since_ns) // MINUTE)
        rows = candles.rows(slot, Timeframe.M1, min(capacity, wanted)) if wanted else None
        if rows is None:
            return Minutes(*(np.zeros(0) for _ in Minutes._fields))
        there = is_present(rows) & (rows["open_time"] >= since_ns)
        tick = candles.tick_size(slot)
        prices = (rows[name][there] * tick for name in ("open", "high", "low", "close"))
        return Minutes(rows["open_time"][there], *prices)

    return past
