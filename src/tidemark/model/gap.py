"""A gap: a time in which we did not see a channel of a market whole, and what became of it."""

from enum import StrEnum

import msgspec

from tidemark.model.events import Whole


class Repair(StrEnum):
    """What a gap was mended with."""

    NONE = "none"
    TRADES = "trades"
    KLINES = "klines"
    SNAPSHOT = "snapshot"


class Gap(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One gap of one channel of one market, from `gap_from` to `gap_to` by our clock (ns); `gap_to` None: still open.

    venue, symbol, channel and `gap_from` name it: a later record of the same name replaces the earlier one. `repaired`
    of its 1-minute candles were mended, `lost` stay absent or are known to be short of trades.
    """

    venue: str
    symbol: str
    channel: str
    gap_from: Whole
    gap_to: Whole | None = None
    cause: str
    repair: Repair = Repair.NONE
    repaired: Whole = 0
    lost: Whole = 0
