"""Where a position in a cross account is liquidated."""

import pytest
from tests.brokers import Desk, free

from tidemark.backtest.broker.margin import cross
from tidemark.backtest.broker.margin.cross import Parameters


@pytest.mark.parametrize("side", [1, -1])
def test_the_kernel_has_the_price_of_the_formula(side: int) -> None:
    desk = Desk(free(margin__use="cross", margin__cross__leverage="10"), markets=2)
    for market in (0, 1):
        desk.bar(100.0, 100.0, 100.0, 100.0, market=market, time=0)
    desk.order(side, 40.0)
    desk.order(1, 20.0, market=1)
    for market, close in ((0, 100.0), (1, 110.0)):
        desk.bar(100.0, 110.0, 100.0, close, market=market, time=desk.now + (60_000_000_000 if market == 0 else 0))

    # 1000, a profit of 200, less 0.5 % of the 2200 that the other market is worth.
    price = cross.liquidation_price(Parameters(leverage=10.0), side * 40.0, 100.0, 1000.0 + 200.0 - 11.0)
    assert price is not None
    assert desk.kernel.liquidation(0) == pytest.approx(price, rel=1e-14)
    equity = 1200.0 + side * 40.0 * (price - 100.0)
    assert equity == pytest.approx(0.005 * (40.0 * price + 2200.0))


def test_an_account_that_is_worth_more_than_it_holds_is_never_liquidated() -> None:
    assert cross.liquidation_price(Parameters(), 1.0, 100.0, 500.0) is None
