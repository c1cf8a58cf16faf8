"""An engine that reads structure, and the drawn market as candles that the exchange tells of the past."""

from collections.abc import Sequence

import numpy as np
from tests.build import ALL, MIDNIGHT, instrument, step
from tests.structures import Drawn, bars_of, profile

from tidemark.analysis.analysis import Analysis, Weights
from tidemark.analysis.wyckoff.live import StructureSize
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.memory.ledger import Ledger
from tidemark.model.events import KlineRow, Klines, Listing, Tick
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

# A price of which a thousandth part of a tick is nothing to what is drawn.
PRICE = 10_000.0
TICK = 0.1


def structured(
    symbols: Sequence[str] = ("BTCUSDT",), read: tuple[Timeframe, ...] = (Timeframe.M15, Timeframe.H1)
) -> Engine:
    """An engine with these symbols, that reads structure in these timeframes by the numbers of the tests."""
    size = EngineSize(
        series=4, retention=dict(ALL), tape_rows=100, is_numbered=True, batch_trades=8192, grace_ns=2 * SECOND,
        weights=Weights(), structure=StructureSize(profile=profile(), timeframes=read),
    )  # fmt: skip
    made = Engine(size, Ledger())
    at = MIDNIGHT - 3600 * SECOND
    for symbol in symbols:
        step(made, Listing(ts_event=at, ts_recv=at, instrument=instrument(symbol)))
    return made


def analysis(made: Engine) -> Analysis:
    """That of an engine that has one."""
    assert made.analysis is not None
    return made.analysis


def klines(symbol: str, drawn: Drawn, timeframe: Timeframe, now: int, last: float = PRICE) -> Klines:
    """What was drawn as the exchange's candles until midnight, told later."""
    begin = MIDNIGHT - len(drawn.close) * timeframe.ns
    bars = bars_of(drawn, begin_ns=begin, step_ns=timeframe.ns, last=last)
    rows = tuple(
        KlineRow(int(time), opened, high, low, close, volume, volume * close, None, None)
        for time, opened, high, low, close, volume in zip(
            bars.time.tolist(), *(getattr(bars, name).round(1).tolist() for name in ("open", "high", "low", "close")),
            bars.volume.tolist(), strict=True,
        )
    )  # fmt: skip
    return Klines(
        ts_event=now, ts_recv=now, symbol=symbol, timeframe=timeframe, first=begin, count=len(rows),
        rows=rows,
    )  # fmt: skip


def fill(made: Engine, symbol: str, drawn: Drawn, timeframe: Timeframe) -> None:
    """Let the engine have these candles and read them: one timeframe a market, as longer ones are made of shorter."""
    now = max(MIDNIGHT, analysis(made).scored_at) + 5 * SECOND
    step(made, Tick(ts_event=now, ts_recv=now))
    step(made, klines(symbol, drawn, timeframe, now + SECOND))
    step(made, Tick(ts_event=now + 2 * SECOND, ts_recv=now + 2 * SECOND))


def read(made: Engine, symbol: str, drawn: Drawn, timeframe: Timeframe) -> None:
    """Let the analysis alone have these candles, as they close."""
    count = len(drawn.close)
    begin = MIDNIGHT - count * timeframe.ns
    bars = bars_of(drawn, begin_ns=begin, step_ns=timeframe.ns, last=PRICE)
    prices = {name: np.rint(getattr(bars, name) / TICK).astype(np.int32) for name in ("open", "high", "low", "close")}
    volume = bars.volume.astype(np.float32)
    rows = {
        **prices, "volume": volume, "turnover": volume * np.float32(PRICE), "bought": volume / 2,
        "marks": np.full(count, 1 | 7 << 4, np.uint32),
    }  # fmt: skip
    slots = np.full(count, made.universe.slots[symbol], np.int32)
    analysis(made).candles[timeframe].take(slots, bars.time, np.full(count, TICK), rows)
