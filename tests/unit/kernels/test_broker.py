"""Candles through the whole broker. A candle is open, high, low, close; figures are worked out here."""

from typing import Any

import numpy as np
from tests.brokers import QUIET, Filled, Make, opened

from tidemark.backtest.broker.account import Sizes
from tidemark.model.round_trip import Exit
from tidemark.units import MILLISECOND, MINUTE


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


def test_the_end_of_the_data_closes_at_the_last_close(desk: Make) -> None:
    one = opened(desk)
    one.bar(100.0, 104.0, 99.0, 103.0)
    one.order(1, 1.0, "limit", price=90.0)
    (trip,) = one.account.finish()

    assert (trip.exit, trip.profit, trip.bars, one.kernel.waiting(0)) == (Exit.END, 6.0, 1, 0)
    assert one.account.finish() == []


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
