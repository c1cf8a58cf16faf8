"""The exchange's own candles, and fetched trades, meet ours."""

import numpy as np
import pytest
from tests.build import ALL, MIDNIGHT, T, candles, feed, history_of, klines_of, until
from tests.kernels_modes import pure_kernels

from tidemark.market.candles import Candles
from tidemark.market.closed import Mismatched, Revised
from tidemark.market.confirm import Confirm, ConfirmCounters, Confirmed
from tidemark.market.level import Level
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.events import KlineRow, Klines
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, HOUR, MINUTE, SECOND

ONE = np.array([0], np.int32)
MARKET = [T(n * 7, 100.0 + n % 13 / 10, 1.0 + n % 4, n % 3 == 0, 0, n + 1) for n in range(100)]


@pytest.fixture(params=["built", "pure"], autouse=True)
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every behaviour holds for the kernels as they were built and for their plain Python."""
    if request.param == "pure":
        for name, module in pure_kernels():
            monkeypatch.setattr(name, module)


def gap(made: Candles, market: list[T], since: float, to: float, end: float) -> list[tuple[int, int]]:
    """Feed *market* up to *end* but for a gap, by our clock; give the gap as a span."""
    feed(made, [t for t in market if t.at < since])
    until(made, since)
    start = MIDNIGHT + round(since * SECOND)
    made.open_gap(ONE, start)
    until(made, to)
    made.close_gap(ONE, start, MIDNIGHT + round(to * SECOND))
    for t in market:
        if to <= t.at <= end:
            feed(made, [t])
    until(made, end)
    half = SECOND // 2
    return [(start - half, MIDNIGHT + round(to * SECOND) + half)]


def whole(market: list[T], end: float) -> Candles:
    made = candles()
    for t in market:
        if t.at <= end:
            feed(made, [t])
    until(made, end)
    return made


def figures(made: Candles, timeframe: Timeframe) -> list[tuple[object, ...]]:
    return [
        (c.open_time, c.open, c.high, c.low, c.close, c.volume, c.trades, c.buy_volume)
        for c in made.closed(0, timeframe, 2000)
    ]


def origins(made: Candles, timeframe: Timeframe) -> list[Origin]:
    return [c.origin for c in made.closed(0, timeframe, 100)]


def test_a_gap_inside_one_minute_is_mended_by_that_minutes_candle() -> None:
    made = candles()
    spans = gap(made, MARKET, 70, 95, 302)

    outputs = made.confirm(0, klines_of(MARKET, Timeframe.M1, 60, 1), 1.0, spans)

    assert figures(made, Timeframe.M1) == figures(whole(MARKET, 302), Timeframe.M1)
    assert figures(made, Timeframe.M5) == figures(whole(MARKET, 302), Timeframe.M5)
    assert origins(made, Timeframe.M1) == [Origin.TRADES, Origin.REPAIRED, *[Origin.TRADES] * 3]
    assert origins(made, Timeframe.M5) == [Origin.REPAIRED]
    assert [(type(o), o.timeframe, len(o.slots)) for o in outputs if isinstance(o, Revised)] == [
        (Revised, Timeframe.M1, 1), (Revised, Timeframe.M5, 1),
    ]  # fmt: skip
    assert made.confirmed.of(0).repaired == 1


def test_the_open_hour_takes_a_repaired_minute() -> None:
    made = candles()
    spans = gap(made, MARKET, 70, 95, 302)
    damaged = made.provisional(0, Timeframe.H1)

    made.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 5), 1.0, spans)

    mended, right = made.provisional(0, Timeframe.H1), whole(MARKET, 302).provisional(0, Timeframe.H1)
    assert damaged is not None
    assert mended is not None
    assert right is not None
    assert (damaged.trades, mended.trades, right.trades) == (40, 44, 44)
    assert (mended.open, mended.high, mended.low, mended.close, mended.volume, mended.buy_volume) == (
        right.open, right.high, right.low, right.close, right.volume, right.buy_volume,
    )  # fmt: skip


def test_a_gap_over_the_hour_and_midnight_reaches_every_candle_on_both_sides() -> None:
    # The last four minutes of the day before, and the first of the day; a candle of each timeframe ends between.
    market = [T(n * 7 - 240, 100.0 + n % 13 / 10, 1.0, n % 3 == 0, 0, n + 1) for n in range(100)]
    made, right = candles(), candles()
    for one in (made, right):
        until(one, -300)
    spans = gap(made, market, -100, 130, 402)
    feed(right, [t for t in market if t.at <= 402])
    until(right, 402)

    made.confirm(0, klines_of(market, Timeframe.M1, -240, 10), 1.0, spans)

    for timeframe in (Timeframe.M1, Timeframe.M5, Timeframe.M15, Timeframe.H1, Timeframe.H4, Timeframe.D1):
        ours, theirs = figures(made, timeframe)[-6:], figures(right, timeframe)[-6:]
        assert ours == theirs, timeframe
    mended = {
        (c.open_time - MIDNIGHT) // MINUTE for c in made.closed(0, Timeframe.M1, 99) if c.origin == Origin.REPAIRED
    }
    assert mended == {-2, -1, 0, 1, 2}
    # Of the hour before nobody knows what was there before the first trade: it has all that there is, and says so.
    assert origins(made, Timeframe.H1) == [Origin.PARTIAL]


def test_a_gap_that_ends_in_a_minute_that_is_open_leaves_it_to_be_mended_when_it_is_over() -> None:
    made = candles()
    spans = gap(made, MARKET, 70, 130, 150)

    made.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 3), 1.0, spans)
    early = (origins(made, Timeframe.M1), made.confirmed.counters.outside)
    feed(made, [t for t in MARKET if 150 < t.at <= 182])
    until(made, 182)
    flawed = made.flawed(0, Timeframe.M1, *spans[0]).tolist()
    made.confirm(0, klines_of(MARKET, Timeframe.M1, 120, 1), 1.0, spans)

    assert early == ([Origin.TRADES, Origin.REPAIRED], 1)
    assert flawed == [MIDNIGHT + 120 * SECOND]
    assert figures(made, Timeframe.M1) == figures(whole(MARKET, 182), Timeframe.M1)


def test_a_tick_that_changed_in_the_gap_restates_before_it_repairs() -> None:
    market = [T(10, 100.0, number=1), T(70, 100.5, number=2), T(100, 101.25, number=3), T(130, 102.25, number=4)]
    made = candles(tick_size=0.5)
    spans = gap(made, market[:2], 75, 120, 121)
    made.retick(0, 0.25)
    feed(made, market[3:])
    until(made, 182)

    made.confirm(0, klines_of(market, Timeframe.M1, 0, 3), 1.0, spans)

    assert [(c.open, c.high, c.close, c.origin) for c in made.closed(0, Timeframe.M1, 9)] == [
        (100.0, 100.0, 100.0, Origin.TRADES),
        (100.5, 101.25, 101.25, Origin.REPAIRED),
        (102.25, 102.25, 102.25, Origin.REPAIRED),
    ]  # fmt: skip
    assert made.confirmed.counters.off_tick == 0


def test_a_kill_between_two_timeframes_of_one_boundary_is_mended() -> None:
    before, made, right = whole(MARKET, 182), candles(alive=False), whole(MARKET, 302)
    # All eighteen of 10 seconds were written, and only two of the three of a minute.
    for timeframe, written in ((Timeframe.S10, 18), (Timeframe.M1, 2)):
        rows = before.rows(0, timeframe, 18 if timeframe is Timeframe.S10 else 3)
        opened = rows.pop("open_time")
        for i in range(written):
            one = {name: column[i : i + 1] for name, column in rows.items()}
            made.restore(timeframe, ONE, opened[i : i + 1], np.array([0.1]), one)
    made.resume()
    since = MIDNIGHT + 180 * SECOND
    made.close_gap(ONE, since, since + 2 * SECOND)
    feed(made, [t for t in MARKET if 182 < t.at <= 302])
    until(made, 302)
    assert origins(made, Timeframe.M1) == [Origin.TRADES, Origin.TRADES, Origin.PARTIAL, Origin.TRADES]

    made.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 5), 1.0, [(since - SECOND // 2, since + 3 * SECOND)])

    assert figures(made, Timeframe.M1) == figures(right, Timeframe.M1)
    assert figures(made, Timeframe.M5) == figures(right, Timeframe.M5)
    assert origins(made, Timeframe.M1) == [
        Origin.TRADES,
        Origin.TRADES,
        Origin.REPAIRED,
        Origin.REPAIRED,
        Origin.TRADES,
    ]


def test_history_at_a_cold_start_is_the_exchanges_in_every_timeframe_in_any_order() -> None:
    market = [T(-7200 + n * 30, 100.0 + n % 7, 1.0, number=n + 1) for n in range(240)]
    made = candles(alive=False)

    made.confirm(0, klines_of(market, Timeframe.H1, -7200, 2, recv=3), 1.0)
    made.confirm(0, klines_of(market, Timeframe.M1, -3600, 60, recv=3), 1.0)
    made.confirm(0, klines_of(market, Timeframe.M1, -7200, 60, recv=3), 1.0)

    assert [len(made.closed(0, t, 500)) for t in (Timeframe.M1, Timeframe.M5, Timeframe.M15, Timeframe.H1)] == [
        120,
        24,
        8,
        2,
    ]
    assert set(origins(made, Timeframe.M5)) == {Origin.EXCHANGE}
    assert made.confirmed.of(0).written == 122
    assert made.confirmed.of(0).mismatched == 0


def test_what_a_ring_has_left_behind_is_passed_over() -> None:
    made = candles(retention=ALL | {Timeframe.M1: 3})
    until(made, 602)

    made.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 10), 1.0)

    assert [(c.open_time - MIDNIGHT) // MINUTE for c in made.closed(0, Timeframe.M1, 99)] == [7, 8, 9]
    assert made.confirmed.counters.outside == 7


def test_a_candle_that_differs_gives_way_and_both_are_announced() -> None:
    made = whole(MARKET, 122)
    theirs = klines_of([t if t.at != 7 else t._replace(price=90.0) for t in MARKET], Timeframe.M1, 0, 2)

    outputs = made.confirm(0, theirs, 0.1)

    (mismatched,) = [output for output in outputs if isinstance(output, Mismatched)]
    assert (mismatched.timeframe, mismatched.slot, mismatched.tick_size) == (Timeframe.M1, 0, 0.1)
    assert mismatched.open_times.tolist() == [MIDNIGHT]
    assert mismatched.fields.tolist() == [4 | 32]
    assert (mismatched.ours["low"].tolist(), mismatched.theirs["low"].tolist()) == ([1000], [900])
    assert made.closed(0, Timeframe.M1, 9)[0].low == 90.0
    assert origins(made, Timeframe.M1) == [Origin.EXCHANGE, Origin.TRADES]
    told = made.confirmed.of(0)
    assert (told.checked, told.mismatched, told.low, told.turnover, told.high, told.rate) == (2, 1, 1, 1, 0, 0.5)


def test_a_late_print_that_is_in_the_exchanges_candle_already_does_not_count_twice() -> None:
    late = T(30.5, 120.0, 5.0, True, 0, 999)
    made = whole(MARKET, 62)
    made.confirm(0, klines_of([*MARKET, late], Timeframe.M1, 0, 1), 1.0)

    feed(made, [late])
    feed(made, [t for t in MARKET if 62 < t.at <= 302])
    until(made, 302)

    right = candles()
    feed(right, sorted([*[t for t in MARKET if t.at <= 302], late], key=lambda t: t.at))
    until(right, 302)
    assert figures(made, Timeframe.M1) == figures(right, Timeframe.M1)
    assert figures(made, Timeframe.M5) == figures(right, Timeframe.M5)
    assert made.counters.settled == 1


def test_a_late_print_of_another_minute_still_reaches_a_repaired_longer_candle() -> None:
    late = T(150.5, 120.0, 5.0, True, 0, 999)
    made = candles()
    spans = gap(made, MARKET, 10, 20, 302)
    made.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 1), 1.0, spans)

    feed(made, [late])

    assert made.closed(0, Timeframe.M1, 9)[2].high == 120.0
    assert made.closed(0, Timeframe.M5, 9)[0].high == 120.0
    assert made.counters.settled == 0


def test_what_is_not_told_is_none_and_stays_so_in_the_sum() -> None:
    made = candles()
    spans = gap(made, MARKET, 70, 95, 302)

    made.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 5, is_told=False), 1.0, spans)

    minute, five = made.closed(0, Timeframe.M1, 9)[1], made.closed(0, Timeframe.M5, 9)[0]
    assert (minute.trades, minute.buy_volume, five.trades, five.buy_volume) == (None, None, None, None)
    open_hour = made.provisional(0, Timeframe.H1)
    assert open_hour is not None
    assert (open_hour.trades, open_hour.buy_volume) == (None, None)


def test_the_price_is_known_again_from_the_exchanges_candle() -> None:
    made = candles()
    spans = gap(made, [T(10, 100.0)], 30, 50, 62)

    made.confirm(0, klines_of([T(10, 100.0)], Timeframe.M1, 0, 1), 1.0, spans)
    until(made, 122)

    assert origins(made, Timeframe.M1) == [Origin.REPAIRED, Origin.FILLED]
    assert [c.close for c in made.closed(0, Timeframe.M1, 9)] == [100.0, 100.0]


def row(open_time: int, price: float = 100.0) -> KlineRow:
    return KlineRow(open_time, price, price, price, price, 1.0, price)


@pytest.mark.parametrize(
    ("first", "count", "rows"),
    [
        (2**80, 2**80, (row(2**80),)), (-(2**80), 2**81, ()), (0, 0, (row(MIDNIGHT),)),
        (MIDNIGHT, -5, (row(MIDNIGHT),)),
        (MIDNIGHT, 5, (row(MIDNIGHT + 1), row(MIDNIGHT + 30 * SECOND))), (MIDNIGHT + DAY, 5, (row(MIDNIGHT + DAY),)),
        (MIDNIGHT, 10, (row(MIDNIGHT + HOUR),)), (MIDNIGHT, 10, (row(MIDNIGHT, float("inf")), row(MIDNIGHT, 1e300))),
    ],
)  # fmt: skip
def test_hostile_candles_change_nothing_and_are_counted(first: int, count: int, rows: tuple[KlineRow, ...]) -> None:
    made = whole(MARKET, 302)
    before = [column.tobytes() for level in made._levels for column in (*level.columns, level.ring.head)]

    outputs = made.confirm(
        0,
        Klines(ts_event=0, ts_recv=0, symbol="BTCUSDT", timeframe=Timeframe.M1, first=first, count=count, rows=rows),
        1.0,
    )

    assert outputs == []
    assert [column.tobytes() for level in made._levels for column in (*level.columns, level.ring.head)] == before
    counters = made.confirmed.counters
    assert counters.outside + counters.refused == len(rows)


def test_a_timeframe_that_is_not_kept_is_counted() -> None:
    made = candles(retention={Timeframe.M1: 10})

    assert made.confirm(0, klines_of(MARKET, Timeframe.M5, 0, 2, recv=700), 1.0) == []

    assert made.confirmed.counters == ConfirmCounters(outside=0, refused=0, off_tick=0, unkept=2)


def test_fetched_trades_mend_down_to_the_shortest_and_only_what_they_hold_whole() -> None:
    made = candles()
    spans = gap(made, MARKET, 73, 98, 302)

    outputs = made.complete(0, history_of(MARKET, 75, 100), 1.0, spans)
    part = origins(made, Timeframe.S10)[6:11]
    again = made.complete(0, history_of(MARKET, 70, 100), 1.0, spans)

    assert part == [Origin.TRADES, Origin.PARTIAL, Origin.REPAIRED, Origin.REPAIRED, Origin.TRADES]
    assert [output.timeframe for output in again] == [Timeframe.S10, Timeframe.M1, Timeframe.M5]
    assert [len(output.slots) for output in outputs] == [2, 1, 1]
    for timeframe in (Timeframe.S10, Timeframe.M1, Timeframe.M5):
        assert figures(made, timeframe) == figures(whole(MARKET, 302), timeframe)
    assert made.complete(0, history_of(MARKET, 70, 100), 1.0, spans) == [], "the same trades again change nothing"


def test_a_fetched_trade_that_cannot_be_lets_none_of_them_count() -> None:
    made = candles()
    spans = gap(made, MARKET, 73, 98, 302)
    bad = [*MARKET, T(80.5, 1e12, number=500)]

    assert made.complete(0, history_of(bad, 70, 100), 1.0, spans) == []

    assert made.confirmed.counters.refused == 6


def test_fetched_trades_before_there_is_a_time_are_not_taken() -> None:
    assert candles(alive=False).complete(0, history_of(MARKET, 0, 60), 1.0) == []


def test_a_newcomer_in_a_slot_begins_with_no_figures() -> None:
    made = whole(MARKET, 122)
    made.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 2), 1.0)
    checked = made.confirmed.of(0).checked
    assert made.confirmed.totals() == made.confirmed.of(0)

    made.leave(0)

    nothing = dict.fromkeys((field for field in Confirmed.__struct_fields__), 0)
    assert (checked, made.confirmed.of(0)) == (2, Confirmed(**nothing))
    assert made.confirmed.of(0).rate is None


def test_memory_is_what_was_declared() -> None:
    ledger, rows = Ledger(), {Timeframe.M1: 7, Timeframe.M5: 9}

    Confirm([Level(t, 3, n, Ledger()) for t, n in rows.items()], 3, opens_at_close=False, ledger=ledger)

    declared = {one.owner: one.bytes for one in Confirm.reserve(series=3, retention=rows)}
    assert declared == {line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"}


def test_what_closed_before_the_price_was_known_is_flat_at_it() -> None:
    made = candles()
    feed(made, [T(5, 100.0)])
    start = MIDNIGHT + 21 * SECOND
    made.open_gap(ONE, start)
    until(made, 33)
    made.close_gap(ONE, start, MIDNIGHT + 33 * SECOND)
    until(made, 123)
    assert [c.open_time for c in made.closed(0, Timeframe.S10, 20)][-1] == MIDNIGHT + 10 * SECOND

    outputs = made.confirm(0, klines_of([T(5, 100.0), T(25, 101.0)], Timeframe.M1, 0, 2), 1.0)

    # The feed is whole from 33.5 s on; nobody traded from then to 120 s, when the price was 101.0.
    flat = made.closed(0, Timeframe.S10, 8)
    assert [c.open_time for c in flat] == [MIDNIGHT + n * 10 * SECOND for n in range(4, 12)]
    assert {(c.open, c.high, c.low, c.close, c.volume, c.origin) for c in flat} == {
        (101.0, 101.0, 101.0, 101.0, 0.0, Origin.FILLED)
    }
    told = [out for out in outputs if isinstance(out, Revised) and out.timeframe is Timeframe.S10]
    assert told[-1].open_times.tolist() == [c.open_time for c in flat]
