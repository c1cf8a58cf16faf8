from typing import Any

import pytest

from tidemark.backtest.runs.request import Request
from tidemark.backtest.sweeps.asked import AT_ONCE, FIGURES, TRIALS, asked_of, is_highest_best
from tidemark.backtest.sweeps.space import Axis, axes_of
from tidemark.errors import SettingsError

REQUEST = Request(strategy="cross.py", data="candles", parameters={"share": "0.5"})
GRID = axes_of(["fast=1,2,3", "slow=8,9"], [])
SPAN = axes_of([], ["fast=1:9"])


def test_what_was_not_said_is_filled_in() -> None:
    grid, drawn, learning = (
        asked_of(REQUEST, GRID),
        asked_of(REQUEST, SPAN),
        asked_of(REQUEST, SPAN, search="tpe", trials=7),
    )

    assert (grid.search, grid.trials, grid.by) == ("grid", 6, "sharpe")
    assert (drawn.search, drawn.trials) == ("random", TRIALS)
    assert (learning.trials, learning.at_once) == (7, AT_ONCE)


def test_every_figure_can_be_looked_for() -> None:
    assert {"sharpe", "total_return", "calmar", "profit_factor", "max_drawdown", "expectancy_r"} <= set(FIGURES)
    assert [name for name in FIGURES if not is_highest_best(name)] == [
        "volatility", "downside_deviation", "drawdown_length", "drawdown_recovery", "longest_drawdown", "kurtosis",
        "r_deviation", "largest_loss", "fees", "funding", "slippage", "cost_share", "loss_streak",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("axes", "how", "words"),
    [
        (GRID, {"by": "luck"}, "'luck' is no figure; there are total_return"),
        (GRID, {"search": "guess"}, "'guess' is none"),
        (GRID, {"trials": 3}, "a grid has as many trials as points"),
        (SPAN, {"search": "grid"}, "has no grid"),
        (axes_of(["share=1"], []), {}, "'share' is set by --param and tried as well"),
        (SPAN, {"trials": 100_001}, "100,001 trials, and 100,000 is the most"),
        (axes_of([f"{name}=1:100:1" for name in "abc"], []), {}, "1,000,000 trials"),
    ],
)
def test_parts_that_do_not_fit_are_told(axes: tuple[Axis, ...], how: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        asked_of(REQUEST, axes, **how)
