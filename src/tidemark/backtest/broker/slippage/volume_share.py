"""A taker moves the price by a power of its share of the candle's volume.

Formula: `bps + impact * share ** power`, share = min(1, quantity / volume). A power of 0.5 is the square-root law of
market impact (Almgren, Thum, Hauptmann, Li: "Direct estimation of equity market impact", 2005, has 0.6); 2 is what
zipline's VolumeShareSlippage uses.
"""

import math
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from tidemark.backtest.broker.base import BPS
from tidemark.model.instrument import Instrument

TITLE = "Slippage by share of the volume"


class Parameters(Struct, frozen=True, kw_only=True):
    """How fast it grows."""

    bps: Annotated[float, Meta(ge=0.0, le=1000.0, description="What the smallest order costs, basis points")] = 1.0
    impact: Annotated[
        float, Meta(ge=0.0, le=10_000.0, description="What an order as large as the volume costs, basis points")
    ] = 100.0
    power: Annotated[float, Meta(ge=0.1, le=4.0, description="Of the share")] = 0.5
    most: Annotated[float, Meta(ge=0.0, le=10_000.0, description="At most so many basis points")] = 500.0
    stays_within: Annotated[
        bool, Meta(description="No fill lies outside its candle; false: the price may be one that was never traded")
    ] = True


def distance(parameters: Parameters, _instrument: Instrument, price: float, quantity: float, volume: float) -> float:
    """How much worse than *price* a taker is filled, before it is bounded by its candle."""
    share = quantity / volume if volume > quantity else 1.0
    away = price * (parameters.bps * BPS) + price * (parameters.impact * BPS) * math.pow(share, parameters.power)
    return min(away, price * (parameters.most * BPS))


def numbers(parameters: Parameters, _instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {
        "slip_fixed": parameters.bps * BPS, "slip_distance": 0.0, "slip_impact": parameters.impact * BPS,
        "slip_power": parameters.power, "slip_most": parameters.most * BPS,
        "slip_is_clamped": float(parameters.stays_within),
    }  # fmt: skip
