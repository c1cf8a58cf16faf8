"""No margin: whatever is ordered is held, on credit without end, and nobody is liquidated."""

from collections.abc import Mapping

from msgspec import Struct

from tidemark.model.instrument import Instrument

TITLE = "No margin"


class Parameters(Struct, frozen=True, kw_only=True):
    """Nothing is to be set."""


def liquidation_price(_parameters: Parameters, _quantity: float, _entry: float, _balance: float) -> float | None:
    """At which price a position of *quantity* (signed) is liquidated."""
    return None


def numbers(_parameters: Parameters, _instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {"margin": 0.0, "leverage": 1.0, "maintenance": 0.0, "maintenance_amount": 0.0, "liquidation_fee": 0.0}
