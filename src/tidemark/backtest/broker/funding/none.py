"""No funding, as for what is no perpetual."""

from collections.abc import Mapping

from msgspec import Struct

from tidemark.model.instrument import Instrument

TITLE = "No funding"


class Parameters(Struct, frozen=True, kw_only=True):
    """Nothing is to be set."""


def payment(_parameters: Parameters, _quantity: float, _price: float, _rate: float) -> float:
    """What holding *quantity* (signed) costs when funding falls due."""
    return 0.0


def numbers(_parameters: Parameters, _instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {"funding_rate": 0.0, "funding_interval": 0}
