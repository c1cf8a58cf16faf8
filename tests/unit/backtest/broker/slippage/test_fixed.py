"""A fraction of the price."""

import pytest
from tests.brokers import Desk, free, instrument

from tidemark.backtest.broker.slippage import fixed


@pytest.mark.parametrize("side", [1, -1])
def test_the_kernel_slips_by_what_the_formula_says(side: int) -> None:
    desk = Desk(free(slippage__use="fixed", slippage__fixed__bps="3"))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(side, 2.0)
    desk.bar(100.0, 101.0, 99.0, 100.0)

    away = fixed.distance(fixed.Parameters(bps=3.0), instrument(), 100.0, 2.0, 100.0)
    assert away == pytest.approx(0.03)
    assert [fill.price for fill in desk.fills()] == [100.0 + side * away]
    assert desk.kernel.slippage == pytest.approx(2 * away)


@pytest.mark.parametrize(("side", "price"), [(1, 100.5), (-1, 99.5)])
def test_what_a_taker_gets_is_the_tick_that_is_worse(side: int, price: float) -> None:
    desk = Desk(free(slippage__use="fixed", slippage__fixed__bps="3", rounding__use="instrument"))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(side, 2.0)
    desk.bar(100.0, 101.0, 99.0, 100.0)

    assert [fill.price for fill in desk.fills()] == [price]
