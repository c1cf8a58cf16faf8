"""Where an isolated position is liquidated."""

import pytest
from tests.brokers import Desk, free

from tidemark.backtest.broker.margin import isolated
from tidemark.backtest.broker.margin.isolated import Parameters


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(("leverage", "bps", "amount"), [(10.0, 50.0, 0.0), (3.0, 100.0, 2.0), (100.0, 40.0, 0.0)])
def test_the_kernel_has_the_price_of_the_formula(side: int, leverage: float, bps: float, amount: float) -> None:
    given = {"leverage": leverage, "maintenance_bps": bps, "maintenance_amount": amount}
    desk = Desk(free(margin__use="isolated", **{f"margin__isolated__{name}": str(one) for name, one in given.items()}))
    desk.bar(100.0, 100.0, 100.0, 100.0)
    desk.order(side, 4.0)
    desk.bar(100.0, 100.0, 100.0, 100.0)

    price = isolated.liquidation_price(Parameters(**given), side * 4.0, 100.0, 400.0 / leverage)
    assert price is not None
    assert desk.kernel.liquidation(0) == pytest.approx(price, rel=1e-14)
    # There, what is left of the margin is the maintenance margin.
    left = 400.0 / leverage + side * 4.0 * (price - 100.0)
    assert left == pytest.approx(4.0 * price * bps * 1e-4 - amount)


def test_without_leverage_a_long_is_never_liquidated() -> None:
    assert isolated.liquidation_price(Parameters(), 1.0, 100.0, 100.0) is None
