import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.analysis.pairs import LEAST, WEIGHT, add, fit, of_all

FIGURES = st.floats(-100.0, 100.0, allow_subnormal=False)


@given(st.lists(st.tuples(FIGURES, FIGURES, st.floats(0.5, 1.0)), min_size=1, max_size=60))
def test_one_by_one_is_the_same_as_all_at_once(pairs: list[tuple[float, float, float]]) -> None:
    moments = np.zeros((1, 6))
    weights: list[float] = []
    for x, y, left in pairs:
        moments = add(moments, np.array([left]), x, np.array([y]))
        weights = [weight * left for weight in weights] + [1.0]

    xs, ys, _ = (np.array(column) for column in zip(*pairs, strict=True))
    assert moments[0] == pytest.approx(of_all(np.array(weights), xs, ys), rel=1e-7, abs=1e-6)


def test_the_line_is_the_one_of_least_squares() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=200)
    y = 0.5 + 2.0 * x + rng.normal(scale=0.1, size=200)

    line = fit(of_all(np.ones(200), x, y))

    slope, level = np.polyfit(x, y, 1)
    assert (float(line.beta), float(line.alpha)) == pytest.approx((slope, level))
    assert float(line.correlation) == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert float(line.deviation) == pytest.approx(np.std(y - level - slope * x))
    assert float(line.deviations) == pytest.approx(
        level / (np.std(y - level - slope * x) * np.sqrt(1 / 200 + x.mean() ** 2 / ((x - x.mean()) ** 2).sum()))
    )


def test_too_few_pairs_or_a_leader_that_stands_still_give_no_line() -> None:
    few = of_all(np.ones(int(LEAST) - 1), np.arange(LEAST - 1), np.arange(LEAST - 1))
    still = of_all(np.ones(50), np.zeros(50), np.arange(50.0))

    assert np.isnan(fit(few).beta)
    assert np.isnan(fit(still).beta)
    assert of_all(np.zeros(0), np.zeros(0), np.zeros(0))[WEIGHT] == 0.0
