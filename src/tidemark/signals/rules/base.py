"""What a rule is: a module that fulfils this, and what the parameters of all rules have in common."""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from msgspec import Meta, Struct

from tidemark.model.signal import Kind, Side
from tidemark.sources import Seconds

Array = npt.NDArray[Any]
# The parameters by name, each a number for all series or one a series: durations in seconds, truths as 0 and 1.
Limits = Mapping[str, Any]


class Parameters(Struct, frozen=True, kw_only=True):
    """What every rule has."""

    enabled: Annotated[bool, Meta(description="Whether it raises signals")] = True
    cooldown: Annotated[
        Seconds, Meta(ge=10.0, le=604800.0, description="Between two signals of one market by the same name")
    ] = 900.0
    warm_up: Annotated[
        Seconds, Meta(ge=0.0, le=604800.0, description="All that it reads has to have been known for so long")
    ] = 300.0


class TradeParameters(Parameters, frozen=True, kw_only=True):
    """What every rule has whose signals have an entry, a stop and targets."""

    time_to_live: Annotated[
        Seconds, Meta(ge=10.0, le=604800.0, description="Its condition is on for so long at most")
    ] = 14400.0
    pullback: Annotated[
        float, Meta(ge=0.0, le=5.0, description="Entry so many average true ranges better than the price")
    ] = 0.0
    stop_least: Annotated[
        float, Meta(ge=0.25, le=20.0, description="Stop at least so many average true ranges from the entry")
    ] = 1.5
    stop_most: Annotated[
        float, Meta(ge=0.25, le=20.0, description="Stop at most so many average true ranges from the entry")
    ] = 3.0
    first_target: Annotated[float, Meta(ge=0.1, le=20.0, description="First target, in multiples of the risk")] = 1.0
    last_target: Annotated[float, Meta(ge=0.1, le=50.0, description="Last target, in multiples of the risk")] = 2.0
    wait: Annotated[Seconds, Meta(ge=60.0, le=604800.0, description="How long the entry may take to be touched")] = (
        900.0
    )
    life: Annotated[
        Seconds, Meta(ge=60.0, le=86400.0, description="How long after the signal it is closed at the latest")
    ] = 14400.0


class Code(NamedTuple):
    """One of the conditions of a rule: its name, and the side that it speaks for."""

    name: str
    side: Side


LONG_SHORT: Mapping[int, Code] = {1: Code("long", Side.LONG), -1: Code("short", Side.SHORT)}


class Verdict(NamedTuple):
    """What a rule says of n series: the code of the condition that is entered, 0 for none, and where `held` stays.

    Each (n,): int8 and bool. What is not known is none of a rule's business: nothing is entered and nothing stays
    where one of its columns is not known.
    """

    enter: Array
    stays: Array


class Rule(Protocol):
    """A module of this folder.

    TITLE: what people call it. KIND: whether its signals are trades. CODES: its conditions. READS: the columns that it
    takes, in order. FACT: what it saw, for `str.format` with those names. EXAMPLE: figures of these at which it speaks,
    for LONG where it has sides; SILENCED: those of them that are otherwise where it does not. Parameters: a struct of
    numbers and truths, a subclass of the ones above.

    By a constant that it may leave out it says: NEEDS_CONDITION, that an entry which was not touched is invalid once
    the condition is over; KEEPS, that what was held stays where its columns are not known; IS_SILENT_AT_FIRST, that the
    first condition of a market is no news; ORDERED, pairs of parameters of which the first is to be no more than the
    second; MIRRORED, the rule that says of the mirrored market what this one says of the market, where that is another;
    PLANNED, the columns from which its trades are planned instead of the usual ones: the price that the stop is beyond,
    the goal that is the first target, and the average true range.
    """

    @property
    def TITLE(self) -> str:  # noqa: N802 - a constant of the module
        """Its name for people."""
        ...

    @property
    def KIND(self) -> Kind:  # noqa: N802 - a constant of the module
        """Whether its signals are trades."""
        ...

    @property
    def CODES(self) -> Mapping[int, Code]:  # noqa: N802 - a constant of the module
        """Its conditions by code, which is never 0."""
        ...

    @property
    def READS(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """Names of columns."""
        ...

    @property
    def FACT(self) -> str:  # noqa: N802 - a constant of the module
        """What it saw."""
        ...

    @property
    def EXAMPLE(self) -> Mapping[str, float]:  # noqa: N802 - a constant of the module
        """Where it speaks."""
        ...

    @property
    def SILENCED(self) -> Mapping[str, float]:  # noqa: N802 - a constant of the module
        """What is otherwise where it does not."""
        ...

    @property
    def Parameters(self) -> type[Parameters]:  # noqa: N802 - a class of the module
        """What may be set."""
        ...

    def judge(self, limits: Limits, held: Array, *columns: Array) -> Verdict:
        """Hold one column for each of READS, float64 (n,) and finite, against *limits*; held: codes, int8 (n,).

        It reads nothing else and keeps nothing. The mirrored market (prices reflected, sides swapped) has the opposite
        codes where the codes have sides.
        """
        ...


def sided(value: Array, enter: Any, leave: Any, held: Array) -> Verdict:
    """Long from *enter* up and short from -*enter* down; what is held stays to *leave* on its side.

    >>> sided(np.array([5.0, 3.0, -5.0]), 4.0, 2.0, np.array([0, 1, 0], np.int8))
    Verdict(enter=array([ 1,  0, -1], dtype=int8), stays=array([ True,  True, False]))
    """
    entered = np.where(value >= enter, 1, np.where(value <= -enter, -1, 0)).astype(np.int8)
    return Verdict(entered, value * np.where(held < 0, -1.0, 1.0) >= leave)


def only(verdict: Verdict, where: Array) -> Verdict:
    """Enter only *where*; what is held stays as it does."""
    return Verdict(np.where(where, verdict.enter, 0).astype(np.int8), verdict.stays)
