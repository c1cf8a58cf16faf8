"""Any order is filled at once."""

import math

from tests.brokers import Desk, free, instrument

from tidemark.backtest.broker.filling import whole


def test_an_order_larger_than_the_volume_is_filled() -> None:
    desk = Desk(free())
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(1, 1e6)
    desk.bar(100.0, 101.0, 99.0, 100.0, volume=0.0)

    assert whole.most(whole.Parameters(), 0.0) == math.inf
    assert desk.held == 1e6


def test_ticks_are_those_of_the_instrument() -> None:
    assert whole.numbers(whole.Parameters(through_ticks=2.0), instrument(tick=0.5), 1)["fill_through"] == 1.0
