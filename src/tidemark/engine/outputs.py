"""What one step of the engine can give."""

import msgspec

from tidemark.market.closed import Closed, Revised
from tidemark.market.freshness import Fresh, Stale


class Relisted(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The instrument of *symbol* changed its tick; its candles were restated in the new one."""

    symbol: str
    slot: int
    old_tick_size: float
    tick_size: float


Output = Closed | Revised | Relisted | Stale | Fresh
