"""How much of an order is filled, and at which price.

A candle is open, high, low, close; figures are worked out here.
"""

import pytest
from tests.brokers import LATE, QUIET, Filled, Make, free, opened

from tidemark.model.round_trip import Exit


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
