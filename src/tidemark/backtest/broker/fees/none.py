"""No fees: what a strategy would bring if trading were free."""

from collections.abc import Mapping

from msgspec import Struct

from tidemark.model.instrument import Instrument

TITLE = "No fees"


class Parameters(Struct, frozen=True, kw_only=True):
    """Nothing is to be set."""


def fee(_parameters: Parameters, _instrument: Instrument, _value: float, *, is_maker: bool) -> float:  # noqa: ARG001
    """What a fill of *value* costs."""
    return 0.0


def numbers(_parameters: Parameters, _instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {"taker": 0.0, "maker": 0.0}
