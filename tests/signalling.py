"""Small builders for tests of signals: what there is to see, markets, minutes, and signals over them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from tests.build import MIDNIGHT, instrument

from tidemark.analysis.columns import Column, Columns
from tidemark.market.closed import Closed
from tidemark.market.level import Array
from tidemark.market.universe import Universe
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.signals import parameters
from tidemark.signals.followed import HORIZONS_NS
from tidemark.signals.following import Past
from tidemark.signals.inputs import Inputs
from tidemark.signals.plan import Costs
from tidemark.signals.rules import registry
from tidemark.signals.signals import Signals, SignalsSize
from tidemark.units import SECOND

TICK = 0.01
# Every rule raises at once what it sees: no warm-up.
AT_ONCE = {f"{rule}.warm_up": "0s" for rule in registry.names()}
FREE = Costs(fee_bps=0.0, slippage_bps=0.0)
LAST_HORIZON_NS = int(HORIZONS_NS[-1])


def at_s(seconds: float) -> int:
    """So many seconds after midnight (ns)."""
    return MIDNIGHT + round(seconds * SECOND)


def universe(symbols: Sequence[str] = ("BTCUSDT",), tick_size: float = TICK) -> Universe:
    made = Universe(series=max(1, len(symbols)), ledger=Ledger())
    for symbol in symbols:
        made.join(instrument(symbol, tick_size))
    return made


def inputs(
    at: int, series: int = 1, *, ages: Mapping[str, Array] | None = None, funding: tuple[float, int] = (0.0, 0),
    **columns: Any,
) -> Inputs:  # fmt: skip
    """Columns of numbers or of one a row; the whole has the last of series + 1, else it is not known there.

    What is not finite is not known.
    """
    rows = series + 1
    made = {}
    for name, given in columns.items():
        values = np.atleast_1d(np.asarray(given, np.float64))
        full = np.full(rows, np.nan)
        full[: rows if len(values) == rows else series] = values
        made[name] = Column.of(full)
    return Inputs(
        at=at,
        columns=Columns(rows, made),
        ages=ages or {},
        funding_rate=np.full(series, funding[0]),
        funding_due=np.full(series, funding[1], np.int64),
    )


def closed(
    open_time: int, rows: Mapping[int, tuple[float, float, float, float]], *, timeframe: Timeframe = Timeframe.M1,
    volume: float = 10.0, bought: float = 5.0, tick: float = TICK, origin: Origin = Origin.TRADES, trades: int = 7,
) -> Closed:  # fmt: skip
    """One candle a slot: open, high, low and close."""
    slots = np.array(sorted(rows), np.int32)
    prices = np.array([rows[slot] for slot in slots.tolist()]).reshape(len(slots), 4)
    ticks = np.rint(prices / tick).astype(np.int32)
    count = len(slots)
    volumes = np.full(count, volume, np.float32)
    return Closed(
        timeframe=timeframe,
        slots=slots,
        open_times=np.full(count, open_time, np.int64),
        tick_sizes=np.full(count, tick),
        rows={
            "open": ticks[:, 0],
            "high": ticks[:, 1],
            "low": ticks[:, 2],
            "close": ticks[:, 3],
            "volume": volumes,
            "turnover": (volumes * prices[:, 3]).astype(np.float32),
            "bought": np.full(count, bought, np.float32),
            "marks": np.full(count, int(origin) | trades << 4, np.uint32),
        },
    )


def size(
    series: int = 1, given: Mapping[str, str] | None = None, *, others: Sequence[str] = (), capacity: int = 32,
    costs: Costs = FREE,
) -> SignalsSize:  # fmt: skip
    defaults = parameters.load({**AT_ONCE, **(given or {})})
    return SignalsSize(
        series=series, parameters=defaults, overrides=parameters.overrides(others, defaults), capacity=capacity,
        costs=costs,
    )  # fmt: skip


def signals(
    symbols: Sequence[str] = ("BTCUSDT",), given: Mapping[str, str] | None = None, *, past: Past | None = None,
    others: Sequence[str] = (), capacity: int = 32, costs: Costs = FREE, joins: bool = True,
) -> Signals:  # fmt: skip
    """Signals without warm-up and costs whose markets have joined."""
    made = Signals(
        size(len(symbols), given, others=others, capacity=capacity, costs=costs), universe(symbols), ledger=Ledger(),
        past=past,
    )  # fmt: skip
    if joins:
        for slot, symbol in enumerate(symbols):
            made.join(slot, symbol)
    return made


# What makes each rule speak LONG, or tell something, of one market whose price is 100 with an ATR of 1.
PRICED: dict[str, Any] = {"price": 100.0, "atr": 1.0}
SPEAKS: dict[str, dict[str, Any]] = {name: dict(rule.EXAMPLE) for name, rule in registry.rules().items()}
# The same where nothing is to be said, and all is known.
SILENT: dict[str, dict[str, Any]] = {name: {**rule.EXAMPLE, **rule.SILENCED} for name, rule in registry.rules().items()}
