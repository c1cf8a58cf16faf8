"""From what factors say to a score of 0..100, with what each of them contributed: they add up exactly.

A factor says a direction in [-1, 1] and how good that is, in [0, 1]; what it cannot say is missing, and never 0 or 50.
Factors that say the same thing are a group, which counts once; groups make a component, components the score.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.kernels import weigh as kernel

Array = npt.NDArray[Any]

# Where less of the weight than this is there, there is no score.
LEAST_COVERAGE = 0.4


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the score: its weight against the others', and the factors of each of its groups."""

    name: str
    weight: float
    groups: tuple[tuple[str, ...], ...]


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """Scores of n series, and what they are made of.

    score: (n,), 50 + the sum of the points, NaN nowhere: `is_known` tells where there is one. direction, quality,
    is_present: (n, components). points: what each factor adds to 50, (n, factors). coverage: the share of the weight
    that is there; agreement: 1 where all components say the same, 0 where half of them say the opposite; conviction:
    how far the score is from 50, as a share, times agreement and coverage. Each (n,), in [0, 1].
    """

    score: Array
    is_known: Array
    direction: Array
    quality: Array
    is_present: Array
    points: Array
    coverage: Array
    agreement: Array
    conviction: Array


class Weighing:
    """How factors become a score. Holds nothing but the shape of it.

    `factors`: the names of the columns that `scores` takes, in the order of the components.
    """

    def __init__(self, components: Sequence[Component]) -> None:
        self.components = tuple(components)
        self.factors = tuple(factor for one in components for group in one.groups for factor in group)
        groups = [(at, group) for at, one in enumerate(components) for group in one.groups]
        if len(set(self.factors)) < len(self.factors):
            raise ValueError(f"each factor stands in one group: {sorted(self.factors)}")
        self._weights = np.array([one.weight for one in components])
        # In which group each factor is, and in which component each group.
        self._group_of = np.array([number for number, (_, group) in enumerate(groups) for _ in group], np.int32)
        self._component_of = np.array([at for at, _ in groups], np.int32)

    def scores(self, direction: Array, quality: Array, is_present: Array, scale: Array | float = 1.0) -> Scores:
        """The scores of n series, from (n, factors) each. *scale*, (n, components), multiplies the weights."""
        n, factors, components = len(direction), len(self.factors), len(self.components)
        weight = np.empty((n, components))
        weight[:] = self._weights * scale
        points, spoken, good = np.zeros((n, factors)), np.zeros((n, components)), np.zeros((n, components))
        is_component = np.zeros((n, components), np.uint8)
        coverage, agreement = np.zeros(n), np.zeros(n)
        kernel.weigh(
            np.ascontiguousarray(direction, np.float64), np.ascontiguousarray(quality, np.float64),
            np.ascontiguousarray(is_present, bool).view(np.uint8), weight, self._group_of, self._component_of, points,
            spoken, good, is_component, coverage, agreement, np.zeros((3, len(self._component_of))),
            np.zeros((5, components)),
        )  # fmt: skip
        away = points.sum(axis=1)
        return Scores(
            score=50.0 + away,
            is_known=coverage >= LEAST_COVERAGE,
            direction=spoken,
            quality=good,
            is_present=is_component.view(np.bool_),
            points=points,
            coverage=coverage,
            agreement=agreement,
            conviction=np.abs(away) / 50.0 * agreement * coverage,
        )
