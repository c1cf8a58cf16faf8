import math

from tidemark.backtest.metrics.figure import Figure


def test_a_figure_is_a_finite_number_or_a_reason() -> None:
    assert Figure.of(2.0) == Figure(2.0, "")
    assert Figure.none("no trips") == Figure(None, "no trips")
    for value in (math.inf, -math.inf, math.nan):
        assert Figure.of(value) == Figure(None, "too large to be told")


def test_what_is_divided_by_nothing_has_a_reason() -> None:
    assert Figure.ratio(3.0, 4.0, "no losses") == Figure(0.75)
    assert Figure.ratio(0.0, 0.0, "no losses") == Figure(None, "no losses")
    assert Figure.ratio(1e300, 1e-300, "no losses") == Figure(None, "too large to be told")
