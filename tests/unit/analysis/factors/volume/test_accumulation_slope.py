import pytest
from tests.figures import candles, figures


@pytest.mark.parametrize(("close", "slope"), [(101.0, 1.0), (100.5, 0.5), (100.0, 0.0), (99.0, -1.0)])
def test_it_is_where_in_their_ranges_from_99_to_101_the_candles_close(close: float, slope: float) -> None:
    assert figures("accumulation_slope", candles(16, close=close)) == pytest.approx([slope] * 3)
