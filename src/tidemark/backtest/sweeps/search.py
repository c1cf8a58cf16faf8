"""Which parameters are tried next: all of a grid, some at random, or where others did well.

What is drawn follows from the seed, the number of the trial and, where the search learns, from what trials before were
worth; never from how many run at the same time or which of them is done first.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from tidemark.backtest.sweeps.space import Axis, Span, Values, point
from tidemark.backtest.sweeps.tpe import Tpe
from tidemark.errors import SettingsError

KINDS = ("grid", "random", "tpe")


class Search(Protocol):
    """Trials of one window, numbered from 1."""

    def ask(self) -> tuple[int, Mapping[str, str]] | None:
        """The next trial; None while it waits to be told, or where there is no other."""
        ...

    def tell(self, number: int, value: float | None) -> None:
        """What a trial was worth, higher is better; None where it failed or that is not defined."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether every trial was told."""
        ...


class Drawn:
    """Trials that do not depend on each other: a grid in its order, or points at random."""

    def __init__(self, axes: Sequence[Axis], trials: int, seed: int | None) -> None:
        """seed: None for the grid."""
        self._axes, self._trials, self._seed = axes, trials, seed
        self._asked = self._told = 0

    @property
    def is_over(self) -> bool:
        """See Search."""
        return self._told == self._trials

    def ask(self) -> tuple[int, Mapping[str, str]] | None:
        """See Search."""
        if self._asked == self._trials:
            return None
        self._asked += 1
        if self._seed is None:
            return self._asked, point([axis for axis in self._axes if isinstance(axis, Values)], self._asked - 1)
        rng = np.random.default_rng((self._seed, self._asked))
        return self._asked, {axis.name: drawn(axis, rng) for axis in self._axes}

    def tell(self, number: int, value: float | None) -> None:
        """See Search."""
        del number, value
        self._told += 1


def drawn(axis: Axis, rng: np.random.Generator) -> str:
    """A value of *axis*, each as likely as any other."""
    if isinstance(axis, Values):
        return axis.values[int(rng.integers(len(axis.values)))]
    return axis.words(_between(axis, float(rng.random())))


def _between(span: Span, share: float) -> float:
    """The number that lies so far between the ends; whole numbers have the width of one each."""
    low, high = (span.low - 0.5, span.high + 0.5) if span.is_whole else (span.low, span.high)
    # Below one half there is no whole number, and no logarithm below nothing.
    made = math.exp(math.log(low) + share * math.log(high / low)) if span.is_log else low + share * (high - low)
    return min(max(made, span.low), span.high)


def search_of(kind: str, axes: Sequence[Axis], trials: int, seed: int, at_once: int) -> Search:
    """A search that begins; SettingsError where it cannot be.

    at_once: how many trials one that learns asks for before it is told what they were worth.
    """
    if kind == "tpe":
        return Tpe(axes, trials, seed, at_once)
    if kind not in KINDS:
        raise SettingsError(f"--search {kind!r} is none; there are {', '.join(KINDS)}")
    return Drawn(axes, trials, None if kind == "grid" else seed)
