"""The score of each market, and how it is weighed."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from tidemark.analysis.wyckoff import profile
from tidemark.errors import SettingsError
from tidemark.settings.base import TimeframeName, refuse_repeated


class ComponentWeights(Struct, frozen=True, kw_only=True):
    """How much each component of a score counts against the others."""

    order_flow: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of who is the aggressor")] = 0.30
    order_book: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of what waits beside the price")] = 0.20
    volume: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of the side that volume speaks for")] = 0.18
    structure: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of what the price has drawn")] = 0.15
    technical: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of oscillators and trend")] = 0.10
    sentiment: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of positions and their cost")] = 0.07


class TimeframeWeights(Struct, frozen=True, kw_only=True):
    """How much the candles of each timeframe count against the others'; those of 0 are read and shown all the same."""

    s10: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 10-second candles")] = field(
        default=0.0, name="10s"
    )
    m1: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 1-minute candles")] = field(
        default=0.4, name="1m"
    )
    m5: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 5-minute candles")] = field(
        default=0.3, name="5m"
    )
    m15: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 15-minute candles")] = field(
        default=0.0, name="15m"
    )
    m30: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 30-minute candles")] = field(
        default=0.2, name="30m"
    )
    h1: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 1-hour candles")] = field(default=0.0, name="1h")
    h4: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 4-hour candles")] = field(default=0.1, name="4h")
    d1: Annotated[float, Meta(ge=0.0, le=100.0, description="Weight of 1-day candles")] = field(default=0.0, name="1d")

    def named(self) -> dict[str, float]:
        """The weights by the names of their timeframes."""
        return {info.encode_name: getattr(self, info.name) for info in msgspec.structs.fields(TimeframeWeights)}


class ComponentScales(Struct, frozen=True, kw_only=True):
    """What the weight of each component is multiplied by; 1 leaves it as it is."""

    order_flow: Annotated[float, Meta(ge=0.0, le=100.0, description="Times the weight of order flow")] = 1.0
    order_book: Annotated[float, Meta(ge=0.0, le=100.0, description="Times the weight of the order book")] = 1.0
    volume: Annotated[float, Meta(ge=0.0, le=100.0, description="Times the weight of volume")] = 1.0
    structure: Annotated[float, Meta(ge=0.0, le=100.0, description="Times the weight of structure")] = 1.0
    technical: Annotated[float, Meta(ge=0.0, le=100.0, description="Times the weight of technical factors")] = 1.0
    sentiment: Annotated[float, Meta(ge=0.0, le=100.0, description="Times the weight of sentiment")] = 1.0


class RegimeScales(Struct, frozen=True, kw_only=True):
    """The state of a market, from price and volume alone, and how much more or less components count in it."""

    timeframe: Annotated[TimeframeName, Meta(description="The candles that it is read from")] = "5m"
    trend: ComponentScales = ComponentScales()
    range: ComponentScales = ComponentScales()
    volatile: ComponentScales = ComponentScales()
    illiquid: ComponentScales = ComponentScales()


class Wyckoff(Struct, frozen=True, kw_only=True):
    """Trading ranges, their events and phases, in the candles of some timeframes; only where markets are scored."""

    enabled: Annotated[bool, Meta(description="Whether structure is read")] = True
    profile: Annotated[str, Meta(min_length=1, max_length=64, description="The numbers by which it is read")] = (
        profile.DEFAULT
    )
    timeframes: Annotated[
        tuple[TimeframeName, ...], Meta(min_length=1, max_length=8, description="The candles in which it is read")
    ] = ("5m", "1h", "4h", "1d")
    signals: Annotated[TimeframeName, Meta(description="Of these the candles whose events are signals")] = "1h"

    def __post_init__(self) -> None:
        refuse_repeated("wyckoff.timeframes", self.timeframes)
        if self.enabled and self.signals not in self.timeframes:
            raise SettingsError(
                f"wyckoff.signals is {self.signals}, in which structure is not read; it is one of wyckoff.timeframes: "
                f"{', '.join(self.timeframes)}"
            )
        profile.load(self.profile)


class Analysis(Struct, frozen=True, kw_only=True):
    """The score of each market, and how it is weighed."""

    enabled: Annotated[bool, Meta(description="Whether markets are scored")] = True
    weights: ComponentWeights = ComponentWeights()
    timeframes: TimeframeWeights = TimeframeWeights()
    regime: RegimeScales = RegimeScales()
