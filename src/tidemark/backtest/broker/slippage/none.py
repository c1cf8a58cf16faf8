"""No slippage: takers are filled at the price that the candle says."""

from collections.abc import Mapping

from msgspec import Struct

from tidemark.model.instrument import Instrument

TITLE = "No slippage"


class Parameters(Struct, frozen=True, kw_only=True):
    """Nothing is to be set."""


def distance(
    _parameters: Parameters, _instrument: Instrument, _price: float, _quantity: float, _volume: float
) -> float:
    """How much worse than *price* a taker is filled."""
    return 0.0


def numbers(_parameters: Parameters, _instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {
        "slip_fixed": 0.0, "slip_distance": 0.0, "slip_impact": 0.0, "slip_power": 1.0, "slip_most": 0.0,
        "slip_is_clamped": 1.0,
    }  # fmt: skip
