import numpy as np
import pytest

from tidemark.backtest.metrics.holdings import Holdings


def test_a_point_holds_until_the_next_one() -> None:
    holdings = Holdings(100.0, 0)

    # Flat to 10; half of the equity to 30; all of it twice over to 40; flat again, and the last point holds no time.
    holdings.put(np.array([10, 30]), np.array([100.0, 50.0]), np.array([50.0, 100.0]))
    holdings.put(np.array([40, 50]), np.array([80.0, 80.0]), np.array([0.0, 80.0]))

    assert holdings.held_ns == 30
    assert holdings.highest == 2.0
    assert holdings.mean_exposure == pytest.approx((20 * 0.5 + 10 * 2.0) / 50)
    assert holdings.mean_equity == pytest.approx((10 * 100 + 20 * 100 + 10 * 50 + 10 * 80) / 50)


def test_before_any_time_has_passed_there_is_no_exposure() -> None:
    holdings = Holdings(100.0, 5)
    holdings.put(np.array([], np.int64), np.array([]), np.array([]))

    assert (holdings.held_ns, holdings.mean_exposure, holdings.mean_equity) == (0, 0.0, 100.0)


def test_without_an_equity_there_is_no_share_of_it() -> None:
    holdings = Holdings(100.0, 0)
    holdings.put(np.array([10, 20]), np.array([-5.0, 0.0]), np.array([50.0, 50.0]))

    assert (holdings.held_ns, holdings.highest, holdings.mean_exposure) == (10, 0.0, 0.0)
