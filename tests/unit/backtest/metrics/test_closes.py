import numpy as np
import pytest

from tidemark.backtest.metrics.closes import MOST, Closes, Returns
from tidemark.units import DAY, HOUR


def at(*times: int) -> np.ndarray:
    return np.array(times, np.int64)


def test_a_point_at_midnight_ends_the_day_before_it() -> None:
    closes = Closes()

    over = closes.put(at(HOUR, DAY, DAY + HOUR, 3 * DAY), np.array([1.0, 2.0, 3.0, 4.0]))

    assert over == [(0, 2.0), (1, 3.0)]
    assert closes.open == (2, 4.0)
    assert closes.put(at(), np.array([])) == []
    assert closes.put(at(3 * DAY + 1), np.array([5.0])) == [(2, 4.0)]


def test_periods_may_be_of_any_length() -> None:
    assert Closes(HOUR).put(at(1, HOUR, HOUR + 1), np.array([1.0, 2.0, 3.0])) == [(0, 2.0)]


def test_a_day_without_a_point_changed_nothing_and_is_counted() -> None:
    returns = Returns(100.0, 10)

    returns.put(10, 110.0)
    returns.put(13, 99.0)

    assert returns.kept.tolist() == pytest.approx([0.1, 0.0, 0.0, -0.1])
    assert returns.unseen == 2
    assert [returns.lowest, returns.highest] == pytest.approx([-0.1, 0.1])
    assert returns.below == pytest.approx(0.01)


def test_nothing_is_earned_on_nothing() -> None:
    returns = Returns(100.0, 0)

    for day, close in enumerate((50.0, -1.0, 20.0, 40.0)):
        returns.put(day, close)

    assert returns.is_ruined
    assert returns.kept.tolist() == pytest.approx([-0.5, -1.02])


def test_so_many_are_kept_and_all_of_them_count() -> None:
    returns = Returns(1.0, 0, most=2)

    for day in range(3):
        returns.put(day, 2.0 ** (day + 1))

    assert returns.kept.tolist() == [1.0, 1.0]
    assert returns.is_cut
    assert returns.moments.count == 3
    assert not Returns(1.0, 0).is_cut
    # Twenty years, of which five have a day more.
    assert len(returns.kept) < MOST == 20 * 365 + 5


def test_a_copy_goes_on_by_itself() -> None:
    returns = Returns(1.0, 0)
    returns.put(0, 2.0)
    other = returns.copy()

    other.put(1, 1.0)

    assert returns.kept.tolist() == [1.0]
    assert other.kept.tolist() == [1.0, -0.5]
    assert (other.moments.count, returns.moments.count) == (2, 1)
