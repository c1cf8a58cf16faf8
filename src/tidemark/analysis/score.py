"""From what factors say to a score of 0..100, with what each of them contributed: they add up exactly.

A factor says a direction in [-1, 1] and how good that is, in [0, 1]; what it cannot say is missing, and never 0 or 50.
Factors that say the same thing are a group, which counts once; groups make a component, components the score.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

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
        columns = {factor: at for at, factor in enumerate(self.factors)}
        if len(columns) < len(self.factors):
            raise ValueError(f"each factor stands in one group: {sorted(self.factors)}")
        self._weights = np.array([one.weight for one in components])
        # Which factor is in which group, and which group in which component, as matrices of ones.
        self._in_group = np.zeros((len(self.factors), len(groups)))
        self._in_component = np.zeros((len(groups), len(components)))
        for number, (at, group) in enumerate(groups):
            self._in_component[number, at] = 1.0
            for factor in group:
                self._in_group[columns[factor], number] = 1.0

    def scores(self, direction: Array, quality: Array, is_present: Array, scale: Array | float = 1.0) -> Scores:
        """The scores of n series, from (n, factors) each. *scale*, (n, components), multiplies the weights."""
        weight = self._weights * scale
        quality = np.where(is_present, quality, 0.0)
        direction = np.where(is_present, direction, 0.0)
        # A group: the mean of what its factors say, by quality; it is as good as they are on average.
        group_quality, group_share = _mean(quality, is_present, self._in_group)
        is_group = (is_present @ self._in_group) > 0
        # A component: the mean of its groups, in the same way.
        component_quality, component_share = _mean(group_quality, is_group, self._in_component)
        share = group_share * (component_share @ self._in_group.T)
        spoken = (direction * share) @ self._in_group @ self._in_component
        is_component = (is_group @ self._in_component) > 0
        present = is_component * weight
        total = present.sum(axis=1, keepdims=True)
        part = np.divide(present * component_quality, total, out=np.zeros_like(present), where=total > 0)
        points = 50.0 * direction * share * (part @ self._in_component.T @ self._in_group.T)
        coverage = self._covered(is_group, weight)
        agreement = _agreement(spoken, part)
        away = points.sum(axis=1)
        return Scores(
            score=50.0 + away,
            is_known=coverage >= LEAST_COVERAGE,
            direction=spoken,
            quality=component_quality,
            is_present=is_component,
            points=points,
            coverage=coverage,
            agreement=agreement,
            conviction=np.abs(away) / 50.0 * agreement * coverage,
        )

    def _covered(self, is_group: Array, weight: Array) -> Array:
        """The share of all weight whose groups are there; the groups of a component share its weight."""
        share = is_group @ self._in_component / self._in_component.sum(axis=0)
        held, total = (share * weight).sum(axis=1), np.broadcast_to(weight, share.shape).sum(axis=1)
        covered: Array = np.divide(held, total, out=np.zeros_like(held), where=total > 0.0)
        return covered


def _mean(quality: Array, is_present: Array, inside: Array) -> tuple[Array, Array]:
    """The mean quality of each group's present members, (n, groups), and each member's share of it, (n, members)."""
    sums, counts = quality @ inside, is_present @ inside
    mean = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
    mine = sums @ inside.T
    return mean, np.divide(quality, mine, out=np.zeros_like(quality), where=mine > 0)


def _agreement(direction: Array, part: Array) -> Array:
    """1 less the weighted standard deviation of the components' directions, (n,)."""
    total = part.sum(axis=1, keepdims=True)
    share = np.divide(part, total, out=np.zeros_like(part), where=total > 0)
    mean = (direction * share).sum(axis=1, keepdims=True)
    apart = np.sqrt(((direction - mean) ** 2 * share).sum(axis=1))
    agreement: Array = np.clip(1.0 - apart, 0.0, 1.0)
    return agreement
