"""The rules of signals over candles, through the engine: all six components, structure, every rule, and the account.

Minutes of 560 markets that walk at random, in the eight timeframes that are kept from a minute up, as a backtest takes
them: one pass a minute, like the live service at the end of each. Beside it one market alone, where a pass costs nearly
as much as one over a hundred.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from benchmarks.base import Gate, Plan, Result, cpu_seconds, rates, say
from tidemark.backtest.bars import Array, Bars
from tidemark.backtest.broker.account import Account, Sizes
from tidemark.backtest.broker.models import Models
from tidemark.backtest.rules.asked import asked
from tidemark.backtest.rules.driver import RulesDriver
from tidemark.memory.ledger import Ledger
from tidemark.model.instrument import Instrument, Status
from tidemark.model.round_trip import RoundTrip
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, MINUTE

IS_CHEAP = True
GATE: Gate = "full"
_SYMBOLS, _FEW = 560, 60
_TARGET = 100_000.0
_TICK = 0.01
# A midnight: the first minute of a candle in every timeframe.
_BEGAN = 20_000 * DAY


class _Counted:
    """Counts what comes of it, as a sink."""

    def __init__(self) -> None:
        self.trips_closed = self.points = 0

    def trips(self, closed: Sequence[RoundTrip]) -> None:
        self.trips_closed += len(closed)

    def equity(self, at: Array, worth: Array) -> None:
        del worth
        self.points += len(at)


def run(plan: Plan) -> Iterator[Result]:
    """Candles a second, of all markets together, and of one alone."""
    symbols = plan.choose(_SYMBOLS, _FEW)
    yield _measured(f"{symbols} markets", symbols, plan.choose(240, 60), plan, _TARGET if symbols == _SYMBOLS else None)
    yield _measured("one market", 1, plan.choose(600, 120), plan, None)


def _measured(name: str, symbols: int, minutes: int, plan: Plan, target: float | None) -> Result:
    """Pieces of *minutes*, after as many that are not counted: until then little is known, which costs less."""
    times = plan.choose(7, 2)
    driver, sink = _driver(symbols)
    pieces = [_bars(symbols, piece * minutes, minutes) for piece in range(times + 1)]
    driver.take(pieces[0])
    seconds = [cpu_seconds(partial(driver.take, piece)) for piece in pieces[1:]]
    if sink.points != (times + 1) * minutes - 1:
        raise AssertionError(f"{sink.points} minutes were taken of {(times + 1) * minutes}")
    signals = sum(one.signals for one in driver.told())
    say(f"{name}: {(times + 1) * minutes:,} minutes, {signals} signals, {sink.trips_closed} round trips")
    value, best = rates(symbols * minutes, seconds)
    return Result(name=f"backtest_rules/{name}", value=value, unit="bars/s", target=target, n=times, best=best)


def _driver(symbols: int) -> tuple[RulesDriver, _Counted]:
    names = [f"M{number:03}USDT" for number in range(symbols)]
    instruments = [
        Instrument(
            venue="bybit", symbol=name, base=name[:-4], quote="USDT", tick_size=_TICK, lot_size=1e-3,
            status=Status.TRADING,
        )
        for name in names
    ]  # fmt: skip
    account = Account(
        instruments, Models(), cash=1e6, timeframe=Timeframe.M1, ledger=Ledger(), sizes=Sizes(orders=max(symbols, 256))
    )
    sink = _Counted()
    made = asked("rules", {"warm_up": "1m"})
    driver = RulesDriver(
        made, names, np.full(symbols, _TICK), Timeframe.M1, account, sink, ledger=Ledger()
    )  # fmt: skip
    return driver, sink


def _bars(symbols: int, first: int, minutes: int) -> Bars:
    """Minutes from *first* on, those of one time behind each other; each walk begins anew around 100."""
    rng = np.random.default_rng(1 + first)
    shape = (minutes, symbols)
    close = np.round(100.0 * np.exp(np.cumsum(rng.normal(0.0, 1e-3, shape), axis=0)), 2)
    opened = np.vstack([np.full((1, symbols), 100.0), close[:-1]])
    reach = np.round(rng.exponential(0.03, (2, *shape)), 2)
    figures = {
        "open": opened, "high": np.maximum(opened, close) + reach[0],
        "low": np.maximum(np.minimum(opened, close) - reach[1], _TICK), "close": close,
        "volume": rng.exponential(1000.0, shape),
    }  # fmt: skip
    return Bars(
        market=np.tile(np.arange(symbols, dtype=np.int32), minutes),
        open_time=np.repeat(_BEGAN + (first + np.arange(minutes)) * MINUTE, symbols),
        **{name: column.ravel() for name, column in figures.items()},
    )
