"""The same rate every time: longs pay it to shorts, at whole multiples of the interval since the epoch.

0.01 % per 8 hours is the interest part of both exchanges' rate, where it rests while the perpetual trades near its
index.
"""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from tidemark.backtest.broker.base import BPS
from tidemark.model.instrument import Instrument
from tidemark.units import HOUR

TITLE = "Constant funding"


class Parameters(Struct, frozen=True, kw_only=True):
    """How much, and how often."""

    bps: Annotated[
        float, Meta(ge=-100.0, le=100.0, description="Basis points of the value; below 0 shorts pay longs")
    ] = 1.0
    hours: Annotated[int, Meta(ge=1, le=24, description="Hours between two of them")] = 8


def payment(_parameters: Parameters, quantity: float, price: float, rate: float) -> float:
    """What holding *quantity* (signed) costs when funding falls due; below 0 it is received."""
    return quantity * price * rate


def numbers(parameters: Parameters, _instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {"funding_rate": parameters.bps * BPS, "funding_interval": parameters.hours * HOUR}
