"""What a model of the broker is: a module of one of the folders beside this file that fulfils this."""

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from tidemark.model.instrument import Instrument

# The kinds of models, one folder each: the numbers that each of a kind gives, as kernels.broker_columns names them, and
# the model that is used where nothing is said.
KINDS: Mapping[str, tuple[str, ...]] = {
    "fees": ("taker", "maker"),
    "slippage": ("slip_fixed", "slip_distance", "slip_impact", "slip_power", "slip_most", "slip_is_clamped"),
    "latency": ("latency",),
    "funding": ("funding_rate", "funding_interval"),
    "margin": ("margin", "leverage", "maintenance", "maintenance_amount", "liquidation_fee"),
    "filling": ("fill_share", "fill_through"),
    "rounding": ("tick_mul", "tick_div", "lot_mul", "lot_div", "least_quantity", "least_value"),
}
DEFAULTS: Mapping[str, str] = {
    "fees": "venue",
    "slippage": "fixed",
    "latency": "none",
    "funding": "constant",
    "margin": "isolated",
    "filling": "whole",
    "rounding": "instrument",
}
BPS = 1e-4


class Model(Protocol):
    """A module of one of the folders.

    TITLE: what people call it. Parameters: a struct of what may be set. Besides `numbers` each has the plain formula
    of its kind, a function named in `FORMULAS`, against which the kernel is tested.
    """

    @property
    def TITLE(self) -> str:  # noqa: N802 - a constant of the module
        """Its name for people."""
        ...

    @property
    def Parameters(self) -> type[Struct]:  # noqa: N802 - a class of the module
        """What may be set."""
        ...

    def numbers(self, parameters: Any, instrument: Instrument, step_ns: int) -> Mapping[str, float]:
        """What the kernel computes with for candles of *step_ns*: all the numbers of its kind."""
        ...


# The plain formula of each kind.
FORMULAS: Mapping[str, str] = {
    "fees": "fee",
    "slippage": "distance",
    "latency": "delay",
    "funding": "payment",
    "margin": "liquidation_price",
    "filling": "most",
    "rounding": "quantity",
}
