"""What a sweep is asked for, as it is written down with it: enough to go on, and to do the same again."""

import msgspec

from tidemark.backtest.metrics.curve_figures import CurveFigures
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.trip_figures import TripFigures
from tidemark.backtest.runs.request import Code, Request
from tidemark.backtest.sweeps.search import KINDS
from tidemark.backtest.sweeps.space import MOST_TRIALS, Axis, Span, size
from tidemark.backtest.sweeps.windows import Walk
from tidemark.errors import SettingsError

TRIALS = 100
# So many trials are drawn before the search learns what they were worth.
AT_ONCE = 8
# Of these figures less is better; a drawdown is below 0.
_LESS = frozenset({
    "volatility", "downside_deviation", "drawdown_length", "drawdown_recovery", "longest_drawdown", "kurtosis",
    "largest_loss", "fees", "funding", "slippage", "cost_share", "loss_streak", "r_deviation",
})  # fmt: skip


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """request: what every trial is asked for, but for the parameters that are tried. by: the figure that is looked for.

    trials: of each window. at_once: see search.search_of.
    """

    request: Request
    axes: tuple[Axis, ...]
    search: str
    trials: int
    seed: int
    by: str
    walk: Walk | None = None
    at_once: int = AT_ONCE


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked, and what it came to: the strategy by name, models with all defaults, and its code."""

    asked: Asked
    strategy: str
    models: dict[str, str]
    code: Code


def asked_of(
    request: Request, axes: tuple[Axis, ...], *, search: str | None = None, trials: int | None = None, seed: int = 1,
    by: str = "sharpe", walk: Walk | None = None, at_once: int = AT_ONCE,
) -> Asked:  # fmt: skip
    """A sweep, with what was not said filled in; SettingsError where the parts do not fit each other."""
    spans = [axis.name for axis in axes if isinstance(axis, Span)]
    kind = search or ("random" if spans else "grid")
    if kind not in KINDS:
        raise SettingsError(f"--search {kind!r} is none; there are {', '.join(KINDS)}")
    if by not in FIGURES:
        raise SettingsError(f"--by {by!r} is no figure; there are {', '.join(FIGURES)}")
    fixed = next((axis.name for axis in axes if axis.name in request.parameters), None)
    if fixed is not None:
        raise SettingsError(f"the parameter {fixed!r} is set by --param and tried as well; leave one of them out")
    if kind == "grid":
        if spans:
            raise SettingsError(f"--range {spans[0]}=... has no grid; say --search random or tpe, or list its values")
        if trials is not None:
            raise SettingsError("--trials is for --search random and tpe; a grid has as many trials as points")
        trials = size(axes)
    trials = TRIALS if trials is None else trials
    if trials > MOST_TRIALS:
        raise SettingsError(
            f"these are {trials:,} trials, and {MOST_TRIALS:,} is the most; take fewer values, or --search random"
        )
    return Asked(
        request=request, axes=axes, search=kind, trials=trials, seed=seed, by=by, walk=walk, at_once=at_once
    )  # fmt: skip


def is_highest_best(by: str) -> bool:
    """Whether of a figure more is better.

    >>> is_highest_best("sharpe"), is_highest_best("max_drawdown"), is_highest_best("volatility")
    (True, True, False)
    """
    return by not in _LESS


def figures_in(parts: tuple[CurveFigures, TripFigures]) -> dict[str, Figure]:
    """All figures of a trial by their names."""
    return {
        name: figure
        for part in parts
        for name in part.__struct_fields__
        if isinstance(figure := getattr(part, name), Figure)
    }


FIGURES = tuple(
    field.name for kind in (CurveFigures, TripFigures) for field in msgspec.structs.fields(kind) if field.type is Figure
)
