"""Positions, and the round trips that they become. A candle is open, high, low, close; figures are worked out here."""

import pytest
from tests.brokers import LATE, QUIET, Filled, Make, opened

from tidemark.model.round_trip import Exit


def test_protection_may_be_fractions_of_the_fill(desk: Make) -> None:
    one = desk()
    one.bar(*QUIET)
    one.order(1, 2.0, stop=0.03, target=0.05, flags=("fraction",))
    one.bar(100.0, 104.0, 98.0, 100.0)
    assert one.held == 2.0
    one.bar(100.0, 105.0, 98.0, 100.0)

    assert one.fills()[1:] == [Filled(2 + LATE, -1, 2.0, 105.0)]


def test_orders_that_only_reduce_go_with_the_position(desk: Make) -> None:
    one = opened(desk)
    one.bar(*QUIET)
    one.order(-1, 2.0, "limit", price=110.0, flags=("reduce_only",))
    one.kernel.close(0)
    one.bar(*QUIET)

    assert (one.held, one.kernel.waiting(0)) == (0.0, 0)


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
