"""A candle fills any order whole, whatever its volume."""

import math
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from tidemark.model.instrument import Instrument

TITLE = "Whole fills"


class Parameters(Struct, frozen=True, kw_only=True):
    """When a limit is filled."""

    through_ticks: Annotated[
        float, Meta(ge=0.0, le=1000.0, description="So far beyond a limit the price has to go to fill it; 0: touch it")
    ] = 0.0


def most(_parameters: Parameters, _volume: float) -> float:
    """How much a candle of that volume fills."""
    return math.inf


def numbers(parameters: Parameters, instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {"fill_share": 0.0, "fill_through": parameters.through_ticks * instrument.tick_size}
