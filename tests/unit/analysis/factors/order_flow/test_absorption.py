import numpy as np
import pytest
from tests.figures import candles, figures


@pytest.mark.parametrize(("delta", "close", "figure"), [(9.0, 100.0, -2.0), (-9.0, 100.0, 2.0), (9.0, 101.0, -1.0)])
def test_aggression_that_goes_nowhere_speaks_for_the_other_side(delta: float, close: float, figure: float) -> None:
    # Three times the usual 3, two means beyond it; a rise of 1 is half of the mean range.
    usual = np.where(np.arange(21) % 2, 3.0, -3.0)
    made = candles(21, delta=np.append(usual[:20], delta), close=np.append(np.full(20, 100.0), close))

    assert figures("absorption", made) == [figure]
