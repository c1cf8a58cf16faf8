"""Orders are there some candles later."""

import pytest
from tests.brokers import Desk, free

from tidemark.backtest.broker.latency import candles
from tidemark.units import MINUTE


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_kernel_waits_for_as_long_as_the_formula_says(count: int) -> None:
    desk = Desk(free(latency__use="candles", latency__candles__candles=str(count)))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(1, 2.0)
    for _ in range(5):
        desk.bar(100.0, 101.0, 99.0, 100.0)

    delay = candles.delay(candles.Parameters(candles=count), MINUTE)
    assert [fill.when for fill in desk.fills()] == [1 + delay / MINUTE]
