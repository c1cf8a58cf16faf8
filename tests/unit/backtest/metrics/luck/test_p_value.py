import numpy as np
import pytest

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.p_value import p_value


@pytest.mark.parametrize(("found", "wanted"), [(100.0, 1 / 100), (98.0, 2 / 100), (0.0, 1.0), (49.5, 50 / 100)])
def test_it_is_the_share_that_is_as_good_with_what_was_found_among_them(found: float, wanted: float) -> None:
    assert p_value(found, np.arange(99.0)) == Figure(wanted)


def test_without_a_draw_there_is_none() -> None:
    assert p_value(1.0, np.array([])) == Figure(None, "nothing was drawn")
