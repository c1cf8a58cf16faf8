"""The interval of a figure, or the reason why there is none."""

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.statistics import Estimate, estimated

# With a larger share of draws without the figure, those that have it do not stand for all.
MOST_WITHOUT = 0.05


class Interval(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval; None where one of the two does not exist, and why."""

    estimate: Estimate | None
    why: str = ""


def interval_of(figure: Figure, drawn: npt.NDArray[np.float64]) -> Interval:
    """The interval of *figure* by what it was in each draw; draws without it are not finite."""
    if figure.value is None:
        return Interval(None, figure.why)
    if not np.isfinite(drawn).mean() >= 1.0 - MOST_WITHOUT:
        return Interval(None, f"more than {MOST_WITHOUT:.0%} of the draws have none")
    return Interval(estimated(figure.value, drawn))
