"""A candle fills a share of its volume, all orders of its market together; what is left waits for the next one."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from tidemark.model.instrument import Instrument

TITLE = "Fills by share of the volume"


class Parameters(Struct, frozen=True, kw_only=True):
    """How large the share is, and when a limit is filled."""

    share: Annotated[float, Meta(ge=0.0001, le=1.0, description="Of the candle's volume")] = 0.1
    through_ticks: Annotated[
        float, Meta(ge=0.0, le=1000.0, description="So far beyond a limit the price has to go to fill it; 0: touch it")
    ] = 0.0


def most(parameters: Parameters, volume: float) -> float:
    """How much a candle of that volume fills."""
    return volume * parameters.share


def numbers(parameters: Parameters, instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {"fill_share": parameters.share, "fill_through": parameters.through_ticks * instrument.tick_size}
