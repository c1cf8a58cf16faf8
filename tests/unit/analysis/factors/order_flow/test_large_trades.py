import numpy as np
import pytest

from tidemark.analysis.factors.order_flow.large_trades import value


def test_large_trades_count_by_their_part_of_all_that_is_traded() -> None:
    one = np.ones(2)

    # 3 more bought than sold of 10, and of the 60 that are usual in 5 minutes.
    figure = value(4.0 * one, one, 7.0 * one, 3.0 * one, np.array([1.0, 12.0]), 9.0 * one)

    assert figure.tolist() == pytest.approx([0.3, 0.05])


def test_where_no_large_trade_was_it_is_neutral() -> None:
    one, zero = np.ones(1), np.zeros(1)

    assert value(zero, zero, one, one, one, one).tolist() == [0.0]
