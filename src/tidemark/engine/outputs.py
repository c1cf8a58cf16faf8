"""What one step of the engine can give."""

import msgspec

from tidemark.market.closed import Closed, Mismatched, Revised
from tidemark.market.freshness import Fresh, Stale
from tidemark.model.book import BookBreak
from tidemark.model.gap import Gap
from tidemark.model.signal import Record


class Relisted(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The instrument of *symbol* changed its tick; its candles were restated in the new one."""

    symbol: str
    slot: int
    old_tick_size: float
    tick_size: float


class BookTurned(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The order book of *symbol* went in or out of sync at `ts_recv`.

    reason: what was wrong with it; out_ns: for how long it was, when it is in sync again.
    """

    symbol: str
    slot: int
    is_synced: bool
    reason: BookBreak
    ts_recv: int
    out_ns: int


class GapNoted(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A gap began, ended, or more of it was mended: as it is now."""

    gap: Gap


class Scored(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Every market was scored anew at `ts_recv`; the scores are `Engine.analysis.scores`, until the next ones."""

    ts_recv: int


class Signalled(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Signals began, moved on or ended, in this order."""

    records: tuple[Record, ...]


Output = Closed | Revised | Mismatched | Relisted | BookTurned | GapNoted | Stale | Fresh | Scored | Signalled
