"""Each position has a margin of its own, its value by the leverage, and can lose that and no more.

It is liquidated where what is left of its margin is the maintenance margin, `rate * value - amount`. Bybit and Binance
use this formula; the default rate is that of Bybit's first risk tier of BTCUSDT (0.5 %; Binance has 0.4 %). Large
positions and small markets have higher ones.
"""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from tidemark.backtest.broker.base import BPS
from tidemark.model.instrument import Instrument

TITLE = "Isolated margin"


class Parameters(Struct, frozen=True, kw_only=True):
    """How much is needed."""

    leverage: Annotated[
        float, Meta(ge=0.1, le=125.0, description="Value of a position that its margin is enough for, in multiples")
    ] = 1.0
    maintenance_bps: Annotated[
        float, Meta(ge=0.0, le=5000.0, description="Maintenance margin, basis points of the value")
    ] = 50.0
    maintenance_amount: Annotated[
        float, Meta(ge=0.0, le=1e9, description="Taken off it: the deduction of a higher risk tier, quote currency")
    ] = 0.0
    liquidation_fee_bps: Annotated[
        float, Meta(ge=0.0, le=1000.0, description="Paid instead of a taker's fee when it is liquidated")
    ] = 50.0


def liquidation_price(parameters: Parameters, quantity: float, entry: float, margin: float) -> float | None:
    """At which price a position of *quantity* (signed) with that margin is liquidated; None where it never is."""
    side = 1.0 if quantity > 0 else -1.0
    there = (margin + parameters.maintenance_amount) / abs(quantity)
    price = (side * entry - there) / (side - parameters.maintenance_bps * BPS)
    return price if price > 0 else None


def numbers(parameters: Parameters, _instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    return {
        "margin": 1.0, "leverage": parameters.leverage, "maintenance": parameters.maintenance_bps * BPS,
        "maintenance_amount": parameters.maintenance_amount, "liquidation_fee": parameters.liquidation_fee_bps * BPS,
    }  # fmt: skip
