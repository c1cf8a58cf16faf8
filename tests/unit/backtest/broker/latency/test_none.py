"""Orders are there at once."""

from tests.brokers import Desk, free

from tidemark.backtest.broker.latency import none
from tidemark.units import MINUTE


def test_an_order_is_there_at_the_next_open() -> None:
    desk = Desk(free(latency__use="none"))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(1, 2.0)
    desk.bar(100.0, 101.0, 99.0, 100.0)

    assert none.delay(none.Parameters(), MINUTE) == 0
    assert [fill.when for fill in desk.fills()] == [1.0]
