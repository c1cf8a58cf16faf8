"""`book.{symbol}`: the best levels of a book and the newest trades, four times a second at most."""

import re
from collections.abc import Mapping

from tidemark.api.push.figures import MarketFigures
from tidemark.api.push.messages import Delta, Snapshot, Stamp
from tidemark.api.push.reads import Reads
from tidemark.api.push.topics.base import short, slot_of
from tidemark.units import MILLISECOND

_LEVELS = _TRADES = 20
Row = tuple[float, float]
TradeRow = tuple[int, float, float, bool]


class BookSnapshot(Snapshot, frozen=True, kw_only=True):
    """bids, asks: price and size, best first, empty while the book is out of sync.

    trades: time (ms), price, size, whether the aggressor bought; oldest first.
    """

    is_synced: bool
    bids: list[Row]
    asks: list[Row]
    trades: list[TradeRow]


class BookDelta(Delta, frozen=True, kw_only=True):
    """All of it again."""

    is_synced: bool
    bids: list[Row]
    asks: list[Row]
    trades: list[TradeRow]


class Kind:
    """See topics.base."""

    PATTERN = re.compile(r"book\.(?P<symbol>[^\s/\\?#%.]{1,40})")
    PERIOD_MS = 250
    MOST = 60
    IS_WHOLE = True
    CONFLATES = True

    def __init__(self, reads: Reads, figures: MarketFigures) -> None:
        del figures
        self._reads = reads

    def open(self, names: Mapping[str, str]) -> "_Book":
        """See topics.base."""
        slot_of(self._reads, names["symbol"])
        return _Book(self._reads, names["symbol"])


class _Book:
    def __init__(self, reads: Reads, symbol: str) -> None:
        self._reads = reads
        self._symbol = symbol
        # What the newest message was made of: when the book last moved, and how many trades there were.
        self._made_of: tuple[int, bool, int] | None = None

    def change(self, at: Stamp) -> Delta | Snapshot | None:
        slot, engine = slot_of(self._reads, self._symbol), self._reads.engine
        status = engine.books.status(slot) if engine.books is not None else None
        last = engine.tape.last(slot)
        made_of = (
            status.update_id if status is not None else 0,
            status is not None and status.is_synced,
            last.trades if last is not None else 0,
        )
        if made_of == self._made_of:
            return None
        self._made_of = made_of
        is_synced, bids, asks, trades = self._now()
        return BookDelta(topic=at.topic, seq=at.seq, ts=at.ts, is_synced=is_synced, bids=bids, asks=asks, trades=trades)

    def whole(self, at: Stamp) -> Snapshot:
        is_synced, bids, asks, trades = self._now()
        return BookSnapshot(
            topic=at.topic, seq=at.seq, ts=at.ts, is_synced=is_synced, bids=bids, asks=asks, trades=trades
        )

    def _now(self) -> tuple[bool, list[Row], list[Row], list[TradeRow]]:
        slot, engine = slot_of(self._reads, self._symbol), self._reads.engine
        levels = engine.books.levels(slot, _LEVELS) if engine.books is not None else None
        rows = engine.tape.rows(slot, _TRADES)
        trades = list(
            zip(
                (rows["ts_event"] // MILLISECOND).tolist(),
                rows["price"].tolist(),
                short(rows["size"]),
                (rows["is_buy"] > 0).tolist(),
                strict=True,
            )
        )
        if levels is None:
            return False, [], [], trades
        return True, [(p, s) for p, s in levels.bids.tolist()], [(p, s) for p, s in levels.asks.tolist()], trades
