"""The same rate every so many hours."""

import pytest
from tests.brokers import Desk, free

from tidemark.backtest.broker.funding import constant
from tidemark.units import DAY, HOUR


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(("hours", "times"), [(8, 3), (4, 6), (1, 24)])
def test_a_day_costs_what_the_formula_says(side: int, hours: int, times: int) -> None:
    desk = Desk(free(funding__use="constant", funding__constant__hours=str(hours)))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(side, 2.0)
    desk.bar(100.0, 101.0, 99.0, 100.0)
    for at in range(hours, 25, hours):
        desk.bar(100.0, 101.0, 99.0, 100.0, time=at * HOUR)

    assert desk.now == DAY
    paid = times * constant.payment(constant.Parameters(), side * 2.0, 100.0, 0.0001)
    assert desk.kernel.funding == pytest.approx(paid) == pytest.approx(side * 0.02 * times)
    assert desk.kernel.cash == pytest.approx(1000.0 - paid)
