import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tidemark.backtest.metrics.drawdown import Drawdown, Drawdowns


def fed(equity: list[float], cuts: list[int], start: float = 100.0) -> Drawdowns:
    """Points at 1, 2, 3 and so on."""
    falls = Drawdowns(start, 0)
    at = np.arange(1, len(equity) + 1)
    for one, figures in zip(np.split(at, cuts), np.split(np.array(equity), cuts), strict=True):
        falls.put(one, figures)
    return falls


def plain(equity: list[float], start: float = 100.0) -> tuple[Drawdown | None, int]:
    """The same, point by point."""
    peak, peak_at, below_since, longest = start, 0, None, 0
    worst: tuple[float, int, int, float] | None = None
    recovered = None
    for time, figure in enumerate(equity, 1):
        if worst is not None and recovered is None and figure >= worst[3]:
            recovered = time
        if figure >= peak:
            if below_since is not None:
                longest = max(longest, time - below_since)
            peak, peak_at, below_since = figure, time, None
            continue
        below_since = peak_at
        if worst is None or figure / peak - 1.0 < worst[0]:
            worst, recovered = (figure / peak - 1.0, peak_at, time, peak), None
    if below_since is not None:
        longest = max(longest, len(equity) - below_since)
    if worst is None:
        return None, longest
    return Drawdown(depth=worst[0], peak_at=worst[1], trough_at=worst[2], recovered_at=recovered), longest


def test_the_deepest_fall_and_the_longest_are_not_the_same() -> None:
    #           1      2     3      4      5      6      7      8      9
    equity = [120.0, 60.0, 125.0, 120.0, 124.0, 124.0, 124.0, 125.0, 124.0]

    falls = fed(equity, [])

    assert falls.worst == Drawdown(depth=-0.5, peak_at=1, trough_at=2, recovered_at=3)
    assert falls.longest_ns == 8 - 3
    assert falls.ended == 9


def test_a_fall_that_lasts_is_measured_to_the_last_point() -> None:
    falls = fed([90.0, 50.0, 85.0], [])

    assert falls.worst == Drawdown(depth=-0.5, peak_at=0, trough_at=2, recovered_at=None)
    assert falls.longest_ns == 3


def test_an_equity_that_only_rises_never_fell() -> None:
    falls = fed([100.0, 101.0, 101.0, 150.0], [])

    assert falls.worst is None
    assert falls.longest_ns == 0


@given(
    st.lists(st.integers(50, 160), min_size=1, max_size=40),
    st.lists(st.integers(0, 40), max_size=5),
)
def test_however_it_is_cut_it_is_what_it_is_point_by_point(figures: list[int], cuts: list[int]) -> None:
    equity = [float(one) for one in figures]

    falls = fed(equity, sorted(cuts))

    assert (falls.worst, falls.longest_ns) == plain(equity)
