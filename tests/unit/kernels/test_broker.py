"""Every kind of order, of both sides and in both modes, in candles that are drawn for it; figures are worked out here.

A candle is open, high, low, close. Without anything said the market is free of costs, margin, ticks and lots.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.brokers import MODES, Desk, Filled, free

from tidemark.backtest.broker.account import Sizes
from tidemark.kernels import broker
from tidemark.model.round_trip import Exit
from tidemark.units import HOUR, MILLISECOND, MINUTE

QUIET = (100.0, 101.0, 99.0, 100.0)
Make = Callable[..., Desk]
# Within a candle: at the last millisecond of it.
LATE = 1 - MILLISECOND / MINUTE


@pytest.fixture(params=[(mode, is_mirrored) for mode in MODES for is_mirrored in (False, True)], ids=str)
def desk(request: pytest.FixtureRequest) -> Make:
    mode, is_mirrored = request.param

    def make(**given: Any) -> Desk:
        return Desk(mode=mode, is_mirrored=is_mirrored, **given)

    return make


def opened(make: Make, size: float = 2.0, **given: Any) -> Desk:
    """A desk that is long at 100 since the open of candle 1, which it has not seen the close of yet."""
    made = make(**{name: given.pop(name) for name in ("models", "cash", "sizes") if name in given})
    made.bar(*QUIET)
    assert made.order(1, size, **given) > 0
    return made


def test_a_market_order_is_filled_at_the_next_open(desk: Make) -> None:
    one = opened(desk)

    assert one.bar(102.0, 104.0, 101.0, 103.0) == 1
    assert one.fills() == [Filled(1, 1, 2.0, 102.0)]
    assert (one.held, one.kernel.cash, one.kernel.equity()) == (2.0, 1000.0, 1002.0)
    assert one.bar(103.0, 104.0, 102.0, 103.0) == 0


def test_a_limit_waits_until_it_is_touched(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "limit", price=98.0)

    assert one.bar(100.0, 101.0, 98.5, 99.0) == 0
    assert one.bar(99.0, 100.0, 98.0, 99.5) == 1
    assert one.fills() == [Filled(2 + LATE, 1, 2.0, 98.0)]


def test_a_limit_that_the_open_is_better_than_is_filled_at_the_open(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "limit", price=98.0)
    one.bar(97.0, 101.0, 96.0, 100.0)

    assert one.fills() == [Filled(1, 1, 2.0, 97.0)]


def test_a_limit_may_have_to_be_passed_by_so_many_ticks(desk: Make) -> None:
    one = desk(models=free(filling__whole__through_ticks="2"))
    one.bar(*QUIET)
    one.order(1, 2.0, "limit", price=98.0)

    one.bar(100.0, 101.0, 97.5, 99.0)
    assert one.fills() == []
    one.bar(99.0, 100.0, 97.0, 99.5)
    assert one.fills() == [Filled(2 + LATE, 1, 2.0, 98.0)]


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


def test_a_stop_limit_is_filled_at_its_trigger_within_its_limit(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "stop_limit", trigger=102.0, price=103.0)
    one.bar(100.0, 105.0, 99.0, 104.0)

    assert one.fills() == [Filled(1 + LATE, 1, 2.0, 102.0)]


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


def test_a_take_profit_is_filled_where_it_is_touched_and_at_the_open_beyond_it(desk: Make) -> None:
    one = opened(desk)
    one.order(-1, 1.0, "take_profit", trigger=103.0, flags=("reduce_only",))
    one.order(-1, 1.0, "take_profit", trigger=105.0, flags=("reduce_only",))

    one.bar(100.0, 104.0, 99.0, 103.5)
    one.bar(106.0, 107.0, 105.0, 106.0)
    assert one.fills()[1:] == [Filled(1 + LATE, -1, 1.0, 103.0), Filled(2, -1, 1.0, 106.0)]
    trip = one.trip()
    assert (trip.exit, trip.profit) == (Exit.TARGET, 9.0)


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


def test_a_trailing_stop_by_a_fraction_is_filled_at_an_open_beyond_it(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0)
    one.order(-1, 2.0, "trailing", distance=0.02, flags=("reduce_only", "fraction"))
    one.bar(100.0, 100.0, 99.0, 100.0)
    one.bar(96.0, 97.0, 95.0, 96.0)

    assert one.fills()[1:] == [Filled(2, -1, 2.0, 96.0)]


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


def test_of_two_linked_orders_one_is_filled(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    up, down = one.order(1, 2.0, "stop", trigger=102.0), one.order(-1, 2.0, "stop", trigger=97.0)
    assert one.kernel.link(up, down) == 1

    # The one that is nearer to the open comes first.
    assert one.bar(100.0, 103.0, 96.0, 97.5) == 2
    assert one.fills() == [Filled(1 + LATE, 1, 2.0, 102.0)]
    assert one.reasons() == ["linked"]
    assert one.kernel.waiting(0) == 0
    assert one.kernel.link(up, down) == 0


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


@pytest.mark.parametrize(("price", "code"), [(96.0, Exit.STOP), (107.0, Exit.TARGET)])
def test_protection_that_the_open_is_beyond_is_filled_at_the_open(desk: Make, price: float, code: Exit) -> None:
    one = opened(desk, stop=97.0, target=105.0)
    one.bar(*QUIET)
    one.bar(price, price + 1.0, price - 1.0, price)

    assert one.fills()[1:] == [Filled(2, -1, 2.0, price)]
    trip = one.trip()
    assert (trip.exit, trip.bars, trip.exit_at - trip.entry_at) == (code, 1, MINUTE)


def test_protection_may_be_fractions_of_the_fill(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, stop=0.03, target=0.05, flags=("fraction",))
    one.bar(100.0, 104.0, 98.0, 100.0)
    assert one.held == 2.0
    one.bar(100.0, 105.0, 98.0, 100.0)

    assert one.fills()[1:] == [Filled(2 + LATE, -1, 2.0, 105.0)]


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


def test_protection_can_be_changed_and_removed(desk: Make) -> None:
    one = opened(desk, stop=97.0, target=105.0)
    one.bar(*QUIET)
    assert one.protect(stop=98.0) == 0
    assert one.protect(target=0.0) == 0
    one.bar(100.0, 110.0, 98.5, 100.0)
    assert one.held == 2.0
    one.bar(100.0, 101.0, 97.5, 100.0)

    assert one.fills()[1:] == [Filled(3 + LATE, -1, 2.0, 98.0)]
    # What was at stake is what the first stop said.
    assert one.trip().risk == 6.0


def test_a_position_is_closed_at_the_first_open_behind_its_time(desk: Make) -> None:
    one = opened(desk, until=3 * MINUTE)
    for _ in range(3):
        one.bar(*QUIET)

    assert one.fills()[1:] == [Filled(3, -1, 2.0, 100.0)]
    assert one.trip().exit is Exit.EXPIRED


def test_finer_candles_say_what_came_first(desk: Make) -> None:
    one = opened(desk, stop=97.0, target=105.0)
    one.bar_with((100.0, 106.0, 99.0, 104.0), (104.0, 104.0, 96.0, 98.0))

    assert one.fills()[1:] == [Filled(1.5 - MILLISECOND / MINUTE, -1, 2.0, 105.0)]
    assert one.trip().exit is Exit.TARGET


def test_a_market_order_goes_in_at_the_first_of_finer_candles(desk: Make) -> None:
    one = opened(desk)
    one.order(-1, 2.0, "stop", trigger=97.0, flags=("reduce_only",))
    one.bar_with((100.0, 101.0, 98.0, 99.0), (96.5, 97.0, 96.0, 96.5))

    assert one.fills() == [Filled(1, 1, 2.0, 100.0), Filled(1.5, -1, 2.0, 96.5)]
    assert one.trip().bars == 1


def test_without_finer_candles_it_is_a_candle(desk: Make) -> None:
    one = opened(desk)
    one.now += MINUTE
    one.kernel.bar_with(0, one.now, 100.0, 101.0, 99.0, 100.0, 10.0, MINUTE, np.zeros(0, np.int64), np.zeros((0, 5)))

    assert one.fills() == [Filled(1, 1, 2.0, 100.0)]


def test_what_only_reduces_never_turns_a_position_round(desk: Make) -> None:
    one = opened(desk)
    one.bar(*QUIET)
    one.order(-1, 5.0, flags=("reduce_only",))
    one.bar(*QUIET)

    assert one.fills()[1:] == [Filled(2, -1, 2.0, 100.0)]
    assert one.held == 0.0


def test_what_only_reduces_is_refused_where_nothing_is_held(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(-1, 5.0, flags=("reduce_only",))
    waiting = one.order(-1, 5.0, "limit", price=100.5, flags=("reduce_only",))
    one.bar(*QUIET)

    assert (one.fills(), one.reasons(), one.kernel.waiting(0)) == ([], ["no_position"], 1)
    assert one.kernel.cancel(waiting) == 1
    assert one.kernel.cancel(waiting) == 0


def test_orders_that_only_reduce_go_with_the_position(desk: Make) -> None:
    one = opened(desk)
    one.bar(*QUIET)
    one.order(-1, 2.0, "limit", price=110.0, flags=("reduce_only",))
    one.kernel.close(0)
    one.bar(*QUIET)

    assert (one.held, one.kernel.waiting(0)) == (0.0, 0)


def test_an_order_lives_for_so_many_candles(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "limit", price=98.0, life=2)
    one.bar(*QUIET)
    one.bar(*QUIET)
    assert one.kernel.waiting(0) == 1
    one.bar(100.0, 101.0, 90.0, 100.0)

    assert (one.fills(), one.reasons()) == ([], ["expired"])


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


def test_a_trail_that_reduces_what_another_opened_in_that_candle_is_past_at_once(desk: Make) -> None:
    one = desk()
    one.bar(110.0, 110.0, 110.0, 110.0)
    one.order(-1, 2.0, "trailing", distance=2.0, flags=("reduce_only",))
    one.order(1, 2.0, "trailing", distance=4.0)
    # The low is 90, and from there to the close the price passed 94, where the sell trail at 108 is past.
    one.bar(97.0, 97.0, 90.0, 95.0)

    assert one.fills() == [Filled(1 + LATE, 1, 2.0, 94.0), Filled(1 + LATE, -1, 2.0, 94.0)]


def test_a_candle_fills_a_share_of_its_volume(desk: Make) -> None:
    one = desk(models=free(filling__use="volume_share", filling__volume_share__share="0.1"))
    one.bar(*QUIET)
    one.order(1, 25.0)
    one.bar(100.0, 101.0, 99.0, 100.0, volume=100.0)
    one.bar(101.0, 102.0, 100.0, 101.0, volume=0.0)
    one.bar(102.0, 103.0, 101.0, 102.0, volume=120.0)
    one.bar(103.0, 104.0, 102.0, 103.0, volume=120.0)
    one.bar(*QUIET)

    assert one.fills() == [Filled(1, 1, 10.0, 100.0), Filled(3, 1, 12.0, 102.0), Filled(4, 1, 3.0, 103.0)]
    assert abs(one.kernel.entry(0) - one.price((1000.0 + 12 * 102.0 + 309.0) / 25)) < 1e-12


def test_orders_of_a_candle_share_its_volume(desk: Make) -> None:
    one = desk(models=free(filling__use="volume_share", filling__volume_share__share="0.1"))
    one.bar(*QUIET)
    one.order(1, 6.0)
    one.order(1, 6.0)
    one.bar(*QUIET)

    assert one.fills() == [Filled(1, 1, 6.0, 100.0), Filled(1, 1, 4.0, 100.0)]


def test_a_stop_that_finds_no_volume_goes_on_at_the_next_open(desk: Make) -> None:
    one = opened(
        desk, size=10.0, stop=97.0, models=free(filling__use="volume_share", filling__volume_share__share="0.1")
    )
    one.bar(*QUIET)
    one.bar(98.0, 99.0, 96.0, 97.0, volume=60.0)
    # The price is above the stop again, and it is closed all the same.
    one.bar(99.0, 99.5, 98.0, 99.0, volume=60.0)

    assert one.fills()[1:] == [Filled(2 + LATE, -1, 6.0, 97.0), Filled(3, -1, 4.0, 99.0)]
    trip = one.trip()
    assert (trip.exit, trip.profit, trip.bars) == (Exit.STOP, -22.0, 2)


def test_adding_moves_the_entry_and_reducing_does_not(desk: Make) -> None:
    one = opened(desk)
    one.bar(*QUIET)
    one.order(1, 2.0)
    one.bar(104.0, 105.0, 103.0, 104.0)
    one.order(-1, 1.0)
    one.bar(106.0, 107.0, 105.0, 106.0)

    assert (one.held, one.kernel.entry(0), one.kernel.cash) == (3.0, one.price(102.0), 1004.0)
    one.kernel.close(0)
    one.bar(110.0, 111.0, 109.0, 110.0)
    trip = one.trip()
    assert (trip.quantity, trip.profit, one.kernel.cash, trip.bars) == (4.0, 28.0, 1028.0, 3)
    assert (trip.entry_price, trip.exit_price) == (one.price(102.0), one.price(109.0))


def test_an_order_larger_than_the_position_turns_it_round(desk: Make) -> None:
    one = opened(desk)
    one.bar(*QUIET)
    one.order(-1, 5.0)
    one.bar(103.0, 104.0, 102.0, 103.0)

    assert one.fills()[1:] == [Filled(2, -1, 2.0, 103.0), Filled(2, -1, 3.0, 103.0)]
    trip = one.trip()
    assert (trip.exit, trip.profit, one.held, one.kernel.entry(0)) == (Exit.REVERSED, 6.0, -3.0, one.price(103.0))


@pytest.mark.parametrize(("side", "size", "held"), [(1, 3.0, 3.0), (1, 1.0, 1.0), (-1, 2.0, -2.0), (1, 0.0, 0.0)])
def test_an_order_to_a_target_is_the_difference(desk: Make, side: int, size: float, held: float) -> None:
    one = opened(desk)
    one.bar(*QUIET)
    one.order(side, size, flags=("target",))
    one.bar(*QUIET)

    assert one.held == held


def test_an_order_to_what_is_held_says_so(desk: Make) -> None:
    one = opened(desk)
    one.bar(*QUIET)
    one.order(1, 2.0, flags=("target",))
    one.bar(*QUIET)

    assert (len(one.fills()), one.reasons()) == (1, ["unchanged"])


@pytest.mark.parametrize(("sizing", "size", "quantity"), [("value", 500.0, 5.0), ("share", 0.5, 5.0)])
def test_an_order_may_be_sized_by_money(desk: Make, sizing: str, size: float, quantity: float) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, size, sizing=sizing)
    one.bar(100.0, 101.0, 99.0, 100.0)

    assert one.fills() == [Filled(1, 1, quantity, 100.0)]


def test_prices_are_rounded_to_ticks_and_quantities_to_lots(desk: Make) -> None:
    # Ticks of 0.5, lots of 0.25.
    one = desk(models=free(rounding__use="instrument"))
    one.bar(*QUIET)
    one.order(1, 1.3, "limit", price=98.3)
    one.order(1, 1.0, "stop", trigger=102.2)
    one.bar(100.0, 103.0, 98.0, 100.0)

    # The limit to the better tick, the trigger to the nearest; the stop first.
    assert one.fills() == [Filled(1 + LATE, 1, 1.0, 102.0), Filled(1 + LATE, 1, 1.25, 98.0)]


def test_what_is_too_small_is_refused_unless_it_closes(desk: Make) -> None:
    one = opened(desk, size=0.3, models=free(rounding__use="instrument", rounding__instrument__least_value="20"))
    one.order(1, 0.2)
    one.order(1, 0.1, sizing="value")
    one.bar(*QUIET)
    assert (one.held, one.reasons()) == (0.25, ["too_small", "too_small"])

    one.order(-1, 0.25)
    one.bar(60.0, 60.0, 60.0, 60.0)
    assert (one.held, one.reasons()) == (0.0, [])


def test_an_order_is_made_smaller_where_the_margin_ends(desk: Make) -> None:
    margin = free(margin__use="isolated", margin__isolated__leverage="2", rounding__use="instrument")
    one = opened(desk, size=25.0, models=margin)
    one.bar(*QUIET)

    # 1000 are enough for 2000 at 100.
    assert one.held == 20.0
    (told,) = one.told()
    assert (told.reason.value, told.asked, told.given) == ("shrunk", 25.0, 20.0)
    one.order(1, 1.0)
    one.bar(*QUIET)
    assert (one.held, one.reasons(), one.kernel.free()) == (20.0, ["no_margin"], 0.0)


def test_fees_are_part_of_what_has_to_be_there(desk: Make) -> None:
    one = opened(desk, size=10.0, models=free(margin__use="cross", fees__use="venue", fees__venue__taker="100"))
    one.bar(*QUIET)

    # 1000 / (100 + 1 % of it), which leaves nothing.
    assert one.held == pytest.approx(1000 / 101, rel=1e-12)
    assert one.kernel.free() == pytest.approx(0.0, abs=1e-9)


# Ten times leverage at 100: a margin of 10 each. Long: (100 - 10) / (1 - 0.005) = 90.452; short, as the mirrored one
# sees it, 200 - 110 / 1.005 = 90.547.
LIQUIDATED_AT = (90 / 0.995, 200 - 110 / 1.005)


def test_an_isolated_position_loses_its_margin_and_no_more(desk: Make) -> None:
    models = free(margin__use="isolated", margin__isolated__leverage="10", margin__isolated__liquidation_fee_bps="0")
    one = opened(desk, size=20.0, models=models)
    one.bar(*QUIET)
    price = LIQUIDATED_AT[one.is_mirrored]
    assert one.price(one.kernel.liquidation(0)) == pytest.approx(price)

    one.bar(100.0, 101.0, 90.0, 95.0)
    trip = one.trip()
    assert (trip.exit, one.reasons()) == (Exit.LIQUIDATED, ["liquidated"])
    assert trip.profit == pytest.approx(20 * (price - 100))
    assert one.held == 0.0


def test_the_insurance_pays_for_what_an_isolated_position_lost_beyond_its_margin(desk: Make) -> None:
    models = free(margin__use="isolated", margin__isolated__leverage="10")
    one = opened(desk, size=20.0, models=models)
    one.bar(*QUIET)
    one.bar(70.0, 71.0, 69.0, 70.0)

    trip = one.trip()
    assert (trip.exit, trip.profit, trip.fees, one.kernel.cash) == (Exit.LIQUIDATED, -200.0, 0.0, 800.0)
    assert trip.exit_price == one.price(90.0)


def test_a_liquidation_costs_its_fee_as_far_as_there_is_margin(desk: Make) -> None:
    models = free(margin__use="isolated", margin__isolated__leverage="10", margin__isolated__liquidation_fee_bps="10")
    one = opened(desk, size=20.0, models=models)
    one.bar(*QUIET)
    one.bar(100.0, 101.0, 90.0, 95.0)

    trip = one.trip()
    assert trip.fees == pytest.approx(20 * trip.exit_price * 0.001)
    assert trip.profit > -200.0


def test_a_stop_before_the_liquidation_price_comes_first(desk: Make) -> None:
    models = free(margin__use="isolated", margin__isolated__leverage="10")
    one = opened(desk, size=20.0, models=models, stop=92.0)
    one.bar(100.0, 101.0, 80.0, 85.0)

    assert one.trip().exit is Exit.STOP


def test_in_a_cross_account_all_of_it_is_margin(desk: Make) -> None:
    models = free(margin__use="cross", margin__cross__leverage="10", margin__cross__liquidation_fee_bps="0")
    one = opened(desk, size=20.0, models=models)
    one.bar(100.0, 101.0, 60.0, 61.0)
    assert one.held == 20.0
    # 1000 are 50 for each: (100 - 50) / 0.995 and, mirrored, 200 - 150 / 1.005.
    price = 200 - 150 / 1.005 if one.is_mirrored else 50 / 0.995
    assert one.price(one.kernel.liquidation(0)) == pytest.approx(price)
    one.bar(61.0, 62.0, 50.0, 51.0)

    assert one.trip().profit == pytest.approx(20 * (price - 100))


def test_profits_of_one_market_hold_up_another_in_a_cross_account(desk: Make) -> None:
    models = free(margin__use="cross", margin__cross__leverage="10", margin__cross__maintenance_bps="0")
    one = desk(models=models, markets=2)
    one.bar(*QUIET)
    one.bar(*QUIET, market=1, time=one.now)
    one.order(1, 20.0)
    one.order(1, 20.0, market=1)
    one.bar(*QUIET)
    one.bar(100.0, 130.0, 99.0, 130.0, market=1, time=one.now)
    # 1000 and a profit of 600.
    assert one.price(one.kernel.liquidation(0)) == pytest.approx(100 - 1600 / 20)
    one.bar(100.0, 101.0, 45.0, 50.0)
    assert one.held == 20.0
    one.bar(130.0, 131.0, 101.0, 101.0, market=1, time=one.now)
    # Of the profit 20 are left, 1 for each.
    one.bar(50.0, 51.0, 48.0, 48.5)
    trip = one.trip()
    assert (trip.exit, trip.exit_price) == (Exit.LIQUIDATED, one.price(49.0))
    assert one.kernel.equity() == pytest.approx(0.0, abs=1e-9)


def test_funding_is_paid_by_what_is_held_when_it_falls_due(desk: Make) -> None:
    models = free(funding__use="constant", funding__constant__bps="10")
    one = desk(models=models, first=8 * HOUR - 3 * MINUTE)
    one.bar(*QUIET)
    one.order(1, 2.0)
    one.bar(*QUIET)
    one.bar(*QUIET)
    assert one.kernel.funding == 0.0
    # 10 bps of 2 at 103, the open at 08:00; the long pays, the short receives.
    one.bar(103.0, 104.0, 102.0, 103.0)
    paid = 0.001 * 2 * (97.0 if one.is_mirrored else 103.0) * one.way
    assert one.kernel.funding == pytest.approx(paid)
    assert one.kernel.cash == pytest.approx(1000 - paid)
    one.kernel.close(0)
    one.bar(103.0, 104.0, 102.0, 103.0)
    assert one.trip().funding == pytest.approx(paid)


def test_what_is_opened_when_funding_falls_due_does_not_pay_it(desk: Make) -> None:
    one = desk(models=free(funding__use="constant"), first=8 * HOUR - MINUTE)
    one.bar(*QUIET)
    one.order(1, 2.0)
    one.bar(*QUIET)

    assert (one.held, one.kernel.funding) == (2.0, 0.0)


def test_a_hole_in_the_data_pays_all_that_fell_due_in_it(desk: Make) -> None:
    one = desk(models=free(funding__use="constant", funding__constant__bps="10"))
    one.bar(*QUIET)
    one.order(1, 2.0)
    one.bar(*QUIET)
    # Twice at the last close, and once, as it opens, at 104.
    one.bar(104.0, 105.0, 103.0, 104.0, time=24 * HOUR)

    price = 200 + (96.0 if one.is_mirrored else 104.0)
    assert one.kernel.funding == pytest.approx(0.001 * 2 * price * one.way)


def test_recorded_fundings_are_paid_at_their_own_times_and_rates(desk: Make) -> None:
    times, rates = np.array([2 * MINUTE, 4 * MINUTE, 9 * MINUTE]), np.array([0.01, -0.02, 0.5])
    one = desk(models=free(funding__use="recorded"), funding={"M0USDT": (times, rates)})
    one.bar(*QUIET)
    one.order(1, 1.0)
    for _ in range(5):
        one.bar(*QUIET)

    assert one.kernel.funding == pytest.approx(one.way * (1.0 - 2.0))


def test_takers_and_makers_pay_their_own_fees(desk: Make) -> None:
    one = opened(desk, models=free(fees__use="venue", fees__venue__taker="50", fees__venue__maker="20"))
    one.bar(*QUIET)
    one.order(-1, 2.0, "limit", price=104.0)
    one.bar(*QUIET)
    one.bar(100.0, 105.0, 99.0, 104.0)

    trip = one.trip()
    value = 2 * one.price(104.0)
    assert trip.fees == pytest.approx(200 * 0.005 + value * 0.002)
    assert trip.profit == pytest.approx(8.0 - trip.fees)
    assert one.kernel.cash == pytest.approx(1000 + trip.profit)
    assert one.kernel.turnover == 200 + value


def test_a_limit_that_takes_is_a_taker_and_refused_where_it_was_only_to_rest(desk: Make) -> None:
    one = desk(models=free(fees__use="venue", fees__venue__taker="50", fees__venue__maker="0"))
    one.bar(*QUIET)
    one.order(1, 1.0, "limit", price=101.0)
    one.order(1, 1.0, "limit", price=101.0, flags=("post_only",))
    one.bar(*QUIET)

    assert one.fills() == [Filled(1, 1, 1.0, 100.0)]
    assert (one.kernel.fees, one.reasons()) == (0.5, ["would_take"])


def test_slippage_is_paid_by_takers_within_their_candle(desk: Make) -> None:
    one = opened(desk, models=free(slippage__use="fixed", slippage__fixed__bps="100"))
    one.order(1, 1.0, "limit", price=98.0)
    one.bar(100.0, 105.0, 97.0, 100.0)
    assert one.fills() == [Filled(1, 1, 2.0, 101.0), Filled(1 + LATE, 1, 1.0, 98.0)]
    assert one.kernel.slippage == 2.0
    # Beyond the low there was no trade.
    one.kernel.close(0)
    one.bar(100.0, 101.0, 99.5, 100.0)
    assert one.fills() == [Filled(2, -1, 3.0, 99.5)]
    assert one.trip().slippage == 3.5


def test_a_fill_may_lie_outside_its_candle_where_that_is_wanted(desk: Make) -> None:
    models = free(slippage__use="fixed", slippage__fixed__bps="100", slippage__fixed__stays_within="false")
    one = opened(desk, models=models)
    one.bar(100.0, 100.0, 100.0, 100.0)

    assert one.fills() == [Filled(1, 1, 2.0, 101.0)]


def test_how_far_the_price_went_is_told_of_the_candles_it_was_held(desk: Make) -> None:
    one = opened(desk)
    one.bar(100.0, 103.0, 98.0, 101.0)
    one.bar(101.0, 106.0, 100.0, 105.0)
    one.kernel.close(0)
    one.bar(104.0, 120.0, 80.0, 100.0)

    trip = one.trip()
    assert (trip.best, trip.worst, trip.bars) == pytest.approx((0.06, -0.02, 2))


def test_of_the_candle_that_opened_it_the_worse_is_told(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, "stop", trigger=102.0)
    one.bar(100.0, 106.0, 97.0, 104.0)
    one.kernel.close(0)
    one.bar(104.0, 104.0, 104.0, 104.0)

    trip = one.trip()
    entry = one.price(102.0)
    assert (trip.best, trip.worst) == pytest.approx((2.0 / entry, -5.0 / entry))


def test_the_end_of_the_data_closes_at_the_last_close(desk: Make) -> None:
    one = opened(desk)
    one.bar(100.0, 104.0, 99.0, 103.0)
    one.order(1, 1.0, "limit", price=90.0)
    (trip,) = one.account.finish()

    assert (trip.exit, trip.profit, trip.bars, one.kernel.waiting(0)) == (Exit.END, 6.0, 1, 0)
    assert one.account.finish() == []


def test_an_order_never_fills_in_a_candle_that_began_before_it(desk: Make) -> None:
    one = desk(markets=2)
    one.bar(*QUIET)
    # The other market's candle of the same time comes behind the one that was decided on.
    one.order(1, 1.0, market=1)
    one.bar(*QUIET, market=1, time=one.now)
    assert one.fills() == []
    one.bar(*QUIET, market=1)
    assert [fill.when for fill in one.fills()] == [1]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"side": 0}, "wrong_order"), ({"market": 7}, "wrong_order"), ({"market": -1}, "wrong_order"),
        ({"kind": 9}, "wrong_order"), ({"sizing": 3}, "wrong_order"), ({"flags": 64}, "wrong_order"),
        ({"flags": 2, "kind": 1, "price": 1.0}, "wrong_order"), ({"flags": 8}, "wrong_order"),
        ({"reason": 11}, "wrong_order"), ({"size": 0.0}, "wrong_size"), ({"size": -1.0}, "wrong_size"),
        ({"size": float("nan")}, "wrong_size"), ({"size": float("inf")}, "wrong_size"), ({"kind": 1}, "wrong_price"),
        ({"kind": 2, "trigger": float("nan")}, "wrong_price"), ({"kind": 3, "trigger": 1.0}, "wrong_price"),
        ({"kind": 4}, "wrong_price"), ({"kind": 5}, "wrong_price"), ({"kind": 1, "price": -5.0}, "wrong_price"),
        ({"stop": float("nan")}, "wrong_price"), ({"target": -1.0}, "wrong_price"),
        ({"stop": 1.5, "flags": 4}, "wrong_price"), ({"kind": 5, "distance": 1.0, "flags": 4}, "wrong_price"),
    ],
    ids=str,
)  # fmt: skip
def test_an_order_that_makes_no_sense_is_refused_with_its_reason(given: dict[str, Any], reason: str) -> None:
    for mode in MODES:
        one = Desk(mode=mode)
        one.bar(*QUIET)
        number = one.kernel.order(**({"market": 0, "side": 1, "size": 1.0} | given))

        assert number == -broker.REASONS.index(reason)
        assert (one.reasons(), one.account.counts()) == ([reason], {reason: 1})
        assert one.kernel.waiting(0) == 0


def test_as_many_orders_wait_as_may(desk: Make) -> None:
    one = desk(sizes=Sizes(orders=2, trips=8, told=8))
    one.bar(*QUIET)
    first = one.order(1, 1.0, "limit", price=90.0)
    one.order(1, 1.0, "limit", price=91.0)
    assert one.order(1, 1.0) == -broker.REASONS.index("no_place")
    assert one.kernel.cancel(first) == 1
    third = one.order(1, 1.0, "limit", price=92.0)
    assert third not in {0, first}
    assert (one.kernel.cancel(first), one.kernel.cancel_all(0), one.kernel.cancel_all(9)) == (0, 2, 0)


def test_protection_of_nothing_and_nonsense_are_refused(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    assert one.protect(stop=90.0) == one.kernel.close(0) == -broker.REASONS.index("no_position")
    assert one.kernel.protect(5) == -broker.REASONS.index("wrong_order")
    assert one.kernel.close(5) == -broker.REASONS.index("wrong_order")
    one.order(1, 1.0)
    one.bar(*QUIET)
    assert one.protect(stop=float("nan")) == -broker.REASONS.index("wrong_price")
    assert one.protect(stop=1.0, is_fraction=True) == -broker.REASONS.index("wrong_price")


def test_where_trips_are_not_taken_nothing_more_is_filled(desk: Make) -> None:
    one = desk(sizes=Sizes(orders=4, trips=1, told=8, fills=8))
    one.bar(*QUIET)
    one.order(1, 1.0)
    one.bar(*QUIET)
    one.kernel.close(0)
    one.bar(*QUIET)
    assert one.kernel.closed == 1
    one.order(1, 1.0)
    one.bar(*QUIET)
    assert one.kernel.finish(0) == 0
    assert len(one.trips()) == 1
    one.bar(*QUIET)
    assert one.held == 1.0


def test_the_peak_and_the_deepest_fall_are_those_of_closes(desk: Make) -> None:
    one = opened(desk, size=5.0)
    one.bar(100.0, 121.0, 99.0, 120.0)
    one.bar(120.0, 121.0, 85.0, 90.0)
    one.bar(90.0, 111.0, 89.0, 110.0)
    one.account.finish()

    assert (one.kernel.peak, one.kernel.drawdown, one.kernel.least) == (1100.0, 150.0 / 1100.0, 950.0)


def test_columns_give_what_single_candles_give(desk: Make) -> None:
    rows = np.array([QUIET, (102.0, 104.0, 101.0, 103.0), (103.0, 108.0, 95.0, 100.0)])
    times = MINUTE * np.arange(3)
    columns: list[Any] = [np.zeros(3, np.int32), times, *(rows[:, k].copy() for k in range(4)), np.full(3, 100.0)]
    one, other = desk(), desk()
    for each in (one, other):
        each.kernel.order(0, 1, 2.0, stop=98.0)

    other.kernel.feed(*columns)
    assert one.kernel.bars(*[*columns, 0, 3]) == 3
    assert [other.kernel.take(i) for i in range(3)] == [1, 0, 1]
    assert one.trips() == other.trips() != []
