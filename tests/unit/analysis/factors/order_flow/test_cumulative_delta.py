import numpy as np
import pytest
from tests.figures import candles, figures


def test_it_is_what_each_candle_adds_of_its_volume() -> None:
    assert figures("cumulative_delta", candles(15, delta=-2.5)) == pytest.approx([-0.25, -0.25])


def test_buying_that_turns_into_selling_cancels() -> None:
    # The line is at 0, rises to 60, stays there for a candle, and falls back to 0: the same from both of its ends.
    delta = np.array([0.0] + [10.0] * 6 + [0.0] + [-10.0] * 6)

    assert figures("cumulative_delta", candles(14, delta=delta)) == pytest.approx([0.0], abs=1e-12)
