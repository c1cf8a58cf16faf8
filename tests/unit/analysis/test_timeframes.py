import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.analysis.timeframes import Combined, combine

UNIT = st.floats(-1.0, 1.0)


def combined(weights: list[float], direction: list[float], quality: list[float], known: list[bool]) -> Combined:
    shape = (len(weights), 1, 1)
    return combine(
        weights, np.array(direction).reshape(shape), np.array(quality).reshape(shape), np.array(known).reshape(shape)
    )


def test_the_direction_is_the_mean_by_weight_and_quality() -> None:
    made = combined([0.4, 0.3, 0.2, 0.1], [1.0, 1.0, 1.0, 1.0], [1.0, 0.5, 1.0, 1.0], [True] * 4)

    assert made.direction.item() == 1.0
    # (0.4 + 0.15 + 0.2 + 0.1) / 1; they agree, so nothing is taken off.
    assert made.quality.item() == pytest.approx(0.85)
    assert made.share[:, 0, 0] == pytest.approx(np.array([0.4, 0.15, 0.2, 0.1]) / 0.85)


def test_disagreement_costs_quality_and_not_direction() -> None:
    made = combined([0.4, 0.1], [0.5, -0.5], [1.0, 1.0], [True, True])

    # Mean 0.8 * 0.5 - 0.2 * 0.5; variance 0.8 * 0.2 ** 2 + 0.2 * 0.8 ** 2 = 0.16.
    assert made.direction.item() == pytest.approx(0.3)
    assert made.quality.item() == pytest.approx(1.0 - 0.4)


def test_a_timeframe_that_is_not_there_leaves_its_weight_to_the_others() -> None:
    made = combined([0.4, 0.6], [0.5, -1.0], [0.8, 1.0], [True, False])

    assert (made.direction.item(), made.quality.item()) == (0.5, pytest.approx(0.8))
    assert made.share[:, 0, 0].tolist() == [1.0, 0.0]


def test_where_nothing_is_known_nothing_is_said() -> None:
    made = combined([0.4, 0.6], [0.5, -1.0], [0.8, 1.0], [False, False])

    assert not made.is_known.item()
    assert (made.direction.item(), made.quality.item(), made.share.sum()) == (0.0, 0.0, 0.0)


@given(st.lists(st.tuples(st.floats(0.01, 1.0), UNIT, st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=8))
def test_it_stays_within_bounds_and_the_mirrored_market_says_the_opposite(
    parts: list[tuple[float, float, float, bool]],
) -> None:
    weights, direction, quality, known = (list(column) for column in zip(*parts, strict=True))
    made = combined(weights, direction, quality, known)
    mirrored = combined(weights, [-one for one in direction], quality, known)

    assert abs(made.direction.item()) <= max(map(abs, direction)) + 1e-12
    assert 0.0 <= made.quality.item() <= max(quality) + 1e-12
    assert made.share.sum() == pytest.approx(1.0 if made.share.any() else 0.0)
    assert mirrored.direction.item() == pytest.approx(-made.direction.item(), abs=1e-12)
    assert mirrored.quality.item() == pytest.approx(made.quality.item(), abs=1e-12)
