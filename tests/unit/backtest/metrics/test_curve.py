import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.round_trips import BEGAN

from tidemark.backtest.metrics.curve import Curve, CurveSums
from tidemark.units import DAY, HOUR, MINUTE


def walk(count: int, step: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, equity and exposure, with holes of days between some of the points."""
    rng = np.random.default_rng(seed)
    steps = np.where(rng.random(count) < 0.01, 50 * step, step)
    at = BEGAN + np.cumsum(steps)
    equity = 1000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, count)))
    return at, equity, np.where(rng.random(count) < 0.5, 0.0, equity * rng.uniform(0.0, 3.0, count))


def fed(points: tuple[np.ndarray, np.ndarray, np.ndarray], cuts: list[int]) -> Curve:
    curve = Curve(1000.0, BEGAN)
    for piece in zip(*(np.split(column, cuts) for column in points), strict=True):
        curve.put(*piece)
    return curve


@given(st.integers(1, 400), st.sampled_from([MINUTE, HOUR, DAY]), st.lists(st.integers(0, 400), max_size=8))
def test_how_the_points_are_cut_changes_no_bit(count: int, step: int, cuts: list[int]) -> None:
    points = walk(count, step)

    whole, cut = fed(points, []), fed(points, sorted(cuts))

    assert cut.sums() == whole.sums()
    assert cut.daily().tobytes() == whole.daily().tobytes()


def test_asking_in_between_changes_nothing() -> None:
    points = walk(300, HOUR)
    asked = Curve(1000.0, BEGAN)
    for row in range(300):
        asked.put(*(column[row : row + 1] for column in points))
        asked.sums()
        asked.daily()

    assert asked.sums() == fed(points, []).sums()


def in_memory(at: np.ndarray, equity: np.ndarray) -> np.ndarray:
    """The returns of all days, from a list of the last point of each."""
    day = (at - 1) // DAY
    closes, last = [1000.0], 1000.0
    for one in range(BEGAN // DAY, int(day[-1]) + 1):
        of_day = equity[day == one]
        last = float(of_day[-1]) if len(of_day) else last
        closes.append(last)
    return np.diff(closes) / closes[:-1]


@pytest.mark.parametrize("step", [7 * MINUTE, HOUR, 10 * HOUR])
def test_the_sums_are_those_of_all_points_in_memory(step: int) -> None:
    at, equity, exposure = walk(3000, step, seed=step % 1000)

    sums = fed((at, equity, exposure), [17, 1000, 1001, 2500]).sums()

    daily = in_memory(at, equity)
    apart = daily - daily.mean()
    peaks = np.maximum.accumulate(np.r_[1000.0, equity])[1:]
    spans = np.diff(np.r_[BEGAN, at])
    shares = np.r_[0.0, exposure / equity]
    assert sums.moments.count == len(daily)
    assert sums.moments.mean == pytest.approx(daily.mean(), rel=1e-9)
    for found, power in ((sums.moments.m2, 2), (sums.moments.m3, 3), (sums.moments.m4, 4)):
        assert found == pytest.approx((apart**power).sum(), rel=1e-9)
    assert sums.below == pytest.approx((np.minimum(daily, 0.0) ** 2).sum(), rel=1e-9)
    assert [sums.lowest, sums.highest] == pytest.approx([daily.min(), daily.max()])
    assert sums.unseen == sum(1 for day in range(BEGAN // DAY, (at[-1] - 1) // DAY) if day not in set((at - 1) // DAY))
    assert sums.drawdown is not None
    assert sums.drawdown.depth == (equity / peaks - 1.0).min()
    assert sums.drawdown.trough_at == at[(equity / peaks - 1.0).argmin()]
    assert sums.held_ns == spans[shares[:-1] > 0].sum()
    assert sums.mean_exposure == pytest.approx((shares[:-1] * spans).sum() / spans.sum(), rel=1e-9)
    assert sums.highest_exposure == shares.max()
    assert sums.mean_equity == pytest.approx((np.r_[1000.0, equity][:-1] * spans).sum() / spans.sum(), rel=1e-9)
    assert math.prod(1.0 + month.value for month in sums.months) == pytest.approx(sums.end / sums.start)


def test_a_run_without_a_point_is_where_it_began() -> None:
    sums: CurveSums = Curve(50.0, BEGAN).sums()

    assert (sums.start, sums.end, sums.began, sums.ended) == (50.0, 50.0, BEGAN, BEGAN)
    assert (sums.moments.count, sums.months, sums.drawdown) == (0, (), None)


def test_points_that_cannot_be_are_refused() -> None:
    curve = Curve(1.0, BEGAN)
    one, at = np.ones(1), np.array([BEGAN + 1])
    curve.put(at, one, one)

    with pytest.raises(ValueError, match="later than"):
        curve.put(at, one, one)
    with pytest.raises(ValueError, match="later than"):
        curve.put(np.array([BEGAN + 3, BEGAN + 2]), np.ones(2), np.ones(2))
    with pytest.raises(ValueError, match="finite"):
        curve.put(at + 1, np.array([np.nan]), one)
    with pytest.raises(ValueError, match="above 0"):
        Curve(0.0, BEGAN)


def test_days_beyond_those_that_are_kept_count_and_are_told() -> None:
    curve = Curve(1.0, BEGAN, most=10)
    curve.put(BEGAN + DAY * np.arange(1, 21), np.full(20, 2.0), np.zeros(20))

    assert curve.is_cut
    assert len(curve.daily()) == 10
    assert curve.sums().moments.count == 20


def test_it_takes_as_much_memory_for_a_thousand_points_a_day_as_for_ten() -> None:
    sizes = []
    for points in (10, 1000):
        at = BEGAN + np.arange(1, 100 * points + 1) * (DAY // points)
        curve = Curve(1000.0, BEGAN)
        curve.put(at, np.linspace(1000.0, 2000.0, len(at)), np.full(len(at), 7.0))
        sizes.append(len(pickle.dumps(curve)))

    assert sizes[1] == pytest.approx(sizes[0], abs=64)
    # The returns that are kept, their place for twenty years, and little else.
    assert sizes[0] < 8 * 7305 + 4096


def test_one_that_is_put_away_goes_on_where_it_was() -> None:
    points = walk(300, HOUR)
    first, rest = (tuple(column[part] for column in points) for part in (slice(0, 170), slice(170, 300)))
    curve = Curve(1000.0, BEGAN)
    curve.put(*first)

    again = pickle.loads(pickle.dumps(curve))  # noqa: S301 - our own
    again.put(*rest)

    assert again.sums() == fed(points, []).sums()
