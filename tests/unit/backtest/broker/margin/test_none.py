"""Credit without end."""

from tests.brokers import Desk, free

from tidemark.backtest.broker.margin import none


def test_anything_is_held_and_nobody_is_liquidated() -> None:
    desk = Desk(free(margin__use="none"))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(1, 1e6)
    desk.bar(100.0, 101.0, 1.0, 2.0)

    assert none.liquidation_price(none.Parameters(), 1e6, 100.0, 1000.0) is None
    assert (desk.held, desk.kernel.liquidation(0)) == (1e6, 0.0)
