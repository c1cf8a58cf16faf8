"""Nothing is paid."""

from tests.brokers import Desk, free, instrument

from tidemark.backtest.broker.fees import none


def test_a_fill_costs_nothing_by_the_formula_and_in_the_kernel() -> None:
    desk = Desk(free(fees__use="none"))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(1, 2.0)
    desk.bar(100.0, 101.0, 99.0, 100.0)

    assert desk.kernel.fees == none.fee(none.Parameters(), instrument(), 200.0, is_maker=False) == 0.0
