"""What a candle does behind its open. A candle is open, high, low, close; figures are worked out here."""

from typing import Any

import pytest
from tests.brokers import LATE, QUIET, Filled, Make, free, opened

from tidemark.model.round_trip import Exit
from tidemark.units import MILLISECOND, MINUTE


def test_a_limit_waits_until_it_is_touched(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "limit", price=98.0)

    assert one.bar(100.0, 101.0, 98.5, 99.0) == 0
    assert one.bar(99.0, 100.0, 98.0, 99.5) == 1
    assert one.fills() == [Filled(2 + LATE, 1, 2.0, 98.0)]


def test_a_limit_may_have_to_be_passed_by_so_many_ticks(desk: Make) -> None:
    one = desk(models=free(filling__whole__through_ticks="2"))
    one.bar(*QUIET)
    one.order(1, 2.0, "limit", price=98.0)

    one.bar(100.0, 101.0, 97.5, 99.0)
    assert one.fills() == []
    one.bar(99.0, 100.0, 97.0, 99.5)
    assert one.fills() == [Filled(2 + LATE, 1, 2.0, 98.0)]


def test_a_stop_limit_is_filled_at_its_trigger_within_its_limit(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "stop_limit", trigger=102.0, price=103.0)
    one.bar(100.0, 105.0, 99.0, 104.0)

    assert one.fills() == [Filled(1 + LATE, 1, 2.0, 102.0)]


@pytest.mark.parametrize(("close", "is_proved"), [(101.5, False), (100.5, True)])
def test_a_stop_limit_with_its_limit_behind_it_needs_the_close_to_prove_it(
    desk: Make, close: float, is_proved: bool
) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "stop_limit", trigger=102.0, price=101.0)
    # The low may have been before the trigger; the close was not.
    one.bar(100.0, 103.0, 99.0, close)

    assert one.fills() == ([Filled(1 + LATE, 1, 2.0, 101.0)] if is_proved else [])


def test_a_trailing_stop_follows_the_highest_price(desk: Make) -> None:
    one = opened(desk)
    one.order(-1, 2.0, "trailing", distance=2.0, flags=("reduce_only",))

    one.bar(100.0, 104.0, 99.0, 103.5)
    one.bar(103.5, 105.0, 103.25, 104.5)
    assert len(one.fills()) == 1
    # The highest was 105.
    one.bar(104.5, 104.75, 102.0, 102.5)
    assert one.fills() == [Filled(3 + LATE, -1, 2.0, 103.0)]
    assert one.trip().exit is Exit.TRAIL


@pytest.mark.parametrize(("close", "is_proved"), [(103.0, True), (104.5, False)])
def test_a_trail_is_stopped_in_the_candle_that_moved_it_where_the_close_proves_it(
    desk: Make, close: float, is_proved: bool
) -> None:
    one = opened(desk, trail=2.0)
    # From the high, 106, to the close the price passed 104, two below it.
    one.bar(100.0, 106.0, 99.0, close)

    assert one.fills()[1:] == ([Filled(1 + LATE, -1, 2.0, 104.0)] if is_proved else [])


def test_a_trail_is_touched_by_the_low_before_the_high_moves_it(desk: Make) -> None:
    one = opened(desk, trail=2.0)
    one.bar(100.0, 106.0, 98.0, 105.0)

    assert one.fills()[1:] == [Filled(1 + LATE, -1, 2.0, 98.0)]
    assert one.trip().risk == 4.0


def test_the_stop_of_a_position_comes_before_its_target(desk: Make) -> None:
    one = opened(desk, stop=97.0, target=105.0)
    one.bar(100.0, 106.0, 96.0, 104.0)

    assert one.fills()[1:] == [Filled(1 + LATE, -1, 2.0, 97.0)]
    trip = one.trip()
    assert (trip.exit, trip.profit, trip.risk, trip.r) == (Exit.STOP, -6.0, 6.0, -1.0)
    assert (trip.bars, trip.exit_at - trip.entry_at) == (1, MINUTE - MILLISECOND)


def test_a_target_ends_a_position_and_its_stop_with_it(desk: Make) -> None:
    one = opened(desk, stop=97.0, target=105.0)
    one.bar(100.0, 106.0, 98.0, 104.0)
    one.bar(104.0, 104.0, 90.0, 91.0)

    assert one.fills()[1:] == [Filled(1 + LATE, -1, 2.0, 105.0)]
    trip = one.trip()
    assert (trip.exit, trip.profit) == (Exit.TARGET, 10.0)
    # The low may have been before the target was touched, the high beyond it not.
    assert (abs(trip.best), abs(trip.worst)) == pytest.approx((0.05, 0.02))


@pytest.mark.parametrize(
    ("close", "price"), [(99.0, None), (102.5, 102.0)], ids=["it may have been before", "the close was behind it"]
)
def test_a_position_that_a_candle_opened_takes_profit_in_it_where_the_close_proves_it(
    desk: Make, close: float, price: float | None
) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "limit", price=98.0, stop=95.0, target=102.0)
    one.bar(100.0, 103.0, 97.0, close)

    assert one.fills()[1:] == ([] if price is None else [Filled(1 + LATE, -1, 2.0, price)])


def test_a_position_that_a_candle_opened_may_be_stopped_in_it(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "limit", price=98.0, stop=95.0, target=102.0)
    one.bar(100.0, 103.0, 94.0, 103.0)

    assert one.fills() == [Filled(1 + LATE, 1, 2.0, 98.0), Filled(1 + LATE, -1, 2.0, 95.0)]
    assert one.trip().bars == 1


@pytest.mark.parametrize(("given", "code"), [({"stop": 99.0}, Exit.STOP), ({"target": 97.0}, Exit.TARGET)], ids=str)
def test_protection_that_a_fill_within_a_candle_is_past_already_ends_it_there(
    desk: Make, given: dict[str, Any], code: Exit
) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "limit", price=98.0, **given)
    one.bar(100.0, 101.0, 96.0, 100.0)

    assert one.fills() == [Filled(1 + LATE, 1, 2.0, 98.0), Filled(1 + LATE, -1, 2.0, 98.0)]
    assert one.trip().exit is code


def test_a_trail_that_reduces_what_another_opened_in_that_candle_is_past_at_once(desk: Make) -> None:
    one = desk()
    one.bar(110.0, 110.0, 110.0, 110.0)
    one.order(-1, 2.0, "trailing", distance=2.0, flags=("reduce_only",))
    one.order(1, 2.0, "trailing", distance=4.0)
    # The low is 90, and from there to the close the price passed 94, where the sell trail at 108 is past.
    one.bar(97.0, 97.0, 90.0, 95.0)

    assert one.fills() == [Filled(1 + LATE, 1, 2.0, 94.0), Filled(1 + LATE, -1, 2.0, 94.0)]
