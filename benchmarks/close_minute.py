"""A minute ends: the candles of 560 markets close together, in every timeframe that is due."""

from collections.abc import Iterator
from statistics import median

import numpy as np

from benchmarks.base import Gate, Plan, Result, cpu_seconds
from benchmarks.material.frames import START_NS, SYMBOLS
from benchmarks.material.market import TICK_SIZE
from tidemark.kernels.columns import TradeColumns
from tidemark.market.candles import Candles
from tidemark.market.closed import Closed
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.units import DAY, MINUTE, SECOND

IS_CHEAP = True
GATE: Gate = "quick"
_GRACE_NS = 2 * SECOND


def run(plan: Plan) -> Iterator[Result]:
    """An ordinary minute (10s and 1m close), and midnight, when all eight do."""
    repetitions = plan.choose(60, 10)
    for name, end_ns, closes in (
        ("minute", START_NS + MINUTE, 2),
        ("midnight", START_NS + DAY, len(Timeframe)),
    ):
        seconds = [_once(end_ns, closes) for _ in range(repetitions)]
        yield Result(
            name=f"close_minute/{name}",
            value=round(median(seconds) * 1e6, 1),
            unit="us",
            n=repetitions,
            best=round(min(seconds) * 1e6, 1),
        )


def _once(end_ns: int, closes: int) -> float:
    """CPU seconds to close what ends at *end_ns*, after ten seconds in which every market traded."""
    settings = Settings()
    series = len(SYMBOLS)
    candles = Candles(
        series=series,
        retention={timeframe: settings.candles.retention.rows(timeframe.value) for timeframe in Timeframe},
        grace_ns=_GRACE_NS,
        largest=series,
        ledger=Ledger(),
    )
    for slot in range(series):
        candles.join(slot, TICK_SIZE)
    candles.advance(end_ns - 10 * SECOND + _GRACE_NS)
    candles.close_gap(np.arange(series, dtype=np.int32), None, end_ns - MINUTE)
    trades = TradeColumns(series)
    for slot in range(series):
        trades.append(slot, end_ns - SECOND, end_ns - SECOND, slot + 1, slot + 1, 100.0 + slot / 100, 1.5, is_buy=True)
    candles.apply(trades, np.ones(series, np.uint8))
    closed: list[Closed] = []
    spent = cpu_seconds(lambda: closed.extend(candles.advance(end_ns + _GRACE_NS)))
    if len(closed) != closes or any(len(output.slots) != series for output in closed):
        raise AssertionError(f"{[(output.timeframe.value, len(output.slots)) for output in closed]} closed")
    return spent
