from tidemark.backtest.strategies.base import Strategy


class Mine(Strategy):
    fast: int = 20


def test_parameters_are_set_on_the_instance_alone() -> None:
    made = Mine(fast=5)

    assert made.fast == 5
    assert Mine().fast == 20
    assert made.indicators() == {}
