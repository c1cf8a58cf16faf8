import numpy as np
import pytest

from tidemark.analysis.factors.order_flow.delta_divergence import value


def test_aggressors_who_go_against_the_price_speak_for_their_side() -> None:
    # c of 0.2 and p of -0.4 / 2 = -0.2: the root of 0.04; the opposite; both the same way; one of them flat.
    delta, close = np.array([0.2, -0.2, 0.2, -0.2, 0.0]), np.array([-0.4, 0.4, 0.4, -0.4, 0.4])

    assert value(delta, close, np.full(5, 2.0)).tolist() == pytest.approx([0.2, -0.2, 0.0, 0.0, 0.0])


def test_without_any_range_there_is_no_figure() -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        figure = value(np.array([0.2, 0.2]), np.array([-1.0, 0.0]), np.zeros(2))

    assert not np.isfinite(figure).any()
