"""Orders are there within a candle, or some candles later."""

import pytest
from tests.brokers import Desk, Filled, about, free

from tidemark.backtest.broker.latency import milliseconds
from tidemark.units import MINUTE


@pytest.mark.parametrize(
    ("ms", "price"), [(0.0, 100.0), (6_000.0, 100.2), (60_000.0, 101.0), (90_000.0, 102.0)],
    ids=["at once", "a tenth of the way to the high", "at the next open", "half way of the next candle"],
)  # fmt: skip
def test_the_kernel_waits_for_as_long_as_the_formula_says(ms: float, price: float) -> None:
    desk = Desk(free(latency__use="milliseconds", latency__milliseconds__ms=str(ms)))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(1, 2.0)
    desk.bar(100.0, 102.0, 99.0, 101.0)
    desk.bar(101.0, 103.0, 100.0, 102.0)

    delay = milliseconds.delay(milliseconds.Parameters(ms=ms), MINUTE)
    (fill,) = desk.fills()
    assert fill == Filled(1 + delay / MINUTE, 1, 2.0, about(price))
