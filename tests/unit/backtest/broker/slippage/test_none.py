"""Nothing is added to a price."""

from tests.brokers import Desk, free, instrument

from tidemark.backtest.broker.slippage import none


def test_a_taker_gets_the_price_of_the_candle() -> None:
    desk = Desk(free(slippage__use="none"))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(1, 2.0)
    desk.bar(100.3, 101.0, 99.0, 100.0)

    assert none.distance(none.Parameters(), instrument(), 100.3, 2.0, 100.0) == 0.0
    assert [fill.price for fill in desk.fills()] == [100.3]
