import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tidemark.analysis.score import Array, Component, Scores, Weighing

FLOW = Component(name="flow", weight=0.6, groups=(("delta",), ("rsi", "cci")))
BOOK = Component(name="book", weight=0.4, groups=(("depth",),))
WEIGHING = Weighing([FLOW, BOOK])
ROWS = 3
UNIT = arrays(float, (ROWS, 4), elements=st.floats(0.0, 1.0))
SIGNED = arrays(float, (ROWS, 4), elements=st.floats(-1.0, 1.0))
THERE = arrays(bool, (ROWS, 4))


def scored(direction: list[float], quality: list[float] | None = None, missing: tuple[str, ...] = ()) -> Scores:
    is_present = np.array([[factor not in missing for factor in WEIGHING.factors]])
    return WEIGHING.scores(np.array([direction]), np.array([quality or [1.0] * 4]), is_present)


def test_a_group_counts_once() -> None:
    # flow: the mean of 1 and of (1 + 0) / 2, book: -1.
    made = scored([1.0, 1.0, 0.0, -1.0])

    assert made.direction.tolist() == [[0.75, -1.0]]
    assert made.score.tolist() == [pytest.approx(50 + 50 * (0.6 * 0.75 - 0.4))]
    assert made.points[0].tolist() == pytest.approx([50 * 0.6 * 0.5, 50 * 0.6 * 0.25, 0.0, -50 * 0.4])


def test_what_is_better_counts_more_and_what_is_worse_moves_the_score_less() -> None:
    made = scored([1.0, -1.0, -1.0, 0.0], [1.0, 0.5, 0.5, 1.0])

    # By quality: (1 x 1 + 0.5 x -1) / 1.5; the component is as good as its groups on average.
    assert made.direction[0, 0] == pytest.approx(1 / 3)
    assert made.quality[0, 0] == pytest.approx(0.75)
    assert made.score[0] == pytest.approx(50 + 50 * 0.6 * 0.75 / 3)


def test_what_is_missing_is_left_out_and_lowers_the_coverage() -> None:
    made = scored([1.0, 0.0, 0.0, 0.3], missing=("depth",))

    assert made.score[0] == pytest.approx(50 + 50 * 0.5)
    assert made.coverage[0] == pytest.approx(0.6)
    assert made.is_present.tolist() == [[True, False]]
    half = scored([1.0, 0.5, 0.9, 0.3], missing=("cci", "depth"))
    assert half.direction[0, 0] == pytest.approx(0.75)
    assert half.coverage[0] == pytest.approx(0.6)


def test_with_too_little_there_is_no_score() -> None:
    assert scored([1.0] * 4, missing=("delta", "depth")).is_known.tolist() == [False]
    assert scored([1.0] * 4, missing=("delta", "rsi", "cci")).is_known.tolist() == [True]
    nothing = scored([1.0] * 4, missing=WEIGHING.factors)
    assert (nothing.score.tolist(), nothing.is_known.tolist(), nothing.conviction.tolist()) == ([50.0], [False], [0.0])


def test_agreement_is_whole_when_all_say_the_same_and_gone_when_they_say_the_opposite() -> None:
    assert scored([0.4] * 4).agreement.tolist() == [1.0]
    even = Weighing([FLOW, Component(name="book", weight=0.6, groups=(("depth",),))])
    made = even.scores(np.array([[1.0, 1.0, 1.0, -1.0]]), np.ones((1, 4)), np.ones((1, 4), bool))
    assert made.agreement.tolist() == [pytest.approx(0.0)]
    assert made.conviction.tolist() == [pytest.approx(0.0)]


def test_weights_may_be_scaled_for_each_series() -> None:
    direction = np.repeat([[1.0, 1.0, 1.0, -1.0]], 4, axis=0)
    is_present = np.ones((4, 4), bool)
    is_present[3, 3] = False
    scale = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1.0, 1.5]])

    made = WEIGHING.scores(direction, np.ones((4, 4)), is_present, scale)

    # 0.6 up and 0.4 down by themselves; then only down; then nothing counts; then half of the weight is missing.
    assert made.score.tolist() == pytest.approx([0.0, 60.0, 50.0, 100.0])
    assert made.coverage.tolist() == pytest.approx([1.0, 1.0, 0.0, 0.5])
    assert made.is_known.tolist() == [True, True, False, True]


def test_a_factor_stands_in_one_group() -> None:
    with pytest.raises(ValueError, match="each factor stands in one group"):
        Weighing([FLOW, Component(name="book", weight=0.4, groups=(("delta",),))])


@given(direction=SIGNED, quality=UNIT, is_present=THERE)
def test_the_points_are_the_score_and_all_is_within_its_bounds(
    direction: Array, quality: Array, is_present: Array
) -> None:
    made = WEIGHING.scores(direction, quality, is_present)

    np.testing.assert_allclose(made.points.sum(axis=1), made.score - 50.0, rtol=0, atol=1e-9)
    whole = 50.0 * (made.direction * made.quality * made.is_present * [0.6, 0.4]).sum(axis=1)
    total = (made.is_present * [0.6, 0.4]).sum(axis=1)
    np.testing.assert_allclose((made.score - 50.0) * total, whole, rtol=0, atol=1e-9)
    assert ((made.score >= 0) & (made.score <= 100)).all()
    for share in (made.coverage, made.agreement, made.conviction, made.quality):
        assert ((share >= 0) & (share <= 1 + 1e-12)).all()
    assert (made.points[~is_present] == 0).all()


@given(direction=SIGNED, quality=UNIT, is_present=THERE)
def test_the_mirrored_market_has_the_mirrored_score(direction: Array, quality: Array, is_present: Array) -> None:
    made, mirrored = (WEIGHING.scores(sign * direction, quality, is_present) for sign in (1.0, -1.0))

    np.testing.assert_allclose(mirrored.score, 100.0 - made.score, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(mirrored.points, -made.points)
    for name in ("coverage", "quality", "is_known"):
        np.testing.assert_array_equal(getattr(mirrored, name), getattr(made, name))
    np.testing.assert_allclose(mirrored.agreement, made.agreement, rtol=0, atol=1e-12)
