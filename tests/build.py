"""Small builders for tests: instruments, trades, batches and engines with short rings."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from tidemark.analysis.analysis import Weights
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.kernels.columns import TradeColumns
from tidemark.market.candles import Candles
from tidemark.market.level import Array
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import KlineRow, Klines, Listing, MarketEvent, StreamGap, TradeRow, Trades
from tidemark.model.instrument import Instrument, Status
from tidemark.model.timeframe import Timeframe
from tidemark.signals import parameters
from tidemark.signals.signals import SignalsSize
from tidemark.units import SECOND

# 2026-11-01 00:00:00 UTC: the start of a candle in every timeframe.
MIDNIGHT = 1_793_491_200 * SECOND
ALL = {
    Timeframe.S10: 360,
    Timeframe.M1: 1440,
    Timeframe.M5: 864,
    Timeframe.M15: 672,
    Timeframe.M30: 672,
    Timeframe.H1: 720,
    Timeframe.H4: 360,
    Timeframe.D1: 365,
}


class T(NamedTuple):
    """One trade, `at` seconds after midnight."""

    at: float
    price: float
    size: float = 1.0
    is_buy: bool = True
    slot: int = 0
    number: int = 0
    recv: float | None = None


def instrument(symbol: str = "BTCUSDT", tick_size: float = 0.1) -> Instrument:
    return Instrument(
        venue="bybit",
        symbol=symbol,
        base=symbol.removesuffix("USDT"),
        quote="USDT",
        tick_size=tick_size,
        lot_size=0.001,
        status=Status.TRADING,
    )


def columns(trades: Sequence[T]) -> TradeColumns:
    """The trades as a parser would write them; a trade without a number gets its position."""
    filled = TradeColumns(max(len(trades), 1))
    for position, trade in enumerate(trades):
        ts = MIDNIGHT + round(trade.at * SECOND)
        recv = ts if trade.recv is None else MIDNIGHT + round(trade.recv * SECOND)
        number = trade.number or position + 1
        assert filled.append(trade.slot, ts, recv, number, number, trade.price, trade.size, trade.is_buy)
    return filled


def fresh(count: int) -> Array:
    return np.ones(count, np.uint8)


def candles(
    series: int = 1, retention: dict[Timeframe, int] | None = None, *, tick_size: float = 0.1, alive: bool = True
) -> Candles:
    """Candles whose slots have joined; with `alive` their feed is confirmed long before midnight."""
    made = Candles(series=series, retention=retention or ALL, grace_ns=2 * SECOND, largest=4096, ledger=Ledger())
    for slot in range(series):
        made.join(slot, tick_size)
    if alive:
        made.close_gap(np.arange(series, dtype=np.int32), None, MIDNIGHT - 3600 * SECOND)
    return made


def feed(made: Candles, trades: Sequence[T]) -> list[object]:
    return list(made.apply(columns(trades), fresh(len(trades))))


def until(made: Candles, at: float) -> list[object]:
    """Let our clock reach *at* seconds after midnight."""
    return list(made.advance(MIDNIGHT + round(at * SECOND)))


def engine(
    symbols: Iterable[str] = ("BTCUSDT",),
    *,
    series: int = 4,
    is_numbered: bool = True,
    weights: Weights | None = None,
    timeframes: Iterable[Timeframe] = Timeframe,
    signals: bool = False,
) -> Engine:
    """An engine with these symbols listed and alive since an hour before midnight; weights: those of its scores.

    signals: whether the rules look at them, with their defaults.
    """
    made = Engine(
        EngineSize(
            series=series,
            retention={one: ALL[one] for one in timeframes},
            tape_rows=100,
            is_numbered=is_numbered,
            batch_trades=8192,
            grace_ns=2 * SECOND,
            weights=weights,
            signals=SignalsSize(series=series, parameters=parameters.load({})) if signals else None,
        ),
        Ledger(),
    )
    at = MIDNIGHT - 3600 * SECOND
    for symbol in symbols:
        step(made, Listing(ts_event=at, ts_recv=at, instrument=instrument(symbol)))
    start = StreamGap(ts_event=at, ts_recv=at, venue="bybit", channel="trades", symbols=(), gap_to=at, cause="start")
    step(made, start)
    return made


def step(made: Engine, event: MarketEvent) -> list[object]:
    batch = Batch(1, 1)
    batch.add(event)
    return list(made.process(batch))


def klines_of(
    trades: Sequence[T],
    timeframe: Timeframe,
    first: float,
    count: int,
    *,
    symbol: str = "BTCUSDT",
    slot: int = 0,
    opens_at_close: bool = False,
    is_told: bool = True,
    recv: float | None = None,
) -> Klines:
    """The exchange's candles of *trades*: of *count* intervals, the first of which opens *first* s after midnight.

    An interval without a trade is flat at the close before it, absent before the first trade of all. opens_at_close:
    Bybit's rule. is_told: with the number of trades and what was bought.
    """
    step_s = timeframe.ns / SECOND
    mine = sorted((t for t in trades if t.slot == slot), key=lambda t: (t.at, t.number))
    rows = []
    for n in range(count):
        opens = first + n * step_s
        before = [t.price for t in mine if t.at < opens]
        inside = [t for t in mine if opens <= t.at < opens + step_s]
        if not before and not inside:
            continue
        close = inside[-1].price if inside else before[-1]
        opened = before[-1] if before and (opens_at_close or not inside) else inside[0].price
        prices = [t.price for t in inside] + ([opened] if opens_at_close or not inside else [])
        rows.append(
            KlineRow(
                MIDNIGHT + round(opens * SECOND), opened, max(prices), min(prices), close,
                sum(t.size for t in inside), sum(t.size * t.price for t in inside),
                len(inside) if is_told else None, sum(t.size for t in inside if t.is_buy) if is_told else None,
            )
        )  # fmt: skip
    at = MIDNIGHT + round((first + count * step_s if recv is None else recv) * SECOND)
    return Klines(
        ts_event=at, ts_recv=at, symbol=symbol, timeframe=timeframe, first=MIDNIGHT + round(first * SECOND),
        count=count, rows=tuple(rows),
    )  # fmt: skip


def history_of(trades: Sequence[T], first: float, last: float, *, symbol: str = "BTCUSDT", slot: int = 0) -> Trades:
    """The trades in [*first*, *last*) seconds after midnight, as REST would give them."""
    rows = tuple(
        TradeRow(MIDNIGHT + round(t.at * SECOND), t.price, t.size, t.is_buy, t.number)
        for t in trades
        if t.slot == slot and first <= t.at < last
    )
    since, until = (MIDNIGHT + round(at * SECOND) for at in (first, last))
    return Trades(ts_event=until, ts_recv=until, symbol=symbol, first=since, last=until, rows=rows)
