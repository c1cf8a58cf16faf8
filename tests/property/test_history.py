"""After a gap, and after the exchange's candles or the missing trades came, nothing is different but the origin."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.build import MIDNIGHT, T, candles, columns, fresh, history_of, klines_of
from tests.kernels_modes import pure_kernels

from tidemark.market.candles import Candles
from tidemark.model.candle import Candle, Origin
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

RETENTION = {Timeframe.S10: 128, Timeframe.M1: 32, Timeframe.M5: 8, Timeframe.M15: 4}
LONGER = (Timeframe.M1, Timeframe.M5, Timeframe.M15)
ONE = np.array([0], np.int32)
SPAN_S, END_S = 900, 1200
PURE = pure_kernels()


@st.composite
def markets(draw: st.DrawFn) -> list[T]:
    """Trades of one series over 15 minutes, the first within the first seconds."""
    one = st.tuples(st.integers(0, SPAN_S * 4 - 1), st.integers(900, 1100), st.integers(1, 40), st.booleans())
    drawn = [(0, 1000, 8, True), *sorted(draw(st.lists(one, max_size=80)), key=lambda row: row[0])]
    return [T(at / 4, ticks / 10, size / 8, is_buy, 0, n + 1) for n, (at, ticks, size, is_buy) in enumerate(drawn)]


gaps_of = st.lists(st.tuples(st.integers(2, SPAN_S - 10), st.integers(1, 200)), min_size=1, max_size=3)


def apart(gaps: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Since and until, in order, without overlap."""
    found: list[tuple[int, int]] = []
    for since, lasted in sorted(gaps):
        if not found or since > found[-1][1] + 3:
            found.append((since, since + lasted))
    return found


def live(market: Sequence[T], gaps: Sequence[tuple[int, int]], until: int = END_S) -> Candles:
    """What is built from the trades outside the gaps."""
    made = candles(1, RETENTION)
    for second in range(until + 1):
        for since, to in gaps:
            if second == to:
                made.close_gap(ONE, MIDNIGHT + since * SECOND, MIDNIGHT + to * SECOND)
            if second == since:
                made.open_gap(ONE, MIDNIGHT + since * SECOND)
        heard = [t for t in market if second <= t.at < second + 1 and not any(since <= t.at < to for since, to in gaps)]
        if heard:
            made.apply(columns(heard), fresh(len(heard)))
        made.advance(MIDNIGHT + second * SECOND)
    return made


def spans(gaps: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    half = SECOND // 2
    return [(MIDNIGHT + since * SECOND - half, MIDNIGHT + to * SECOND + half) for since, to in gaps]


def touched(at: int, timeframe: Timeframe, gaps: Sequence[tuple[int, int]]) -> bool:
    return any(at < until and since < at + timeframe.ns for since, until in spans(gaps))


def values(candle: Candle) -> tuple[float, ...]:
    assert candle.trades is not None
    assert candle.buy_volume is not None
    return (
        candle.open, candle.high, candle.low, candle.close, candle.volume, candle.turnover, candle.buy_volume,
        candle.trades,
    )  # fmt: skip


def assert_as_without_faults(made: Candles, whole: Candles, timeframe: Timeframe) -> dict[int, Candle]:
    ours = {candle.open_time: candle for candle in made.closed(0, timeframe, 200)}
    theirs = {candle.open_time: candle for candle in whole.closed(0, timeframe, 200)}
    assert set(ours) == set(theirs), timeframe
    for at, candle in ours.items():
        assert values(candle) == pytest.approx(values(theirs[at]), rel=4e-7), (timeframe, (at - MIDNIGHT) / SECOND)
    return ours


@settings(max_examples=80, deadline=None)
@given(markets(), gaps_of, st.lists(st.integers(0, END_S // 60 - 1), max_size=4))
def test_candles_repaired_by_klines_equal_those_of_a_run_without_faults(
    market: list[T], drawn: list[tuple[int, int]], order: list[int]
) -> None:
    gaps = apart(drawn)
    made, whole = live(market, gaps), live(market, [])

    # Some minutes first, one by one and in any order; then all of them.
    for minute in order:
        made.confirm(0, klines_of(market, Timeframe.M1, minute * 60, 1), 0.125, spans(gaps))
    made.confirm(0, klines_of(market, Timeframe.M1, 0, END_S // 60 - 1), 0.125, spans(gaps))

    assert made.confirmed.of(0).mismatched == 0
    for timeframe in LONGER:
        for at, candle in assert_as_without_faults(made, whole, timeframe).items():
            # After a gap the price is not known until somebody trades: the exchange tells it sooner.
            whole_too = (Origin.TRADES, Origin.FILLED, Origin.EXCHANGE)
            allowed = (Origin.REPAIRED,) if touched(at, timeframe, gaps) else whole_too
            assert candle.origin in allowed, (timeframe, candle)
    assert made.flawed(0, Timeframe.M1, MIDNIGHT, MIDNIGHT + (END_S - 60) * SECOND).tolist() == []


@settings(max_examples=80, deadline=None)
@given(markets(), gaps_of)
def test_candles_repaired_by_trades_equal_those_of_a_run_without_faults_down_to_the_shortest(
    market: list[T], drawn: list[tuple[int, int]]
) -> None:
    gaps = apart(drawn)
    made, whole = live(market, gaps), live(market, [])

    # From the first candle to past the next price after the gap: what is quiet after a gap has no price yet.
    made.complete(0, history_of(market, 0, END_S - 10), 0.125, spans(gaps))

    for timeframe in RETENTION:
        for at, candle in assert_as_without_faults(made, whole, timeframe).items():
            if not touched(at, timeframe, gaps):
                assert candle.origin is not Origin.PARTIAL
            else:
                assert candle.origin is Origin.REPAIRED, (timeframe, (at - MIDNIGHT) / SECOND)


@settings(max_examples=60, deadline=None)
@given(markets(), gaps_of, st.integers(120, END_S - 120))
def test_a_repair_in_the_middle_of_longer_candles_reaches_them_when_they_close(
    market: list[T], drawn: list[tuple[int, int]], at: int
) -> None:
    gaps = [(since, until) for since, until in apart(drawn) if until < at - 62]
    made, whole = live(market, gaps, at), live(market, [])
    done = (at - 2) // 60

    made.confirm(0, klines_of(market, Timeframe.M1, 0, done), 0.125, spans(gaps))
    for second in range(at + 1, END_S + 1):
        heard = [t for t in market if second <= t.at < second + 1]
        if heard:
            made.apply(columns(heard), fresh(len(heard)))
        made.advance(MIDNIGHT + second * SECOND)

    for timeframe in LONGER:
        assert_as_without_faults(made, whole, timeframe)


@settings(max_examples=60, deadline=None)
@given(markets(), gaps_of)
def test_where_candles_open_at_the_close_before_them_the_repaired_ones_are_the_exchanges(
    market: list[T], drawn: list[tuple[int, int]]
) -> None:
    gaps = apart(drawn)
    made = live(market, gaps)
    made.confirmed._opens_at_close = True
    theirs = klines_of(market, Timeframe.M1, 0, END_S // 60 - 1, opens_at_close=True, is_told=False)

    made.confirm(0, theirs, 0.125, spans(gaps))

    assert made.confirmed.of(0).mismatched == 0
    rows = {row.open_time: row for row in theirs.rows}
    for candle in made.closed(0, Timeframe.M1, 100):
        if candle.open_time in rows:
            row = rows[candle.open_time]
            assert (candle.close, candle.volume) == pytest.approx((row.close, row.volume), rel=2e-7)
            if candle.origin is Origin.REPAIRED:
                assert (candle.open, candle.high, candle.low) == (row.open, row.high, row.low)
                assert candle.trades == (None if row.volume else 0)


@settings(max_examples=30, deadline=None)
@given(markets(), gaps_of)
def test_the_built_kernels_and_their_plain_python_agree_to_the_byte(
    market: list[T], drawn: list[tuple[int, int]]
) -> None:
    gaps = apart(drawn)
    results = []
    for kernels in ((), PURE):
        with pytest.MonkeyPatch.context() as patch:
            for name, module in kernels:
                patch.setattr(name, module)
            made = live(market, gaps)
            made.complete(0, history_of(market, gaps[0][0] // 10 * 10, END_S - 300), 0.125, spans(gaps))
            made.confirm(0, klines_of(market, Timeframe.M5, 0, 2), 0.125, spans(gaps))
            made.confirm(0, klines_of(market[::2], Timeframe.M1, 0, END_S // 60 - 1), 0.125, spans(gaps))
            results.append(
                [
                    part.tobytes()
                    for level in made._levels
                    for part in (*level.columns, level.ring.head, level.state, level.sums)
                ]
                + [made.confirmed.of(0), made.counters]
            )

    assert results[0] == results[1]
