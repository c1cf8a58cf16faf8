import numpy as np
import pytest

from tidemark.analysis.factors.order_book.walls import value


def test_a_wall_weighs_half_after_a_minute_and_nothing_when_it_has_just_come() -> None:
    bids, asks = np.array([300.0, 300.0, 0.0]), np.array([0.0, 600.0, 0.0])
    stood = np.array([60.0, 0.0, 0.0])

    figures = value(bids, stood, asks, np.array([0.0, 60.0, 0.0]), np.full(3, 500.0), np.full(3, 1000.0))

    # 300 / 2 of 1500; 0 less 600 / 2 of 1500; nothing.
    assert figures.tolist() == pytest.approx([0.1, -0.2, 0.0])
