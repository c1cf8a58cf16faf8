"""Whether one side is slower than the other, and how sure that is, from pairs of measurements.

A pair is one figure of each side, taken one after the other; its ratio is above 1 when ours is faster. Nothing is
assumed of the noise but that it hits both sides of a pair alike: the median of the ratios is held against the limit by
the sign test, and its interval is that of the order statistics. Both are exact for any distribution.

Arbuthnott 1710; Conover, Practical Nonparametric Statistics, 3rd ed., 3.2 and 3.4.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import comb
from statistics import median

import msgspec


class Outcome(StrEnum):
    """What is known of a benchmark."""

    FINE = "fine"
    SLOWER = "slower"
    UNDECIDED = "undecided"


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """What fails: a ratio below *limit*, when that is as *sure* as it says. At most *rounds* pairs are measured."""

    limit: float
    sure: float
    rounds: int


# The quick one leaves room that noise of a factor of two does not reach: for machines that others use as well.
FULL = Gate(limit=0.9, sure=0.99, rounds=101)
QUICK = Gate(limit=0.6, sure=0.95, rounds=9)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The median ratio of so many pairs, its interval, and how sure it is on which side of the limit it lies.

    `low` and `high` hold the true median with 95 % where there are six pairs or more, else with less. `sure` in [0, 1].
    """

    ratio: float
    low: float
    high: float
    pairs: int
    sure: float
    outcome: Outcome


def judge(ratios: Sequence[float], limit: float, sure: float) -> Verdict:
    """Hold *ratios* against *limit*; decided when it is as *sure* as that. ValueError without any.

    >>> judge([0.5, 0.52, 0.49, 0.51, 0.5, 0.5, 0.48], 0.9, 0.99).outcome
    <Outcome.SLOWER: 'slower'>
    """
    if not ratios:
        raise ValueError("there is no pair to judge by")
    ordered = sorted(ratios)
    count, middle = len(ordered), median(ordered)
    is_below = middle < limit
    agreeing = sum((ratio < limit) is is_below for ratio in ordered)
    # How unlikely so much agreement would be, were the true ratio on the other side.
    certainty = 1.0 - tail(count, agreeing)
    decided = Outcome.SLOWER if is_below else Outcome.FINE
    spare = _spare(count)
    return Verdict(
        ratio=middle,
        low=ordered[spare],
        high=ordered[-1 - spare],
        pairs=count,
        sure=certainty,
        outcome=decided if certainty >= sure else Outcome.UNDECIDED,
    )


def tail(count: int, least: int) -> float:
    """The chance that of *count* fair coins at least *least* show heads."""
    return sum(comb(count, heads) for heads in range(least, count + 1)) / float(2**count)


def least_pairs(sure: float) -> int:
    """How many pairs that all agree it takes to be as *sure* as that.

    >>> least_pairs(0.99), least_pairs(0.95)
    (7, 5)
    """
    count = 1
    while 1.0 - tail(count, count) < sure:
        count += 1
    return count


def _spare(count: int) -> int:
    """How many ratios may be left out at either end for the rest to span the median with 95 %."""
    spare = 0
    while 2 * tail(count, count - spare) <= 0.05 and spare < (count - 1) // 2:
        spare += 1
    return max(0, spare - 1)
