"""What a factor and a modifier are: modules that fulfil these. Their folder is their component."""

from enum import StrEnum
from typing import Any, Protocol

import numpy.typing as npt

Array = npt.NDArray[Any]


class Pace(StrEnum):
    """When something is measured anew."""

    # When a candle closes, in each timeframe.
    CANDLE = "candle"
    # Every second, of the market as it is.
    MOMENT = "moment"


class Part(Protocol):
    """What factors and modifiers have in common.

    TITLE: what people call it. PACE: when it is measured. READS: the columns that it takes, in order. FACT: what it
    saw, for `str.format` with those names.
    """

    @property
    def TITLE(self) -> str:  # noqa: N802 - a constant of the module
        """Its name for people."""
        ...

    @property
    def PACE(self) -> Pace:  # noqa: N802 - a constant of the module
        """When it is measured."""
        ...

    @property
    def READS(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """Names of columns."""
        ...

    @property
    def FACT(self) -> str:  # noqa: N802 - a constant of the module
        """What it saw."""
        ...


class Factor(Part, Protocol):
    """Evidence: a signed figure of a market, 0 where it speaks for neither side.

    GROUP: factors of one group say the same thing, and count once. UNIT: of the figure, empty for a pure number. UP,
    DOWN: what a positive and a negative figure mean. NEUTRAL: where it would turn. A factor whose figure has a size of
    its own, such as one in standard deviations, may have LEAST_USUAL: less is not taken for usual in any market, so
    that little is not much because it was less before.
    """

    @property
    def GROUP(self) -> str:  # noqa: N802 - a constant of the module
        """What it is evidence of."""
        ...

    @property
    def UNIT(self) -> str:  # noqa: N802 - a constant of the module
        """Of its value."""
        ...

    @property
    def UP(self) -> str:  # noqa: N802 - a constant of the module
        """In words, when positive."""
        ...

    @property
    def DOWN(self) -> str:  # noqa: N802 - a constant of the module
        """In words, when negative."""
        ...

    @property
    def NEUTRAL(self) -> str:  # noqa: N802 - a constant of the module
        """Where it turns."""
        ...

    def value(self, *columns: Array) -> Array:
        """The figure of n series, float64 (n,), from one column for each of READS.

        Not finite where there is none. The mirrored market (prices reflected at a level, sides swapped) has the
        opposite figure. The figure needs no scale: what is much is learned of each market by itself.
        """
        ...


class Modifier(Part, Protocol):
    """A fact without direction that makes evidence stronger or weaker; it never votes.

    MODIFIES: the components whose quality it scales.
    """

    @property
    def MODIFIES(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """Names of components."""
        ...

    def strength(self, *columns: Array) -> Array:
        """By how much quality is multiplied, in [0, 1], float64 (n,), the same for the mirrored market.

        Not finite where nothing is known: quality stays as it is there.
        """
        ...
