"""The vectorised mode: a side for every candle of one market instead of a strategy that is asked at each."""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.backtest.bars import Bars
from tidemark.backtest.broker.account import Account
from tidemark.kernels import broker_columns, vector_run
from tidemark.model.round_trip import RoundTrip

Array = npt.NDArray[Any]

LONG, SHORT, FLAT, NOTHING = vector_run.LONG, vector_run.SHORT, vector_run.FLAT, vector_run.NOTHING
_NO_EQUITY = np.zeros(0)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How large its positions are, and what protects them.

    size: of what `sizing` says: units (base currency), value (quote currency) or share (of the equity at the fill).
    stop, target: fractions of the fill price, 0 for none.
    """

    size: float = 1.0
    sizing: str = "share"
    stop: float = 0.0
    target: float = 0.0
    tag: str = ""


_ALL = Plan()


def run(
    account: Account,
    bars: Bars,
    want: Array,
    plan: Plan = _ALL,
    *,
    equity: Array | None = None,
) -> Iterator[list[RoundTrip]]:
    """Take *bars* of one market; gives trips in lists, as they close.

    want: int8 (n,), LONG, SHORT, FLAT or NOTHING as known at the close of each candle; an order for the next open goes
    out where it changes to a side that is not held. equity: float64 (n,) that gets the equity at each close. The next
    bars go on where these end.
    """
    for _ in pieces(account, bars, want, plan, equity=equity):
        if account.kernel.closed:
            yield account.drain()


def pieces(
    account: Account,
    bars: Bars,
    want: Array,
    plan: Plan = _ALL,
    *,
    equity: Array | None = None,
) -> Iterator[int]:
    """As `run`, and whoever calls takes the trips in between, by `drain` or `columns`; gives how far it came."""
    at, end, market = 0, len(bars), int(bars.market[0]) if len(bars) else 0
    sizing, tag = broker_columns.SIZINGS.index(plan.sizing), account.tag(plan.tag)
    columns = (bars.open_time, bars.open, bars.high, bars.low, bars.close, bars.volume)
    signals = np.ascontiguousarray(want, np.int8)
    while at < end:
        at = vector_run.run(
            account.kernel, market, signals, *columns, plan.size, sizing, plan.stop, plan.target, tag, at, end,
            _NO_EQUITY if equity is None else equity,
        )  # fmt: skip
        yield at
