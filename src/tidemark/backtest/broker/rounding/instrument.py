"""Prices in the instrument's ticks, quantities in its lots, and nothing below the least that the exchange takes.

A quantity is cut to whole lots, a limit to the tick that is no worse for its owner; stops and targets go to the
nearest tick, and what a taker pays to the one that is worse for it.
"""

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal
from typing import Annotated

from msgspec import Meta, Struct

from tidemark.model.instrument import Instrument

TITLE = "Ticks and lots"


class Parameters(Struct, frozen=True, kw_only=True):
    """The least order."""

    least_value: Annotated[
        float, Meta(ge=0.0, le=1e6, description="Least value of an order that does not close, quote currency")
    ] = 5.0
    least_lots: Annotated[float, Meta(ge=0.0, le=1e6, description="Least quantity of an order, lots")] = 1.0


def quantity(_parameters: Parameters, instrument: Instrument, wanted: float) -> float:
    """How much is ordered where *wanted* is: whole lots, by the decimals that are written."""
    lot = Decimal(repr(instrument.lot_size))
    return float((Decimal(repr(wanted)) / lot).to_integral_value(ROUND_FLOOR) * lot)


def as_ratio(size: float) -> tuple[float, float]:
    """Two whole numbers whose ratio is the decimal that is written for *size*; (1, 0) where it is not known (0).

    >>> as_ratio(0.25), as_ratio(1e-05), as_ratio(10.0)
    ((25.0, 100.0), (1.0, 100000.0), (10.0, 1.0))
    """
    if not size > 0.0:
        return 1.0, 0.0
    _, digits, exponent = Decimal(repr(size)).normalize().as_tuple()
    whole = int("".join(map(str, digits)))
    power = int(exponent)
    return float(whole * 10 ** max(power, 0)), float(10 ** max(-power, 0))


def numbers(parameters: Parameters, instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    tick, lot = as_ratio(instrument.tick_size), as_ratio(instrument.lot_size)
    return {
        "tick_mul": tick[0], "tick_div": tick[1], "lot_mul": lot[0], "lot_div": lot[1],
        "least_quantity": parameters.least_lots * instrument.lot_size, "least_value": parameters.least_value,
    }  # fmt: skip
