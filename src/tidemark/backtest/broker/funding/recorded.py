"""What was paid in fact: times and rates that come with the data."""

from collections.abc import Mapping

from msgspec import Struct

from tidemark.model.instrument import Instrument

TITLE = "Recorded funding"


class Parameters(Struct, frozen=True, kw_only=True):
    """Nothing is to be set: each market brings its own."""


def payment(_parameters: Parameters, quantity: float, price: float, rate: float) -> float:
    """What holding *quantity* (signed) costs when funding falls due; below 0 it is received."""
    return quantity * price * rate


def numbers(_parameters: Parameters, _instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {"funding_rate": 0.0, "funding_interval": 0}
