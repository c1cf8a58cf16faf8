"""What one step of the engine can give."""

import msgspec

from tidemark.market.closed import Closed, Mismatched, Revised
from tidemark.model.gap import Gap


class Relisted(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The instrument of *symbol* changed its tick; its candles were restated in the new one."""

    symbol: str
    slot: int
    old_tick_size: float
    tick_size: float


class GapNoted(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A gap began, ended, or more of it was mended: as it is now."""

    gap: Gap


Output = Closed | Revised | Mismatched | Relisted | GapNoted
