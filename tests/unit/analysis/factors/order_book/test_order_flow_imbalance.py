import numpy as np
import pytest

from tidemark.analysis.factors.order_book.order_flow_imbalance import value


def test_a_small_change_in_a_quiet_book_is_little_and_the_same_against_thin_queues_is_much() -> None:
    figures = value(np.array([1.0, 1.0]), np.array([1.0, 1.0]), np.array([9.0, 0.5]), np.array([10.0, 0.5]))

    # 1 of 1 + 19, 1 of 1 + 1.
    assert figures.tolist() == pytest.approx([0.05, 0.5])
