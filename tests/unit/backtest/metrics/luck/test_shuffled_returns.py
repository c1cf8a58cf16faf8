from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.shuffled_returns import none


def test_where_nothing_was_drawn_every_figure_says_why() -> None:
    nothing = none("no trips")

    assert (nothing.draws, nothing.block) == (0, 0.0)
    assert {nothing.mean, nothing.low, nothing.high, nothing.p} == {Figure(None, "no trips")}
