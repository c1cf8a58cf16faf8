"""Any price and any quantity, as small as one likes."""

from collections.abc import Mapping

from msgspec import Struct

from tidemark.model.instrument import Instrument

TITLE = "No rounding"


class Parameters(Struct, frozen=True, kw_only=True):
    """Nothing is to be set."""


def quantity(_parameters: Parameters, _instrument: Instrument, wanted: float) -> float:
    """How much is ordered where *wanted* is."""
    return wanted


def numbers(_parameters: Parameters, _instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {
        "tick_mul": 1.0, "tick_div": 0.0, "lot_mul": 1.0, "lot_div": 0.0, "least_quantity": 0.0, "least_value": 0.0,
    }  # fmt: skip
