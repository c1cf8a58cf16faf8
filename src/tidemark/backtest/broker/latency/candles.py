"""An order is there so many candles later: for what is decided by hand, or by a slow machine."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from tidemark.model.instrument import Instrument

TITLE = "Latency in candles"


class Parameters(Struct, frozen=True, kw_only=True):
    """How many."""

    candles: Annotated[int, Meta(ge=0, le=1000, description="Candles that pass before it is there")] = 1


def delay(parameters: Parameters, step_ns: int) -> int:
    """How long an order is on its way, ns."""
    return parameters.candles * step_ns


def numbers(parameters: Parameters, _instrument: Instrument, step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {"latency": delay(parameters, step_ns)}
