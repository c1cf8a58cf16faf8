"""A candle, and where it came from."""

from enum import IntEnum

import msgspec


class Origin(IntEnum):
    """Where the figures of a candle came from; the value is its code in the compact row.

    ABSENT stands for a hole: the feed was dead, or it was before we looked. PARTIAL is built from trades while part of
    its interval was not seen. FILLED had no trade while the feed was alive: flat at the last close, volume 0. EXCHANGE
    is the exchange's own candle: of a time before we looked, or because ours differed from it. REPAIRED was in a gap
    and was mended, with the exchange's candle or with the trades that were missing.
    """

    ABSENT = 0
    TRADES = 1
    EXCHANGE = 2
    REPAIRED = 3
    FILLED = 4
    PROVISIONAL = 5
    PARTIAL = 6


class Candle(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One candle, for people and for the API; the store of candles holds compact columns instead.

    `open_time` in nanoseconds since the epoch; prices in quote currency; `volume` and `buy_volume` in base currency,
    `turnover` in quote currency; `buy_volume` counts the trades whose aggressor bought. `buy_volume` and `trades` are
    None where the figures are the exchange's and it does not tell them. `revised` is true when the candle changed after
    it was closed.
    """

    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    turnover: float
    buy_volume: float | None
    trades: int | None
    origin: Origin
    revised: bool = False
