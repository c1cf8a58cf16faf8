"""An order is there so many milliseconds later, within a candle if need be.

What the price did meanwhile is not known: it is taken to have gone against the order, from the open towards the far
end of the candle, by the part of the candle that passed. A limit waits for the next open.
"""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from tidemark.model.instrument import Instrument
from tidemark.units import MILLISECOND

TITLE = "Latency in milliseconds"


class Parameters(Struct, frozen=True, kw_only=True):
    """How many."""

    ms: Annotated[float, Meta(ge=0.0, le=3_600_000.0, description="Milliseconds until it is there")] = 100.0


def delay(parameters: Parameters, _step_ns: int) -> int:
    """How long an order is on its way, ns."""
    return round(parameters.ms * MILLISECOND)


def numbers(parameters: Parameters, _instrument: Instrument, step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {"latency": delay(parameters, step_ns)}
