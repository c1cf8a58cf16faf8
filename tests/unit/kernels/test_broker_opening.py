"""What the open of a candle does. A candle is open, high, low, close; figures are worked out here."""

import pytest
from tests.brokers import LATE, QUIET, Filled, Make, free, opened

from tidemark.model.round_trip import Exit
from tidemark.units import MINUTE


def test_a_market_order_is_filled_at_the_next_open(desk: Make) -> None:
    one = opened(desk)

    assert one.bar(102.0, 104.0, 101.0, 103.0) == 1
    assert one.fills() == [Filled(1, 1, 2.0, 102.0)]
    assert (one.held, one.kernel.cash, one.kernel.equity()) == (2.0, 1000.0, 1002.0)
    assert one.bar(103.0, 104.0, 102.0, 103.0) == 0


def test_a_limit_that_the_open_is_better_than_is_filled_at_the_open(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "limit", price=98.0)
    one.bar(97.0, 101.0, 96.0, 100.0)

    assert one.fills() == [Filled(1, 1, 2.0, 97.0)]


def test_a_stop_is_filled_where_it_is_touched_and_at_the_open_beyond_it(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "stop", trigger=102.0)
    one.order(1, 1.0, "stop", trigger=104.0)

    one.bar(100.0, 101.5, 99.0, 101.0)
    assert one.fills() == []
    one.bar(101.0, 103.0, 100.0, 102.5)
    assert one.fills() == [Filled(2 + LATE, 1, 2.0, 102.0)]
    one.bar(105.0, 106.0, 104.5, 105.5)
    assert one.fills() == [Filled(3, 1, 1.0, 105.0)]


def test_a_stop_limit_that_the_open_is_beyond_waits_for_its_limit(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "stop_limit", trigger=102.0, price=103.0)

    one.bar(105.0, 106.0, 104.0, 105.0)
    assert one.fills() == []
    one.bar(105.0, 105.5, 102.5, 104.0)
    assert one.fills() == [Filled(2 + LATE, 1, 2.0, 103.0)]


def test_a_stop_limit_that_the_open_triggers_may_be_filled_in_that_candle(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "stop_limit", trigger=102.0, price=103.0)
    one.bar(105.0, 106.0, 102.0, 104.0)

    assert one.fills() == [Filled(1 + LATE, 1, 2.0, 103.0)]


def test_a_take_profit_is_filled_where_it_is_touched_and_at_the_open_beyond_it(desk: Make) -> None:
    one = opened(desk)
    one.order(-1, 1.0, "take_profit", trigger=103.0, flags=("reduce_only",))
    one.order(-1, 1.0, "take_profit", trigger=105.0, flags=("reduce_only",))

    one.bar(100.0, 104.0, 99.0, 103.5)
    one.bar(106.0, 107.0, 105.0, 106.0)
    assert one.fills()[1:] == [Filled(1 + LATE, -1, 1.0, 103.0), Filled(2, -1, 1.0, 106.0)]
    trip = one.trip()
    assert (trip.exit, trip.profit) == (Exit.TARGET, 9.0)


def test_a_trailing_stop_by_a_fraction_is_filled_at_an_open_beyond_it(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0)
    one.order(-1, 2.0, "trailing", distance=0.02, flags=("reduce_only", "fraction"))
    one.bar(100.0, 100.0, 99.0, 100.0)
    one.bar(96.0, 97.0, 95.0, 96.0)

    assert one.fills()[1:] == [Filled(2, -1, 2.0, 96.0)]


@pytest.mark.parametrize(("price", "code"), [(96.0, Exit.STOP), (107.0, Exit.TARGET)])
def test_protection_that_the_open_is_beyond_is_filled_at_the_open(desk: Make, price: float, code: Exit) -> None:
    one = opened(desk, stop=97.0, target=105.0)
    one.bar(*QUIET)
    one.bar(price, price + 1.0, price - 1.0, price)

    assert one.fills()[1:] == [Filled(2, -1, 2.0, price)]
    trip = one.trip()
    assert (trip.exit, trip.bars, trip.exit_at - trip.entry_at) == (code, 1, MINUTE)


def test_a_position_is_closed_at_the_first_open_behind_its_time(desk: Make) -> None:
    one = opened(desk, until=3 * MINUTE)
    for _ in range(3):
        one.bar(*QUIET)

    assert one.fills()[1:] == [Filled(3, -1, 2.0, 100.0)]
    assert one.trip().exit is Exit.EXPIRED


def test_latency_in_candles_lets_them_pass(desk: Make) -> None:
    one = desk(models=free(latency__use="candles", latency__candles__candles="2"))
    one.bar(*QUIET)
    one.order(1, 2.0)
    one.bar(101.0, 102.0, 100.0, 101.0)
    one.bar(102.0, 103.0, 101.0, 102.0)
    one.bar(103.0, 104.0, 102.0, 103.0)

    assert one.fills() == [Filled(3, 1, 2.0, 103.0)]


def test_latency_within_a_candle_goes_against_the_order(desk: Make) -> None:
    one = desk(models=free(latency__use="milliseconds", latency__milliseconds__ms="15000"))
    one.bar(*QUIET)
    one.order(1, 2.0)
    one.order(1, 1.0, "limit", price=105.0)
    # A quarter of the candle passes, and a quarter of the way from 100 to its high.
    one.bar(100.0, 104.0, 99.0, 100.0)
    assert one.fills() == [Filled(1.25, 1, 2.0, 101.0)]
    # A limit was on its way, and waits for the next open.
    one.bar(*QUIET)
    assert one.fills() == [Filled(2, 1, 1.0, 100.0)]


def test_a_stop_limit_on_its_way_waits_for_the_next_open(desk: Make) -> None:
    one = desk(models=free(latency__use="milliseconds", latency__milliseconds__ms="15000"))
    one.bar(*QUIET)
    one.order(1, 2.0, "stop_limit", trigger=102.0, price=103.0)
    # All of this candle is beyond the trigger, none of the next one beyond the limit.
    one.bar(104.0, 106.0, 103.5, 104.0)
    one.bar(102.5, 103.0, 101.0, 102.0)

    assert one.fills() == [Filled(2, 1, 2.0, 102.5)]
