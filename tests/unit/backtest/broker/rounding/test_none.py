"""Any price, any quantity."""

from tests.brokers import Desk, Filled, free, instrument

from tidemark.backtest.broker.rounding import none


def test_nothing_is_rounded() -> None:
    desk = Desk(free(rounding__use="none"))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(1, 0.123456789, "limit", price=99.87654321)
    desk.bar(100.0, 101.0, 99.0, 100.0)

    assert none.quantity(none.Parameters(), instrument(), 0.123456789) == 0.123456789
    (fill,) = desk.fills()
    assert (fill.quantity, fill.price) == Filled(0, 1, 0.123456789, 99.87654321)[2:]
