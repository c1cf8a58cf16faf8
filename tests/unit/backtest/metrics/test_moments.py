import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.backtest.metrics.moments import Moments

NUMBERS = st.lists(st.floats(-100.0, 100.0), max_size=40)


def of(values: list[float]) -> Moments:
    moments = Moments()
    for value in values:
        moments.add(value)
    return moments


def test_the_moments_of_a_few_numbers() -> None:
    # The mean is 3; the distances -2, -1, 0, 3: squares 14, third powers 18, fourth powers 98.
    moments = of([1.0, 2.0, 3.0, 6.0])

    assert (moments.count, moments.mean) == (4, 3.0)
    assert (moments.m2, moments.m3, moments.m4) == pytest.approx((14.0, 18.0, 98.0))
    assert moments.deviation == pytest.approx((14.0 / 3.0) ** 0.5)
    assert moments.skew == pytest.approx((18.0 / 4.0) / (14.0 / 4.0) ** 1.5)
    assert moments.kurtosis == pytest.approx((98.0 / 4.0) / (14.0 / 4.0) ** 2)


def test_what_does_not_vary_has_no_shape() -> None:
    assert of([]).deviation is None
    assert of([1.0]).deviation is None
    assert of([0.1] * 30).skew is None
    assert of([0.1] * 30).kurtosis is None
    assert of([1e-200, -1e-200]).kurtosis is None


@given(NUMBERS, NUMBERS)
def test_two_streams_together_are_all_their_numbers(first: list[float], second: list[float]) -> None:
    together, both = of(first), np.array(first + second)

    together.merge(of(second))

    assert together.count == len(both)
    if len(both):
        apart = both - both.mean()
        assert together.mean == pytest.approx(both.mean(), abs=1e-9)
        for power, found in ((2, together.m2), (3, together.m3), (4, together.m4)):
            assert found == pytest.approx((apart**power).sum(), rel=1e-9, abs=1e-9 * 100.0**power)
