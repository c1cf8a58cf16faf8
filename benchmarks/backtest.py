"""Candles of a backtest with fills and accounting: arrays of signals, a loop in Python, and orders in every candle.

The strategy is that of the peers beside it: long while the mean of the last 20 closes is above that of 100, flat else;
525,600 candles of a minute, fills at the next open, 0.05 % of each. All make the same round trips or are not compared.
Peers do more for a candle: reports, order books, events. What is equal is the work that a user asks for.
"""

import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.base import Gate, Plan, Result, cpu_seconds, rates, say
from benchmarks.material.peers import AbsentError, Peer
from tidemark.backtest.bars import Bars
from tidemark.backtest.broker import vectorised
from tidemark.backtest.broker.account import Account, Sizes
from tidemark.backtest.broker.models import Models
from tidemark.memory.ledger import Ledger
from tidemark.model.instrument import Instrument, Status
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE

Array = npt.NDArray[Any]

IS_CHEAP = True
GATE: Gate = "quick"
_FAST, _SLOW = 20, 100
_VECTORISED, _LOOP, _QUIET = 50e6, 600_000.0, 10e6
# By what each peer is to be beaten, and by which of ours.
_PEERS = {"vectorbt_sma": ("vectorbt", "arrays"), "backtesting_sma": ("backtesting.py", "loop"),
          "nautilus_sma": ("nautilus_trader", "loop")}  # fmt: skip
_INSTRUMENT = Instrument(
    venue="bybit", symbol="BTCUSDT", base="BTC", quote="USDT", tick_size=1e-6, lot_size=1e-3, status=Status.TRADING
)
# The costs that all of them know.
_SAME = {
    "fees.venue.taker": "5", "slippage.use": "none", "funding.use": "none", "margin.use": "none",
    "rounding.use": "none",
}  # fmt: skip


def run(plan: Plan) -> Iterator[Result]:
    """Candles a second of each way to run a backtest, and the peers."""
    bars = _walk(plan.choose(525_600, 50_000))
    times = plan.choose(9, 3)
    arrays = [_arrays(bars) for _ in range(times)]
    loops = [_loop(bars) for _ in range(plan.choose(5, 1))]
    trips = {count for _, count in (*arrays, *loops)}
    if len(trips) != 1:
        raise AssertionError(f"the arrays and the loop do not make the same round trips: {trips}")
    say(f"{len(bars):,} candles, {trips} round trips")
    want = _want(bars)
    for name, models in (("fills and accounting", Models.load(_SAME)), ("all costs", Models())):
        yield _rate(f"arrays, {name}", bars, [_vectorised(bars, want, models)[0] for _ in range(times)], _VECTORISED)
    yield _rate("arrays, from prices to trips", bars, [seconds for seconds, _ in arrays], None)
    yield _rate("a strategy in a loop", bars, [seconds for seconds, _ in loops], _LOOP)
    yield _rate("a candle without orders, by row", bars, [_by_row(bars) for _ in range(times)], _QUIET)
    yield _rate("a candle without orders, by its figures", bars, [_by_figures(bars) for _ in range(times)], None)
    yield _rate("orders in every candle", bars, [_ordering(bars) for _ in range(plan.choose(5, 1))], None)
    if plan.has_peers:
        ours = {"arrays": arrays, "loop": loops}
        yield from _peers(bars, {name: median(s for s, _ in told) for name, told in ours.items()}, trips.pop())


def _rate(name: str, bars: Bars, seconds: list[float], target: float | None) -> Result:
    value, best = rates(len(bars), seconds)
    return Result(name=f"backtest/{name}", value=value, unit="bars/s", target=target, n=len(seconds), best=best)


def _walk(count: int) -> Bars:
    """A random walk of six decimals, so that two means are never equal."""
    rng = np.random.default_rng(20)
    close = np.round(100.0 * np.exp(np.cumsum(rng.normal(0.0, 5e-4, count))), 6)
    opened = np.append(100.0, close[:-1])
    reach = np.round(rng.exponential(0.02, (2, count)), 6)
    figures = {
        "open": opened, "high": np.maximum(opened, close) + reach[0], "low": np.minimum(opened, close) - reach[1],
        "close": close, "volume": rng.exponential(1000.0, count),
    }  # fmt: skip
    return Bars.of(0, MINUTE * np.arange(count, dtype=np.int64), figures)


def _want(bars: Bars) -> Array:
    """The sides of the strategy: sums are compared instead of means, 20 times five against 100."""
    total = np.concatenate([[0.0], np.cumsum(bars.close)])
    fast, slow = total[_SLOW:] - total[_SLOW - _FAST : -_FAST], total[_SLOW:] - total[:-_SLOW]
    fast *= _SLOW / _FAST
    want = np.zeros(len(bars), np.int8)
    np.greater(fast, slow, out=want[_SLOW - 1 :].view(np.bool_))
    return want


def _account(models: Models, trips: int = 8192) -> Account:
    return Account([_INSTRUMENT], models, cash=1e6, timeframe=Timeframe.M1, ledger=Ledger(), sizes=Sizes(trips=trips))


def _vectorised(bars: Bars, want: Array, models: Models) -> tuple[float, int]:
    """Over signals that are there, to the columns of all trips."""
    return _ran(bars, lambda: want, models)


def _arrays(bars: Bars) -> tuple[float, int]:
    """All of it: from prices to signals to trips."""
    return _ran(bars, lambda: _want(bars), Models.load(_SAME))


def _ran(bars: Bars, want: Callable[[], Array], models: Models) -> tuple[float, int]:
    account, plan, trips = _account(models), vectorised.Plan(size=1.0, sizing="units"), 0

    def work() -> None:
        nonlocal trips
        for _ in vectorised.pieces(account, bars, want(), plan):
            trips += len(account.columns()["profit"])

    seconds = cpu_seconds(work)
    return seconds, trips + len(account.finish())


def _loop(bars: Bars) -> tuple[float, int]:
    """A strategy that is written in Python and looks at one candle at a time."""
    account, trips = _account(Models.load(_SAME)), 0
    kernel = account.kernel
    kernel.feed(bars.market, bars.open_time, bars.open, bars.high, bars.low, bars.close, bars.volume)

    def work() -> None:
        nonlocal trips
        take, place, close = kernel.take, kernel.order, kernel.close
        fast: deque[float] = deque([0.0] * _FAST, _FAST)
        slow: deque[float] = deque([0.0] * _SLOW, _SLOW)
        fast_sum = slow_sum = 0.0
        is_long = False
        for at, price in enumerate(bars.close.tolist()):
            take(at)
            fast_sum += price - fast[0]
            slow_sum += price - slow[0]
            fast.append(price)
            slow.append(price)
            if at < _SLOW - 1:
                continue
            if (fast_sum * _SLOW > slow_sum * _FAST) is not is_long:
                is_long = not is_long
                if is_long:
                    place(0, 1, 1.0)
                else:
                    close(0)
                if kernel.closed > 4000:
                    trips += len(account.drain())

    seconds = cpu_seconds(work)
    return seconds, trips + len(account.finish())


def _by_row(bars: Bars) -> float:
    kernel = _account(Models()).kernel
    kernel.feed(bars.market, bars.open_time, bars.open, bars.high, bars.low, bars.close, bars.volume)

    def work() -> None:
        take = kernel.take
        for at in range(len(bars)):
            take(at)

    return cpu_seconds(work)


def _by_figures(bars: Bars) -> float:
    give = _account(Models()).kernel.bar
    columns = (bars.open_time, bars.open, bars.high, bars.low, bars.close, bars.volume)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))

    def work() -> None:
        for time, opened, high, low, close, volume in rows:
            give(0, time, opened, high, low, close, volume)

    return cpu_seconds(work)


def _ordering(bars: Bars) -> float:
    """In every candle a limit with a stop and a target is placed below the close, and lives for three of them."""
    account = _account(Models())
    kernel = account.kernel
    kernel.feed(bars.market, bars.open_time, bars.open, bars.high, bars.low, bars.close, bars.volume)

    def work() -> None:
        for at, price in enumerate(bars.close.tolist()):
            kernel.take(at)
            kernel.order(0, 1, 1.0, 1, price * 0.9995, life=3, stop=price * 0.998, target=price * 1.001)
            if kernel.closed > 4000:
                account.drain()

    return cpu_seconds(work)


def _peers(bars: Bars, ours: dict[str, float], trips: int) -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "candles.npy")
        np.save(
            path, np.stack([bars.open_time.astype(np.float64), bars.open, bars.high, bars.low, bars.close, bars.volume])
        )
        for script, (name, mine) in _PEERS.items():
            label = f"backtest/{name}"
            try:
                with Peer(script, path) as peer:
                    # The first one compiles, where it compiles.
                    warm, told = peer.repeat(), peer.repeat()
            except AbsentError as error:
                say(str(error))
                yield Result(name=label, value=None, unit="bars/s", peer=name)
                continue
            if told.trades != trips:
                say(f"{name} made {told.trades} round trips, and not {trips}; it is left out")
                yield Result(name=label, value=None, unit="bars/s", peer=name)
                continue
            seconds = min(warm.seconds, told.seconds)
            yield Result(
                name=label, value=round(len(bars) / seconds), unit="bars/s", peer=f"ours beside {name} {peer.version}",
                peer_value=round(len(bars) / ours[mine]), ratio=round(seconds / ours[mine], 1), rss_mb=told.rss_mb,
            )  # fmt: skip
