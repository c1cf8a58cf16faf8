"""Candles from trades: boundaries, origins, late prints, gaps, ticks of the price."""

import numpy as np
import pytest
from tests.build import MIDNIGHT, T, candles, columns, feed, fresh, until
from tests.kernels_modes import pure_kernels

from tidemark.market.candles import Candles
from tidemark.market.closed import Closed, Revised
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Candle, Origin
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, SECOND

NOBODY = np.array([], np.int32)
ONE = np.array([0], np.int32)


@pytest.fixture(params=["built", "pure"], autouse=True)
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every behaviour holds for the kernel as it was built and for its plain Python."""
    if request.param == "pure":
        for name, module in pure_kernels():
            monkeypatch.setattr(name, module)


def shapes(made: Candles, timeframe: Timeframe, slot: int = 0) -> list[tuple[float, ...]]:
    """(seconds after midnight, open, high, low, close, volume, trades) of the closed candles."""
    return [
        ((c.open_time - MIDNIGHT) / SECOND, c.open, c.high, c.low, c.close, c.volume, c.trades or 0)
        for c in made.closed(slot, timeframe, 1000)
    ]


def origins(made: Candles, timeframe: Timeframe, slot: int = 0) -> dict[float, Origin]:
    return {(c.open_time - MIDNIGHT) / SECOND: c.origin for c in made.closed(slot, timeframe, 1000)}


def test_a_candle_holds_the_trades_of_its_interval() -> None:
    made = candles()

    feed(made, [T(0, 100.0, 2.0), T(4, 103.5, 1.0, is_buy=False), T(9.999, 99.9, 0.5), T(10, 101.0, 4.0)])
    until(made, 12)

    assert made.closed(0, Timeframe.S10, 10) == [
        Candle(
            open_time=MIDNIGHT,
            open=100.0,
            high=103.5,
            low=99.9,
            close=99.9,
            volume=3.5,
            turnover=float(np.float32(100.0 * 2 + 103.5 + 99.9 * 0.5)),
            buy_volume=2.5,
            trades=3,
            origin=Origin.TRADES,
        )
    ]


def test_a_candle_waits_for_its_grace_and_not_longer() -> None:
    made = candles()
    feed(made, [T(1, 100.0)])

    early = until(made, 11.999)
    late = until(made, 12.0)

    assert early == []
    assert [(type(output), output.timeframe) for output in late if isinstance(output, Closed)] == [
        (Closed, Timeframe.S10)
    ]


def test_a_trade_behind_the_grace_closes_the_candle_before_it_is_taken() -> None:
    made = candles()

    outputs = feed(made, [T(1, 100.0), T(12, 105.0)])

    assert len(outputs) == 1
    assert shapes(made, Timeframe.S10) == [(0, 100.0, 100.0, 100.0, 100.0, 1.0, 1)]


def test_all_series_close_at_the_same_boundary() -> None:
    made = candles(series=3)
    feed(made, [T(1, 100.0, slot=0), T(2, 50.0, slot=1), T(3, 20.0, slot=2)])

    (closed,) = until(made, 12)

    assert isinstance(closed, Closed)
    assert closed.slots.tolist() == [0, 1, 2]
    assert closed.open_times.tolist() == [MIDNIGHT] * 3
    assert closed.rows["close"].tolist() == [1000, 500, 200]


def test_every_longer_timeframe_is_made_of_the_shorter() -> None:
    made = candles()
    feed(made, [T(second, 100.0 + second / 10, 1.0, number=second + 1) for second in range(300)])

    outputs = until(made, 302)

    assert [o.timeframe.value for o in outputs if isinstance(o, Closed)] == ["10s", "1m", "5m"]
    assert shapes(made, Timeframe.M1)[1] == (60, 106.0, 111.9, 106.0, 111.9, 60.0, 60)
    assert shapes(made, Timeframe.M5) == [(0, 100.0, 129.9, 100.0, 129.9, 300.0, 300)]


def test_a_minute_without_trades_is_filled_while_the_feed_is_alive() -> None:
    made = candles()
    feed(made, [T(30, 100.0)])

    until(made, 122)

    assert shapes(made, Timeframe.M1) == [(0, 100.0, 100.0, 100.0, 100.0, 1.0, 1), (60, 100, 100, 100, 100, 0, 0)]
    assert origins(made, Timeframe.M1) == {0: Origin.TRADES, 60: Origin.FILLED}


def test_a_filled_minute_gives_its_old_price_to_no_longer_candle() -> None:
    made = candles()
    feed(made, [T(30, 100.0), T(130, 90.0), T(299, 95.0)])

    until(made, 602)

    assert shapes(made, Timeframe.M5)[0] == (0, 100.0, 100.0, 90.0, 95.0, 3.0, 3)
    assert origins(made, Timeframe.M5)[300] is Origin.FILLED


def test_nothing_is_filled_before_the_first_trade() -> None:
    made = candles()
    until(made, 2)

    until(made, 62)

    assert origins(made, Timeframe.M1) == {}


def test_a_series_that_was_never_confirmed_has_no_whole_candle() -> None:
    made = candles(alive=False)
    feed(made, [T(1, 100.0)])

    until(made, 62)

    assert origins(made, Timeframe.S10) == {0: Origin.PARTIAL}
    assert origins(made, Timeframe.M1) == {0: Origin.PARTIAL}


def test_the_candle_in_which_the_feed_begins_is_partial() -> None:
    made = candles(alive=False)
    until(made, 3)
    made.close_gap(ONE, None, MIDNIGHT + 14 * SECOND)
    feed(made, [T(15, 100.0), T(25, 101.0)])

    until(made, 122)

    assert origins(made, Timeframe.S10)[10] is Origin.PARTIAL
    assert origins(made, Timeframe.S10)[20] is Origin.TRADES
    assert origins(made, Timeframe.M1) == {0: Origin.PARTIAL, 60: Origin.FILLED}


def test_the_candle_in_which_the_feed_begins_is_partial_before_any_tick_came() -> None:
    made = candles(alive=False)

    made.close_gap(ONE, None, MIDNIGHT + 14 * SECOND)
    feed(made, [T(15, 100.0), T(25, 101.0), T(32, 102.0)])

    assert origins(made, Timeframe.S10) == {10: Origin.PARTIAL, 20: Origin.TRADES}


def test_what_passed_between_a_restart_and_the_feed_is_a_hole_also_in_longer_candles() -> None:
    before = candles()
    feed(before, [T(1, 100.0)])
    until(before, 12)
    rows = before.rows(0, Timeframe.S10, 1)
    after = candles(alive=False)
    after.restore(Timeframe.S10, ONE, rows.pop("open_time"), np.array([0.1]), rows)
    after.resume()

    after.close_gap(ONE, None, MIDNIGHT + 400 * SECOND)
    feed(after, [T(401, 100.0), T(599, 101.0)])
    until(after, 602)

    assert origins(after, Timeframe.M1) == {
        0: Origin.PARTIAL, 360: Origin.PARTIAL, 420: Origin.FILLED, 480: Origin.FILLED, 540: Origin.TRADES
    }  # fmt: skip
    assert origins(after, Timeframe.M5) == {0: Origin.PARTIAL, 300: Origin.PARTIAL}


def test_a_gap_longer_than_the_scratch_marks_every_candle_it_touched() -> None:
    made = Candles(series=2, retention={Timeframe.S10: 400, Timeframe.M1: 100}, grace_ns=0, largest=7, ledger=Ledger())
    for slot in (0, 1):
        made.join(slot, 0.1)
    both = np.array([0, 1], np.int32)
    made.close_gap(both, None, MIDNIGHT - 3600 * SECOND)
    for n in range(300):
        feed(made, [T(10 * n, 100.0, slot=0), T(10 * n, 100.0, slot=1)])
    until(made, 3000)

    revised = made.open_gap(both, MIDNIGHT + 995 * SECOND)

    for slot in (0, 1):
        assert list(origins(made, Timeframe.S10, slot).values()).count(Origin.PARTIAL) == 201
        assert list(origins(made, Timeframe.M1, slot).values()).count(Origin.PARTIAL) == 34
    assert sum(len(output.slots) for output in revised) == 2 * (201 + 34)


def test_a_dead_feed_is_a_hole_and_is_never_filled() -> None:
    made = candles()
    feed(made, [T(5, 100.0)])
    made.open_gap(ONE, MIDNIGHT + 25 * SECOND)

    until(made, 62)
    made.close_gap(ONE, MIDNIGHT + 25 * SECOND, MIDNIGHT + 65 * SECOND)
    until(made, 92)
    feed(made, [T(95, 110.0)])
    until(made, 132)

    assert origins(made, Timeframe.S10) == {
        0: Origin.TRADES,
        10: Origin.FILLED,
        90: Origin.TRADES,
        100: Origin.FILLED,
        110: Origin.FILLED,
        120: Origin.FILLED,
    }, "the price before the gap is not the price after it"
    assert origins(made, Timeframe.M1) == {0: Origin.PARTIAL, 60: Origin.PARTIAL}


def test_a_gap_that_is_noticed_late_takes_back_what_was_filled() -> None:
    made = candles()
    feed(made, [T(5, 100.0), T(15, 101.0)])
    until(made, 52)
    assert origins(made, Timeframe.S10)[30] is Origin.FILLED

    revised = made.open_gap(ONE, MIDNIGHT + 16 * SECOND)

    assert origins(made, Timeframe.S10) == {0: Origin.TRADES, 10: Origin.PARTIAL}
    assert [(output.timeframe.value, output.open_times.tolist()) for output in revised] == [
        ("10s", [MIDNIGHT + at * SECOND for at in (10, 20, 30, 40)])
    ]


def test_a_late_print_revises_exactly_what_it_should() -> None:
    made = candles()
    feed(made, [T(1, 100.0, number=1), T(8, 101.0, number=2), T(12.5, 102.0, number=4)])

    outputs = feed(made, [T(9, 90.0, 2.0, number=3)])

    assert shapes(made, Timeframe.S10) == [(0, 100.0, 101.0, 90.0, 90.0, 4.0, 3)]
    assert [type(output) for output in outputs] == [Revised]
    assert made.closed(0, Timeframe.S10, 1)[0].revised
    assert made.counters.late == 1
    assert made.counters.revised == 1
    until(made, 62)
    assert shapes(made, Timeframe.M1) == [(0, 100.0, 102.0, 90.0, 102.0, 5.0, 4)]


def test_a_late_print_moves_the_price_that_the_next_candle_was_filled_with() -> None:
    made = candles()
    feed(made, [T(1, 100.0)])
    until(made, 22)

    feed(made, [T(9, 90.0)])
    until(made, 32)

    assert [shape[4] for shape in shapes(made, Timeframe.S10)] == [90.0, 90.0, 90.0]


def test_a_print_far_too_late_still_counts_its_volume() -> None:
    made = candles()
    feed(made, [T(1, 100.0), T(2, 101.0)])
    until(made, 302)

    feed(made, [T(3, 99.0, 5.0)])

    assert shapes(made, Timeframe.S10)[0] == (0, 100.0, 101.0, 99.0, 101.0, 7.0, 3)
    assert shapes(made, Timeframe.M5) == [(0, 100.0, 101.0, 99.0, 99.0, 7.0, 3)]


def test_a_print_older_than_the_ring_is_counted_and_dropped() -> None:
    made = candles(retention={Timeframe.S10: 3, Timeframe.M1: 3})
    feed(made, [T(1, 100.0)])
    until(made, 302)

    feed(made, [T(2, 50.0)])

    assert made.counters.too_late == 2
    assert all(shape[3] == 100.0 for shape in shapes(made, Timeframe.M1))


def test_split_fills_with_equal_time_price_and_size_all_count() -> None:
    made = candles()

    feed(made, [T(1, 100.0, 0.5, number=n) for n in range(1, 6)])
    until(made, 12)

    assert shapes(made, Timeframe.S10) == [(0, 100.0, 100.0, 100.0, 100.0, 2.5, 5)]


def test_a_trade_that_is_marked_as_seen_is_not_taken() -> None:
    made = candles()
    trades = columns([T(1, 100.0), T(2, 200.0)])

    made.apply(trades, np.array([1, 0], np.uint8))
    until(made, 12)

    assert shapes(made, Timeframe.S10) == [(0, 100.0, 100.0, 100.0, 100.0, 1.0, 1)]


def test_one_trade_from_the_far_future_is_not_believed() -> None:
    made = candles()
    feed(made, [T(1, 100.0)])
    marks = fresh(1)

    made.apply(columns([T(3600, 500.0)]), marks)

    assert marks.tolist() == [0]
    assert made.counters.from_future == 1
    assert made.time.now_ns == MIDNIGHT + SECOND


def test_many_trades_that_agree_on_a_new_time_are_believed() -> None:
    made = candles()
    feed(made, [T(1, 100.0)])

    feed(made, [T(86400 * 3 + n / 10, 500.0, number=n + 10) for n in range(40)])

    assert made.counters.from_future == 31
    assert made.time.now_ns == MIDNIGHT + 3 * DAY + 39 * SECOND // 10


def test_a_jump_over_days_closes_what_was_open_and_fills_nothing() -> None:
    made = candles()
    feed(made, [T(1, 100.0)])
    until(made, 2)

    until(made, 3 * 86400)
    until(made, 3 * 86400 + 12)

    assert origins(made, Timeframe.S10) == {}, "the ring has moved on, and nothing was filled"
    assert origins(made, Timeframe.D1) == {0: Origin.PARTIAL}


def test_time_is_the_exchanges_where_our_clock_is_wrong() -> None:
    made = candles()
    behind = [T(at, 100.0, recv=at - 5.0, number=n + 1) for n, at in enumerate((1.0, 2.0, 3.0))]
    feed(made, behind)

    too_early = until(made, 6.9)
    on_time = until(made, 7.0)

    assert made.time.offset_ns == 5 * SECOND
    assert too_early == []
    assert len(on_time) == 1


def test_a_price_off_its_tick_is_taken_and_raises_suspicion() -> None:
    made = candles(tick_size=0.5)

    feed(made, [T(1, 100.2)])

    assert made.counters.off_tick == 1
    assert made.take_suspects() == [0]
    assert made.take_suspects() == []


def test_a_price_beyond_the_row_is_refused() -> None:
    made = candles(tick_size=1e-8)
    marks = fresh(1)

    made.apply(columns([T(1, 100.0)]), marks)

    assert made.counters.too_large == 1
    assert marks.tolist() == [0]


def test_a_finer_tick_restates_every_price() -> None:
    made = candles(tick_size=0.5)
    feed(made, [T(1, 100.5), T(11, 101.0)])
    until(made, 12)

    made.retick(0, 0.1)
    feed(made, [T(13, 101.3)])
    until(made, 22)

    assert [shape[1:5] for shape in shapes(made, Timeframe.S10)] == [
        (100.5, 100.5, 100.5, 100.5),
        (101.0, 101.3, 101.0, 101.3),
    ]


def test_the_open_candle_can_be_read_and_does_not_change_by_it() -> None:
    made = candles()
    feed(made, [T(3, 100.0), T(14, 103.0, 2.0), T(65, 99.0), T(71, 98.0)])

    first = made.provisional(0, Timeframe.M5)
    second = made.provisional(0, Timeframe.M5)

    assert first == second
    assert first is not None
    assert (first.open, first.high, first.low, first.close, first.volume) == (100.0, 103.0, 98.0, 98.0, 5.0)
    assert first.origin is Origin.PROVISIONAL
    assert made.provisional(0, Timeframe.S10) is not None
    assert candles().provisional(0, Timeframe.M1) is None


def test_a_leaver_leaves_nothing_behind() -> None:
    made = candles(series=2)
    feed(made, [T(1, 100.0, slot=0), T(1, 50.0, slot=1)])
    until(made, 62)

    made.leave(0)
    made.join(0, 0.1)
    until(made, 122)

    assert made.closed(0, Timeframe.S10, 100) == []
    assert len(made.closed(1, Timeframe.M1, 100)) == 2


def test_restored_rows_and_open_candles_go_on_where_they_were() -> None:
    before = candles()
    feed(before, [T(at, 100.0 + at / 10, number=at + 1) for at in range(0, 200, 5)])
    written = until(before, 202)
    after = candles(alive=False)

    for output in written:
        assert isinstance(output, Closed)
    for timeframe in before.timeframes:
        rows = before.rows(0, timeframe, 1000)
        for i in range(len(rows["open_time"])):
            if rows["marks"][i] & 7:
                one = {name: rows[name][i : i + 1] for name in rows if name != "open_time"}
                after.restore(timeframe, ONE, rows["open_time"][i : i + 1], np.array([0.1]), one)
    after.resume()
    until(after, 302)

    assert after.closed(0, Timeframe.S10, 50)[:20] == before.closed(0, Timeframe.S10, 50)[:20]
    five = after.closed(0, Timeframe.M5, 5)
    assert [(c.open, c.close, c.trades, c.origin) for c in five] == [(100.0, 119.5, 40, Origin.PARTIAL)]


def test_memory_is_what_was_declared() -> None:
    ledger = Ledger()
    retention = {Timeframe.S10: 10, Timeframe.M1: 20}

    Candles(series=7, retention=retention, grace_ns=0, largest=64, ledger=ledger)

    declared = Candles.reserve(series=7, retention=retention, largest=64)
    assert {r.owner: r.bytes for r in declared} == {
        line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"
    }
    assert sum(r.item_bytes for r in declared if r.owner == "candles/1m") == 32
    assert ledger.violations() == []


def test_a_timeframe_that_is_shed_closes_as_ever_and_keeps_nothing() -> None:
    plain, shed = (candles(retention={Timeframe.M1: 120, Timeframe.M5: 30, Timeframe.M15: 10}) for _ in range(2))
    feed(shed, [T(1, 100.0)])
    feed(plain, [T(1, 100.0)])
    shed.shed(Timeframe.M5, is_shed=True)
    assert (shed.shed_timeframes, shed.capacity(Timeframe.M5)) == ((Timeframe.M5,), 0)
    told: list[list[tuple[Timeframe, list[int], list[int]]]] = [[], []]
    for second in range(20, 3700, 20):
        for made, lines in zip((plain, shed), told, strict=True):
            outputs = [*feed(made, [T(second, 100.0 + second % 7, number=second)]), *until(made, second)]
            lines += [
                (one.timeframe, one.open_times.tolist(), one.rows["close"].tolist())
                for one in outputs
                if isinstance(one, Closed)
            ]

    assert told[0] == told[1]
    assert shed.closed(0, Timeframe.M15, 9) == plain.closed(0, Timeframe.M15, 9)
    assert len(plain.closed(0, Timeframe.M15, 9)) == 4
    assert shed.closed(0, Timeframe.M5, 9) == []
    assert shed.held(Timeframe.M5, [0]) == [0]

    shed.shed(Timeframe.M5, is_shed=False)
    shed.shed(Timeframe.M5, is_shed=False)

    assert (shed.shed_timeframes, shed.capacity(Timeframe.M5)) == ((), 30)
    assert shed.closed(0, Timeframe.M5, 30) == plain.closed(0, Timeframe.M5, 4)


def test_a_market_that_joins_and_leaves_while_a_timeframe_is_shed_starts_empty() -> None:
    made = candles(2, retention={Timeframe.M1: 120, Timeframe.M5: 30})
    feed(made, [T(60 * n + 1, 100.0, slot=1, number=n + 1) for n in range(30)])
    until(made, 1803)
    made.shed(Timeframe.M5, is_shed=True)

    made.leave(1)
    made.join(1, 0.5)
    made.shed(Timeframe.M5, is_shed=False)

    assert made.closed(1, Timeframe.M5, 30) == []
    assert made.rows(1, Timeframe.M5, 30)["marks"].tolist() == []


def test_since_when_a_feed_is_whole_is_known_and_not_while_it_is_not() -> None:
    made = candles(alive=False)
    assert made.alive_since(0) is None

    made.close_gap(np.array([0], np.int32), None, MIDNIGHT)

    # Half a second is doubted around the edge of a gap.
    assert made.alive_since(0) == MIDNIGHT + SECOND // 2
    made.leave(0)
    assert made.alive_since(0) is None


def test_a_timeframe_that_is_not_kept_cannot_be_shed() -> None:
    with pytest.raises(KeyError, match="1d"):
        candles(retention={Timeframe.M1: 10}).shed(Timeframe.D1, is_shed=True)
