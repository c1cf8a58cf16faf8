"""The reasons of the kernel and those that are told are the same."""

from tidemark.backtest.broker.told import Reason
from tidemark.kernels import broker_columns
from tidemark.model.round_trip import Exit


def test_reasons_and_exits_stand_in_the_order_of_the_kernel() -> None:
    assert tuple(Reason) == broker_columns.REASONS
    assert tuple(Exit) == broker_columns.EXITS
