"""A fraction of each fill's value, by venue and tier; USDT perpetuals, without rebates, vouchers and regional rates.

Sources, as published in 2025: Bybit help centre, "Trading Fee Structure", column "Perpetual & Futures
Contracts"; Binance fee schedule, "USDⓈ-M Futures", column "USDT Maker / Taker", without the discount for paying in BNB.
Exchanges change these: `taker` and `maker` set others.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

from tidemark.backtest.broker.base import BPS
from tidemark.model.instrument import Instrument

TITLE = "Fees of the venue"

# Basis points of the value, taker and maker, tier 0 first. Bybit's last one is "Supreme VIP".
TIERS: Mapping[str, tuple[tuple[float, float], ...]] = {
    "bybit": ((5.5, 2.0), (4.0, 1.8), (3.75, 1.6), (3.5, 1.4), (3.2, 1.2), (3.2, 1.0), (3.0, 0.0)),
    "binance": (
        (5.0, 2.0), (4.0, 1.6), (3.5, 1.4), (3.2, 1.2), (3.0, 1.0), (2.7, 0.8), (2.5, 0.6), (2.2, 0.4), (2.0, 0.2),
        (1.7, 0.0),
    ),
}  # fmt: skip


class Parameters(Struct, frozen=True, kw_only=True):
    """Whose fees."""

    venue: Annotated[
        Literal["instrument", "bybit", "binance"],
        Meta(description="Whose tiers; `instrument`: those of the market's own venue, bybit's where it is another"),
    ] = "instrument"
    tier: Annotated[int, Meta(ge=0, le=9, description="VIP tier; above a venue's last one it is the last one")] = 0
    taker: Annotated[
        Annotated[float, Meta(ge=0.0, le=100.0)] | None,
        Meta(description="Instead of the tier's: bps of a fill that takes"),
    ] = None
    maker: Annotated[
        Annotated[float, Meta(ge=-10.0, le=100.0)] | None,
        Meta(description="Instead of the tier's: bps of a fill that rested"),
    ] = None


def rates(parameters: Parameters, instrument: Instrument) -> tuple[float, float]:
    """What takers and makers pay, as fractions of the value."""
    venue = instrument.venue if parameters.venue == "instrument" else parameters.venue
    tiers = TIERS.get(venue, TIERS["bybit"])
    taker, maker = tiers[min(parameters.tier, len(tiers) - 1)]
    return (
        (taker if parameters.taker is None else parameters.taker) * BPS,
        (maker if parameters.maker is None else parameters.maker) * BPS,
    )


def fee(parameters: Parameters, instrument: Instrument, value: float, *, is_maker: bool) -> float:
    """What a fill of *value* costs."""
    taker, maker = rates(parameters, instrument)
    return value * (maker if is_maker else taker)


def numbers(parameters: Parameters, instrument: Instrument, _step_ns: int) -> Mapping[str, float]:
    """See base.Model.numbers."""
    taker, maker = rates(parameters, instrument)
    return {"taker": taker, "maker": maker}
