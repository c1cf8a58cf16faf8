"""The straight line through pairs whose weight halves with age, from moments that a pair is added to, or from all.

Moments are rows of six figures: weight, mean x, mean y, and the weighted sums of squares and of products around the
means. Source: D. H. D. West, Updating Mean and Variance Estimates (1979).
"""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

WEIGHT, MEAN_X, MEAN_Y, XX, YY, XY = range(6)
# Pairs by weight, before which nothing is said.
LEAST = 30.0


class Line(msgspec.Struct, frozen=True):
    """y = alpha + beta x; NaN where there are too few pairs or nothing moved.

    deviation: of the residuals; deviations: alpha in errors of its mean, the pairs by weight taken for as many.
    """

    correlation: Array
    beta: Array
    alpha: Array
    deviation: Array
    deviations: Array


def add(moments: Array, left: Array, x: float, y: Array) -> Array:
    """*moments* (n, 6) with what was in them weighed *left* times (n,), and one pair more in each."""
    scale = np.ones(moments.shape)
    scale[:, (WEIGHT, XX, YY, XY)] = left[:, None]
    moments = moments * scale
    moments[:, WEIGHT] += 1.0
    away_x, away_y = x - moments[:, MEAN_X], y - moments[:, MEAN_Y]
    moments[:, MEAN_X] += away_x / moments[:, WEIGHT]
    moments[:, MEAN_Y] += away_y / moments[:, WEIGHT]
    moments[:, XX] += away_x * (x - moments[:, MEAN_X])
    moments[:, YY] += away_y * (y - moments[:, MEAN_Y])
    moments[:, XY] += away_x * (y - moments[:, MEAN_Y])
    return moments


def of_all(weight: Array, x: Array, y: Array) -> Array:
    """The moments (6,) of pairs x[i], y[i] of that weight each; zeros of none."""
    moments = np.zeros(6)
    total = float(weight.sum())
    if total == 0.0:
        return moments
    mean_x, mean_y = float(weight @ x) / total, float(weight @ y) / total
    away_x, away_y = x - mean_x, y - mean_y
    moments[:] = (
        total, mean_x, mean_y, weight @ (away_x * away_x), weight @ (away_y * away_y), weight @ (away_x * away_y)
    )  # fmt: skip
    return moments


def fit(moments: Array) -> Line:
    """The line of each row of *moments* (..., 6)."""
    weight, mean_x, mean_y, xx, yy, xy = (moments[..., number] for number in range(6))
    with np.errstate(divide="ignore", invalid="ignore"):
        beta = np.where((weight >= LEAST) & (xx > 0.0), xy / xx, np.nan)
        correlation = np.clip(
            np.where((weight >= LEAST) & (xx > 0.0) & (yy > 0.0), xy / np.sqrt(xx * yy), np.nan), -1, 1
        )
        alpha = mean_y - beta * mean_x
        deviation = np.sqrt(np.maximum(yy - beta * xy, 0.0) / weight)
        error = deviation * np.sqrt(1.0 / weight + mean_x * mean_x / xx)
        deviations = np.where(error > 0.0, alpha / error, 0.0)
    return Line(correlation, beta, alpha, deviation, deviations)
