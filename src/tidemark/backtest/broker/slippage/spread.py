"""A taker pays half the spread, which is never narrower than so many ticks.

Half of the quoted spread is what a small order costs against the mid; a candle of trades has no quotes, so its prices
are taken for the mid.
"""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from tidemark.backtest.broker.base import BPS
from tidemark.model.instrument import Instrument

TITLE = "Half the spread"


class Parameters(Struct, frozen=True, kw_only=True):
    """How wide the spread is."""

    bps: Annotated[float, Meta(ge=0.0, le=1000.0, description="The whole spread, in basis points of the price")] = 2.0
    least_ticks: Annotated[float, Meta(ge=0.0, le=1000.0, description="The whole spread is at least so many ticks")] = (
        1.0
    )
    stays_within: Annotated[
        bool, Meta(description="No fill lies outside its candle; false: the price may be one that was never traded")
    ] = True


def distance(parameters: Parameters, instrument: Instrument, price: float, _quantity: float, _volume: float) -> float:
    """How much worse than *price* a taker is filled, before it is bounded by its candle."""
    return max(price * (0.5 * parameters.bps * BPS), 0.5 * parameters.least_ticks * instrument.tick_size)


def numbers(parameters: Parameters, instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {
        "slip_fixed": 0.5 * parameters.bps * BPS,
        "slip_distance": 0.5 * parameters.least_ticks * instrument.tick_size,
        "slip_impact": 0.0, "slip_power": 1.0, "slip_most": 1.0, "slip_is_clamped": float(parameters.stays_within),
    }  # fmt: skip
