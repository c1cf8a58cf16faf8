"""What structure costs: features of bars alone, the full engine, 560 markets at an hourly close, a scan of equities.

Markets are random walks whose volume and range come in bursts, so that climaxes, ranges and signs occur; how many
events they gave is said beside the figures. Bars a second are those of one series; at a close and in a scan bars come
in rows, one of every series after the other.
"""

from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.base import Gate, Plan, Result, cpu_seconds, say
from tidemark.analysis.wyckoff import profile
from tidemark.analysis.wyckoff.engine import Structure
from tidemark.analysis.wyckoff.kept import Kept
from tidemark.kernels import bar_features
from tidemark.memory.ledger import Ledger
from tidemark.units import DAY, HOUR

Array = npt.NDArray[Any]

IS_CHEAP = True
GATE: Gate = "quick"
_FEATURES, _ENGINE = 1_000_000.0, 200_000.0
_SYMBOLS, _CLOSE_MS = 560, 50.0
_EQUITIES, _DAYS, _SCAN_S = 5_000, 2_520, 60.0
_STATE_BYTES = 64 * 1024
# Bars that are handed on at once.
_CHUNK = 100_000
# Days of a scan that are handed on at once; forty times as many are ten years.
_QUARTER = 63


def run(plan: Plan) -> Iterator[Result]:
    """Bars a second, how that depends on the length, an hourly close, a scan of equities, and the state."""
    bars = _walk(plan.choose(1_000_000, 100_000), 1)
    repetitions = plan.choose(7, 3)
    yield _rate("wyckoff/features", bars, [_features(bars) for _ in range(repetitions)], _FEATURES)
    full = [_engine(bars, len(bars["close"]))[0] for _ in range(repetitions)]
    yield _rate("wyckoff/full engine", bars, full, _ENGINE)
    yield from _linear(plan, bars)
    yield _close(plan)
    yield _scan(plan)
    planned = [*Structure.reserve("s", series=_SYMBOLS), *Kept.reserve("k", series=_SYMBOLS)]
    each = sum(one.item_bytes for one in planned if one.capacity == _SYMBOLS)
    yield Result(name="wyckoff/state of a series", value=each, unit="bytes", target=_STATE_BYTES)


def _rate(name: str, bars: dict[str, Array], seconds: list[float], target: float | None) -> Result:
    count = len(bars["close"])
    return Result(
        name=name, value=round(count / median(seconds)), unit="bars/s", target=target, n=len(seconds),
        best=round(count / min(seconds)),
    )  # fmt: skip


def _walk(count: int, seed: int, step_ns: int = HOUR) -> dict[str, Array]:
    """Bars of one series, whose price is reflected where it would go away."""
    rng = np.random.default_rng(seed)
    burst = 0.6 + 2.5 * (rng.uniform(size=count) < 0.04)
    moves = rng.normal(0.0, 0.01, count) * burst + np.repeat(rng.normal(0.0, 0.003, count // 20 + 1), 20)[:count]
    close = 100.0 * np.exp(np.abs(np.mod(np.cumsum(moves), 4.0) - 2.0))
    opened = np.concatenate([close[:1], close[:-1]])
    reach = np.abs(rng.normal(0.0, 0.004, (2, count))) * burst
    return {
        "time": step_ns * np.arange(count, dtype=np.int64),
        "open": opened,
        "high": np.maximum(opened, close) * np.exp(reach[0]),
        "low": np.minimum(opened, close) * np.exp(-reach[1]),
        "close": close,
        "volume": rng.lognormal(5.0, 0.5, count) * burst,
    }


def _features(bars: dict[str, Array]) -> float:
    """The kernel alone, over logarithms that are there."""
    count = len(bars["close"])
    opened, high, low, close = (np.log(bars[name]) for name in ("open", "high", "low", "close"))
    hours = (bars["time"] // HOUR % 24).astype(np.int32)
    state, out = np.zeros((1, bar_features.WIDTH), np.float32), np.zeros((count, bar_features.GIVEN))
    rows = np.zeros(count, np.int32)
    return cpu_seconds(lambda: bar_features.measure(state, rows, hours, opened, high, low, close, bars["volume"], out))


def _made(series: int, step_ns: int = HOUR) -> Structure:
    return Structure("s", series=series, timeframe_ns=step_ns, profile=profile.load(), ledger=Ledger())


def _take(made: Structure, rows: Array, bars: dict[str, Array], begin: int, end: int) -> int:
    """Hand these bars on; give how many events there were."""
    one = slice(begin, end)
    batch = made.take(
        rows[one], bars["time"][one], bars["open"][one], bars["high"][one], bars["low"][one], bars["close"][one],
        bars["volume"][one],
    )  # fmt: skip
    return len(batch.events)


def _engine(bars: dict[str, Array], count: int, times: int = 1) -> tuple[float, int]:
    """CPU seconds of so many bars, again and again into the same series; and events."""
    made, rows, given = _made(1), np.zeros(count, np.int32), 0

    def work() -> None:
        nonlocal given
        for _ in range(times):
            for begin in range(0, count, _CHUNK):
                given += _take(made, rows, bars, begin, min(begin + _CHUNK, count))

    return cpu_seconds(work), given


def _linear(plan: Plan, bars: dict[str, Array]) -> Iterator[Result]:
    """The time of a bar of ten and a hundred times as many (--quick: five times), against that of few."""
    few = plan.choose(100_000, 20_000)
    # What is few is measured as often as it takes to be measured at all.
    short = min(_engine(bars, few)[0] for _ in range(plan.choose(7, 5))) / few
    for factor in (5,) if plan.is_quick else (10, 100):
        count = min(few * factor, len(bars["close"]))
        seconds, given = _engine(bars, count, few * factor // count)
        say(f"{few * factor:,} bars gave {given:,} events")
        yield Result(
            name=f"wyckoff/time of a bar of {few * factor:,} against {few:,}",
            value=round(seconds / (few * factor) / short, 3), unit="ratio",
        )  # fmt: skip


def _markets(count: int, step_ns: int) -> dict[str, Array]:
    """Sixteen different markets, (market, bar) each."""
    made = [_walk(count, seed, step_ns) for seed in range(2, 18)]
    return {name: np.stack([one[name] for one in made]) for name in made[0]}


def _block(markets: dict[str, Array], series: int, begin: int, end: int) -> dict[str, Array]:
    """Bar after bar of so many series, each of which is one of the markets."""
    which = np.arange(series) % 16
    return {name: column[which, begin:end].T.ravel() for name, column in markets.items()}


def _close(plan: Plan) -> Result:
    """One closed hour of every market, with what is kept of its past."""
    count = 400
    made, kept = _made(_SYMBOLS), Kept("k", series=_SYMBOLS, ledger=Ledger())
    bars = _block(_markets(count, HOUR), _SYMBOLS, 0, count)
    slots = np.arange(_SYMBOLS, dtype=np.int32)
    seconds = []

    def one(at: int) -> None:
        span = slice(at * _SYMBOLS, (at + 1) * _SYMBOLS)
        batch = made.take(
            slots, bars["time"][span], bars["open"][span], bars["high"][span], bars["low"][span], bars["close"][span],
            bars["volume"][span],
        )  # fmt: skip
        kept.take(batch, bars["time"][span])

    for at in range(count):
        taken = cpu_seconds(partial(one, at))
        if at >= count - plan.choose(200, 50):
            seconds.append(taken)
    return Result(
        name=f"wyckoff/{_SYMBOLS} markets at an hourly close", value=round(1e3 * median(seconds), 3), unit="ms",
        target=_CLOSE_MS, n=len(seconds), best=round(1e3 * min(seconds), 3),
    )  # fmt: skip


def _scan(plan: Plan) -> Result:
    """Ten years of daily bars of 5,000 series (--quick: of 250), a day of all of them after the other."""
    series = plan.choose(_EQUITIES, 250)
    made, slots, given, seconds = _made(series, DAY), np.arange(series, dtype=np.int32), 0, 0.0
    markets, rows = _markets(_DAYS, DAY), np.tile(slots, _QUARTER)
    for begin in range(0, _DAYS, _QUARTER):
        # A quarter at once: 5,000 series of ten years need not lie in memory.
        bars = _block(markets, series, begin, begin + _QUARTER)

        def work(bars: dict[str, Array] = bars) -> None:
            nonlocal given
            given += _take(made, rows, bars, 0, len(rows))

        seconds += cpu_seconds(work)
    say(f"{series:,} series of {_DAYS:,} days gave {given:,} events")
    return Result(
        name=f"wyckoff/scan of {series:,} series of {_DAYS:,} days", value=round(seconds, 2), unit="s",
        target=_SCAN_S if series == _EQUITIES else None,
    )  # fmt: skip
