"""Candles against an independent model: any trades, any arrival, any cut into batches, any gap."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.build import MIDNIGHT, T, candles, columns, fresh
from tests.kernels_modes import pure_kernels

from tidemark.market.candles import Candles
from tidemark.model.candle import Candle, Origin
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

PURE = pure_kernels()
RETENTION = {Timeframe.S10: 64, Timeframe.M1: 16, Timeframe.M5: 4}
SYMBOLS = 3
SPAN_MS = 240_000
END_S = 420

Step = T | int  # a trade, or a tick at that millisecond of our clock


@contextmanager
def using(kernels: Sequence[tuple[str, ModuleType]]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, module in kernels:
            patch.setattr(name, module)
        yield


@st.composite
def trades(draw: st.DrawFn, latest_ms: int = 0) -> list[T]:
    """Trades in the order in which they arrive, at most *latest_ms* after they happened; their times may be equal."""
    one = st.tuples(
        st.integers(0, SPAN_MS // 250).map(lambda n: n * 250),
        st.integers(0, SYMBOLS - 1),
        st.integers(900, 1100),
        st.integers(1, 40),
        st.booleans(),
        st.integers(1, 3),
        st.integers(0, latest_ms),
    )
    drawn = sorted(draw(st.lists(one, max_size=60)), key=lambda row: row[0])
    made: list[tuple[int, int, T]] = []
    for at, slot, ticks, size, is_buy, fills, delay in drawn:
        for _ in range(fills):
            number = len(made) + 1
            trade = T(at / 1000, ticks / 10, size / 8, is_buy, slot, number, (at + delay) / 1000)
            made.append((at + delay, number, trade))
    return [trade for _, _, trade in sorted(made, key=lambda row: row[:2])]


def steps(arriving: Sequence[T]) -> list[Step]:
    """The trades, with a tick at each whole second of our clock among them."""
    merged: list[Step] = []
    second = 0
    for trade in arriving:
        assert trade.recv is not None
        while second <= trade.recv:
            merged.append(second * 1000)
            second += 1
        merged.append(trade)
    return merged


def drive(made: Candles, todo: Sequence[Step], batch: Sequence[int] = (4096,)) -> None:
    """Hand on the steps, trades in batches of these sizes, over and over; then let the time pass to the end."""
    waiting: list[T] = []
    taken = 0

    def flush() -> None:
        nonlocal taken
        if waiting:
            made.apply(columns(waiting), fresh(len(waiting)))
            waiting.clear()
            taken += 1

    for step in todo:
        if isinstance(step, T):
            waiting.append(step)
            if len(waiting) >= batch[taken % len(batch)]:
                flush()
        else:
            flush()
            made.advance(MIDNIGHT + step * 1_000_000)
    flush()
    made.advance(MIDNIGHT + END_S * SECOND)


def expected(all_trades: Sequence[T], timeframe: Timeframe, slot: int) -> dict[int, tuple[float, ...]]:
    """Open time to open, high, low, close, volume, turnover, bought, trades: everything in the order of its time."""
    model: dict[int, list[T]] = {}
    for trade in sorted(all_trades, key=lambda trade: (trade.at, trade.number)):
        if trade.slot == slot:
            ts = MIDNIGHT + round(trade.at * SECOND)
            model.setdefault(ts - ts % timeframe.ns, []).append(trade)
    return {
        bucket: (
            inside[0].price,
            max(trade.price for trade in inside),
            min(trade.price for trade in inside),
            inside[-1].price,
            sum(trade.size for trade in inside),
            sum(trade.size * trade.price for trade in inside),
            sum(trade.size for trade in inside if trade.is_buy),
            len(inside),
        )
        for bucket, inside in model.items()
    }


def figures(candle: Candle) -> tuple[float, ...]:
    assert candle.buy_volume is not None
    assert candle.trades is not None
    return (
        candle.open,
        candle.high,
        candle.low,
        candle.close,
        candle.volume,
        candle.turnover,
        candle.buy_volume,
        candle.trades,
    )


def memory(made: Candles) -> list[bytes]:
    """Every byte of the rings and accumulators."""
    return [
        part.tobytes()
        for level in made._levels
        for part in (*level.ring.columns.values(), level.ring.head, level.state, level.sums)
    ]


@settings(max_examples=60, deadline=None)
@given(trades(latest_ms=15_000))
def test_every_candle_is_the_sum_of_its_trades_however_late_they_came(arriving: list[T]) -> None:
    made = candles(SYMBOLS, RETENTION)

    drive(made, steps(arriving))

    for timeframe in RETENTION:
        for slot in range(SYMBOLS):
            closed = {c.open_time: c for c in made.closed(slot, timeframe, 100) if c.trades}
            model = expected(arriving, timeframe, slot)
            assert set(closed) == set(model)
            for at, candle in closed.items():
                assert figures(candle) == pytest.approx(model[at], rel=2e-7)
                assert candle.origin is Origin.TRADES


@settings(max_examples=60, deadline=None)
@given(trades(latest_ms=15_000))
def test_no_trade_is_lost_and_none_counts_twice(arriving: list[T]) -> None:
    made = candles(SYMBOLS, RETENTION)

    drive(made, steps(arriving))

    assert made.counters.applied == len(arriving)
    assert made.counters.too_late == 0
    for timeframe in (Timeframe.S10, Timeframe.M1, Timeframe.M5):
        rows = [candle for slot in range(SYMBOLS) for candle in made.closed(slot, timeframe, 100)]
        assert sum(candle.trades or 0 for candle in rows) == len(arriving)
        assert sum(candle.volume for candle in rows) == sum(trade.size for trade in arriving)
        for candle in rows:
            assert candle.low <= candle.open <= candle.high
            assert candle.low <= candle.close <= candle.high
            assert candle.buy_volume is not None
            assert 0 <= candle.buy_volume <= candle.volume
            assert (candle.volume == 0) == (candle.trades == 0) == (candle.origin is Origin.FILLED)


@settings(max_examples=60, deadline=None)
@given(trades(latest_ms=15_000), st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_how_the_input_is_cut_into_batches_makes_no_difference(arriving: list[T], sizes: list[int]) -> None:
    whole, cut = candles(SYMBOLS, RETENTION), candles(SYMBOLS, RETENTION)

    drive(whole, steps(arriving))
    drive(cut, steps(arriving), sizes)

    assert memory(cut) == memory(whole)
    assert cut.counters == whole.counters


@settings(max_examples=40, deadline=None)
@given(trades(latest_ms=15_000), st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_the_built_kernel_and_its_plain_python_agree_to_the_byte(arriving: list[T], sizes: list[int]) -> None:
    results = []
    for kernels in ((), PURE):
        with using(kernels):
            made = candles(SYMBOLS, RETENTION)
            drive(made, steps(arriving), sizes)
            made.open_gap(np.array([1], np.int32), MIDNIGHT + 100 * SECOND)
            results.append((memory(made), made.counters))

    assert results[0] == results[1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trades(), st.integers(5, 150), st.integers(0, 20), st.integers(1, 60), st.data())
def test_a_gap_marks_exactly_the_candles_that_it_touches(
    arriving: list[T], since: int, noticed_after: int, lasted: int, data: st.DataObject
) -> None:
    made = candles(SYMBOLS, RETENTION)
    noticed = since + noticed_after
    until = noticed + lasted
    slot = data.draw(st.integers(0, SYMBOLS - 1))
    gone = np.array([slot], np.int32)
    heard = [trade for trade in arriving if trade.slot != slot or not since < trade.at < until]
    todo = steps(heard)
    todo += [second * 1000 for second in range(sum(type(step) is int for step in todo), END_S)]
    before = [step for step in todo if (step / 1000 if isinstance(step, int) else step.at) <= noticed]
    during = [step for step in todo if noticed < (step / 1000 if isinstance(step, int) else step.at) <= until]
    after = todo[len(before) + len(during) :]

    def advance(part: list[Step]) -> None:
        for step in part:
            if isinstance(step, T):
                made.apply(columns([step]), fresh(1))
            else:
                made.advance(MIDNIGHT + step * 1_000_000)

    advance(before)
    made.open_gap(gone, MIDNIGHT + since * SECOND)
    advance(during)
    made.close_gap(gone, MIDNIGHT + since * SECOND, MIDNIGHT + until * SECOND)
    advance(after)

    first, last = MIDNIGHT + since * SECOND - SECOND // 2, MIDNIGHT + until * SECOND + SECOND // 2 - 1
    for timeframe in RETENTION:
        for each in range(SYMBOLS):
            model = expected(heard, timeframe, each)
            closed = {candle.open_time: candle for candle in made.closed(each, timeframe, 100)}
            assert set(model) <= set(closed)
            for at, candle in closed.items():
                if candle.trades:
                    assert figures(candle) == pytest.approx(model[at], rel=2e-7)
                touched = each == slot and at <= last and at + timeframe.ns > first
                allowed = (Origin.PARTIAL,) if touched else (Origin.TRADES, Origin.FILLED)
                assert candle.origin in allowed, (timeframe, (at - MIDNIGHT) / SECOND, candle.origin)
                assert (candle.origin is Origin.FILLED) == (candle.trades == 0)
