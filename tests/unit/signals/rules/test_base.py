import numpy as np
import pytest

from tidemark.model.signal import Side
from tidemark.signals.rules.base import LONG_SHORT, Verdict, only, sided


@pytest.mark.parametrize(
    ("value", "held", "enter", "stays"),
    [
        (5.0, 0, 1, True),
        (4.0, 0, 1, True),
        (3.9, 0, 0, True),
        (3.9, 1, 0, True),
        (1.9, 1, 0, False),
        (-1.9, -1, 0, False),
        (-2.0, -1, 0, True),
        (-4.0, 1, -1, False),
        (3.0, -1, 0, False),
    ],
)
def test_a_side_is_entered_beyond_one_threshold_and_left_at_another(
    value: float, held: int, enter: int, stays: bool
) -> None:
    verdict = sided(np.array([value]), 4.0, 2.0, np.array([held], np.int8))

    assert (verdict.enter.item(), verdict.stays.item()) == (enter, stays)


def test_thresholds_may_differ_from_series_to_series() -> None:
    verdict = sided(np.array([5.0, 5.0]), np.array([4.0, 6.0]), 2.0, np.zeros(2, np.int8))

    assert verdict.enter.tolist() == [1, 0]


def test_only_takes_away_what_is_entered_and_leaves_what_stays() -> None:
    verdict = only(Verdict(np.array([1, -1], np.int8), np.array([True, True])), np.array([True, False]))

    assert verdict.enter.tolist() == [1, 0]
    assert verdict.stays.tolist() == [True, True]


def test_long_and_short_speak_for_their_sides() -> None:
    assert {code: one.side for code, one in LONG_SHORT.items()} == {1: Side.LONG, -1: Side.SHORT}
