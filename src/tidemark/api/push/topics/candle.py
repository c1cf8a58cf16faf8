"""`candle.{symbol}.{timeframe}`: the candle that is open, and what closes or changes, at most four times a second."""

import re
import zlib
from collections.abc import Mapping

import msgspec

from tidemark.api.push.figures import MarketFigures
from tidemark.api.push.messages import Delta, Snapshot, Stamp
from tidemark.api.push.reads import Reads
from tidemark.api.push.topics.base import slot_of
from tidemark.errors import RequestError
from tidemark.model.candle import Candle
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND

_SHOWN = 2
# Closed candles of which a change is noticed, and at most as many are told at once.
_WATCHED = 500
# open_time_ms, open, high, low, close, volume, turnover, bought
Row = tuple[int, float, float, float, float, float, float, float | None]


class CandleSnapshot(Snapshot, frozen=True, kw_only=True):
    """candles: the newest two that have closed, oldest first; provisional: the open one, None without trades."""

    candles: list[Row]
    provisional: Row | None


class CandleDelta(Delta, frozen=True, kw_only=True):
    """closed: candles that have closed since, oldest first. revised: some that had closed before have changed.

    Those that changed stand in `closed` when they are among the newest two; else they have to be asked for anew.
    """

    closed: list[Row] | msgspec.UnsetType = msgspec.UNSET
    provisional: Row | None
    revised: bool | msgspec.UnsetType = msgspec.UNSET


class Kind:
    """See topics.base."""

    PATTERN = re.compile(r"candle\.(?P<symbol>[^\s/\\?#%.]{1,40})\.(?P<timeframe>[0-9]{1,3}[a-z])")
    PERIOD_MS = 250
    MOST = 100
    IS_WHOLE = False
    CONFLATES = True

    def __init__(self, reads: Reads, figures: MarketFigures) -> None:
        del figures
        self._reads = reads

    def open(self, names: Mapping[str, str]) -> "_Candles":
        """See topics.base."""
        slot_of(self._reads, names["symbol"])
        kept = self._reads.engine.candles.timeframes
        found = [one for one in kept if one.value == names["timeframe"]]
        if not found:
            raise RequestError(
                404, f"there are no {names['timeframe']} candles; there are: {', '.join(one.value for one in kept)}"
            )
        return _Candles(self._reads, names["symbol"], found[0])


class _Candles:
    """Keeps the two rows that are shown, the open one, and a checksum of all that is watched."""

    def __init__(self, reads: Reads, symbol: str, timeframe: Timeframe) -> None:
        self._reads = reads
        self._symbol = symbol
        self._timeframe = timeframe
        self._shown: list[Row] = []  # bounded: _SHOWN rows
        self._provisional: Row | None = None
        self._newest = -1
        self._sum = 0

    def change(self, at: Stamp) -> Delta | Snapshot | None:
        slot, candles = slot_of(self._reads, self._symbol), self._reads.engine.candles
        provisional = _row(candles.provisional(slot, self._timeframe))
        newest_ns = candles.newest(slot, self._timeframe)
        newest = -1 if newest_ns is None else newest_ns // self._timeframe.ns
        later = newest - self._newest
        is_same = self._checksum(slot, later) == self._sum
        if is_same and not later and provisional == self._provisional:
            return None
        closed = [] if is_same and not later else self._changed(slot, later)
        self._provisional = provisional
        self._newest = newest
        self._sum = self._checksum(slot, 0)
        return CandleDelta(
            topic=at.topic,
            seq=at.seq,
            ts=at.ts,
            closed=closed or msgspec.UNSET,
            provisional=provisional,
            revised=msgspec.UNSET if is_same else True,
        )

    def whole(self, at: Stamp) -> Snapshot:
        return CandleSnapshot(topic=at.topic, seq=at.seq, ts=at.ts, candles=self._shown, provisional=self._provisional)

    def _changed(self, slot: int, later: int) -> list[Row]:
        """The candles that have closed since, and those of the ones that are shown that have changed."""
        count = min(max(later, 0) + _SHOWN, _WATCHED)
        closed = self._reads.engine.candles.closed(slot, self._timeframe, count)
        rows = [row for row in map(_row, closed) if row is not None]
        known = set(self._shown)
        oldest = self._shown[0][0] if self._shown else 0
        self._shown = rows[-_SHOWN:]
        return [row for row in rows if row not in known and row[0] >= oldest]

    def _checksum(self, slot: int, later: int) -> int:
        """Of the candles that are watched, without the newest *later* of them; -1 where those are not all kept."""
        candles = self._reads.engine.candles
        capacity = candles.capacity(self._timeframe)
        watched = min(_WATCHED, capacity // 2)
        if not 0 <= later <= capacity - watched:
            return -1
        rows = candles.rows(slot, self._timeframe, watched + later)
        count = len(rows["marks"]) - later
        total = 0
        for name in ("open", "high", "low", "close", "volume", "marks"):
            total = zlib.crc32(rows[name][:count].tobytes(), total)
        return total


def _row(candle: Candle | None) -> Row | None:
    if candle is None:
        return None
    bought = candle.buy_volume
    return (
        candle.open_time // MILLISECOND, candle.open, candle.high, candle.low, candle.close, _short(candle.volume),
        _short(candle.turnover), None if bought is None else _short(bought),
    )  # fmt: skip


def _short(value: float) -> float:
    """As exact as the four bytes are in which closed candles keep it."""
    return float(f"{value:.7g}")
