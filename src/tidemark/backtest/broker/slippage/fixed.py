"""Every taker is filled the same fraction of the price worse."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from tidemark.backtest.broker.base import BPS
from tidemark.model.instrument import Instrument

TITLE = "Fixed slippage"


class Parameters(Struct, frozen=True, kw_only=True):
    """How much, and whether a candle bounds it."""

    bps: Annotated[float, Meta(ge=0.0, le=1000.0, description="Basis points of the price")] = 1.0
    stays_within: Annotated[
        bool, Meta(description="No fill lies outside its candle; false: the price may be one that was never traded")
    ] = True


def distance(parameters: Parameters, _instrument: Instrument, price: float, _quantity: float, _volume: float) -> float:
    """How much worse than *price* a taker is filled, before it is bounded by its candle."""
    return price * parameters.bps * BPS


def numbers(parameters: Parameters, _instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {
        "slip_fixed": parameters.bps * BPS, "slip_distance": 0.0, "slip_impact": 0.0, "slip_power": 1.0,
        "slip_most": 1.0, "slip_is_clamped": float(parameters.stays_within),
    }  # fmt: skip
