import msgspec
import pytest
from tests.unit.signals.test_scorecard import against, outcome

from tidemark.model.signal import Side
from tidemark.signals.calibration import EDGES, calibrate
from tidemark.signals.statistics import wilson


def test_a_bin_has_the_trades_of_its_scores_those_of_shorts_taken_from_100() -> None:
    some = [
        outcome(0, 1.0, score=66.0),
        outcome(1, -1.0, score=69.0),
        outcome(2, 1.0, score=33.0, side=Side.SHORT),
        outcome(3, 1.0, score=71.0),
        outcome(4, 1.0, score=None),
        outcome(5, None, score=68.0),
    ]

    made = calibrate([*some, against(some[0], 9.0)])

    bins = {one.low: one for one in made.bins}
    assert (made.n, made.base_rate) == (4, 0.75)
    assert (bins[65.0].n, bins[65.0].wins) == (3, 2)
    assert bins[65.0].mean_score == pytest.approx((66 + 69 + 67) / 3)
    assert bins[65.0].win_interval == wilson(2, 3)
    assert (bins[70.0].n, bins[75.0].n, bins[75.0].win_rate) == (1, 0, None)
    assert not bins[65.0].is_enough
    assert made.curve() == []


def test_the_last_bin_has_both_its_edges_and_each_other_the_lower_one() -> None:
    made = calibrate([outcome(0, 1.0, score=100.0), outcome(1, 1.0, score=65.0), outcome(2, 1.0, score=0.0)])

    assert [(one.low, one.n) for one in made.bins if one.n] == [(0.0, 1), (65.0, 1), (80.0, 1)]
    assert len(made.bins) == len(EDGES) - 1


def test_a_rule_whose_scores_tell_something_has_a_curve_that_rises_and_a_slope() -> None:
    some = [
        outcome(number, 1.0 if number % 10 < good else -1.0, score=score)
        for score, good, first in ((66.0, 3, 0), (76.0, 6, 100))
        for number in range(first, first + 40)
    ]

    made = calibrate(some)

    curve = made.curve()
    assert [(score, rate) for score, rate, _, _ in curve] == [(66.0, 0.3), (76.0, 0.6)]
    assert curve[0][2:] == wilson(12, 40)
    # From -0.4 R to 0.2 R over ten points.
    assert made.slope_per_point == pytest.approx(0.06)


def test_of_few_or_of_one_score_there_is_no_slope() -> None:
    assert calibrate([outcome(number, 1.0, score=60.0) for number in range(40)]).slope_per_point is None
    assert calibrate([outcome(number, 1.0, score=60.0 + number) for number in range(9)]).slope_per_point is None


def test_of_nothing_there_is_nothing() -> None:
    made = calibrate([])

    assert (made.n, made.base_rate, made.slope_per_point) == (0, None, None)
    assert msgspec.json.decode(msgspec.json.encode(made))["n"] == 0
