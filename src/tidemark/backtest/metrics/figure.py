"""A figure, or the reason why there is none: never a number that is none."""

import math

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """value: finite, or None where it is not defined; why: the reason then, else ""."""

    value: float | None
    why: str = ""

    @classmethod
    def of(cls, value: float) -> "Figure":
        """*value*, where it is one that can be told.

        >>> Figure.of(0.5)
        Figure(value=0.5, why='')
        >>> Figure.of(float("inf")).why
        'too large to be told'
        """
        return cls(value) if math.isfinite(value) else cls(None, "too large to be told")

    @classmethod
    def none(cls, why: str) -> "Figure":
        """None, because of *why*."""
        return cls(None, why)

    @classmethod
    def ratio(cls, above: float, below: float, why: str) -> "Figure":
        """*above* / *below*; none because of *why* where that is nothing.

        >>> Figure.ratio(1.0, 0.0, "no losses")
        Figure(value=None, why='no losses')
        """
        return cls.of(above / below) if below else cls.none(why)
