import numpy as np
import pytest

from tidemark.analysis.factors.order_flow.flow_5m import value

MINUTES = 5.0


def test_where_enough_is_traded_it_is_a_share_of_it() -> None:
    # 8 traded, where 4 are usual in that time.
    assert value(np.array([6.0]), np.array([2.0]), np.array([4.0 / MINUTES])).tolist() == pytest.approx([0.5])


def test_a_few_trades_in_a_market_that_is_silent_say_little() -> None:
    # 8 and nothing traded, where 80 are usual.
    bought, sold = np.array([6.0, 0.0]), np.array([2.0, 0.0])

    assert value(bought, sold, np.full(2, 80.0 / MINUTES)).tolist() == pytest.approx([0.05, 0.0])
