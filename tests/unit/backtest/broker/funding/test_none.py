"""Nothing is paid for holding."""

from tests.brokers import Desk, free

from tidemark.backtest.broker.funding import none
from tidemark.units import DAY


def test_holding_for_a_day_costs_nothing() -> None:
    desk = Desk(free(funding__use="none"))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(1, 2.0)
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.bar(100.0, 101.0, 99.0, 100.0, time=DAY)

    assert desk.kernel.funding == none.payment(none.Parameters(), 2.0, 100.0, 0.01) == 0.0
