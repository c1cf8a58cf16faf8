import pytest
from tests.figures import candles, figures


def test_three_of_four_bought_are_half_way_from_even_to_all() -> None:
    assert figures("taker_ratio", candles(14, delta=5.0)) == pytest.approx([0.5])
    assert figures("taker_ratio", candles(14, delta=0.0)) == [0.0]


def test_what_was_long_ago_counts_less() -> None:
    # Fourteen candles all bought, fourteen all sold: (sum of 0.98 ^ 14 .. 27 less sum of 0.98 ^ 0 .. 13) over both.
    found = figures("taker_ratio", candles(28, delta=[10.0] * 14 + [-10.0] * 14))[-1]

    assert found == pytest.approx((0.98**14 - 1.0) / (0.98**14 + 1.0))
