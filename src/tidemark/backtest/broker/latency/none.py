"""No latency: an order that is placed at a close is there at the next open."""

from collections.abc import Mapping

from msgspec import Struct

from tidemark.model.instrument import Instrument

TITLE = "No latency"


class Parameters(Struct, frozen=True, kw_only=True):
    """Nothing is to be set."""


def delay(_parameters: Parameters, _step_ns: int) -> int:
    """How long an order is on its way, ns."""
    return 0


def numbers(_parameters: Parameters, _instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {"latency": 0}
