"""The live part of the gap ledger: what was not seen of which channel, and what became of it."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.market.candles import PAD_NS, Candles
from tidemark.market.level import Array
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.memory.table import Table
from tidemark.model.events import StreamGap
from tidemark.model.gap import Gap, Repair
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE

# The channels that a gap can be of; another name is refused and counted.
CHANNELS = ("trades", "tickers", "klines", "books", "liquidations", "marks")
# Closed gaps that are remembered here; all of them are on disk.
RECENT = 4096
# A gap with its strings and its place in the list: the calibration test holds this to be enough.
_ITEM_BYTES = 384
_FIXED_BYTES = 8192
_RECENT: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "slot": (np.int32, ()),
    "is_unmended": (np.uint8, ()),
    "since": (np.int64, ()),
    "until": (np.int64, ()),
}
# Since when the trades of a slot are not seen, by the exchange's time, while their gap is open.
_OPEN: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {"since": (np.int64, ())}


class GapCounters(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the ledger of gaps saw since the start.

    opened, closed; unmended: closed gaps of trades that still have candles to mend; refused: of an unknown channel, or
    with times that no gap can have; forgotten: closed ones that made room for newer ones.
    """

    opened: int
    closed: int
    unmended: int
    refused: int
    forgotten: int


class Unseen(NamedTuple):
    """A closed gap of trades in *slot*, and the time (ns, the exchange's) that its candles took for not seen.

    Where the exchange's clock stands beside ours is measured again and again; for a gap that counts which was measured
    when its candles were marked.
    """

    slot: int
    gap: Gap
    since: int
    until: int


class Gaps:
    """One open gap a slot and channel, and the newest closed ones; when full, the oldest closed one goes.

    A gap of trades is mended when every 1-minute candle that it touches is whole again (or of the shortest timeframe of
    a minute or more that is kept). Every method that changes one gives it as it is now.
    """

    def __init__(self, *, series: int, timeframes: tuple[Timeframe, ...], ledger: Ledger) -> None:
        self.reservation = self.reserve(series=series)[0]
        self._counted = next((timeframe for timeframe in timeframes if timeframe.ns >= MINUTE), None)
        self._open: list[Gap | None] = [None] * (series * len(CHANNELS))
        self._recent: list[Gap | None] = [None] * RECENT
        self._table = Table("gaps/recent", slots=RECENT, columns=_RECENT)
        self._slot: Array = self._table.columns["slot"]
        self._is_unmended: Array = self._table.columns["is_unmended"]
        self._since: Array = self._table.columns["since"]
        self._until: Array = self._table.columns["until"]
        self._open_table = Table("gaps/open", slots=series, columns=_OPEN)
        self._opened_at: Array = self._open_table.columns["since"]
        self._slot[:] = -1
        self._next = 0
        self._opened = self._closed = self._refused = self._forgotten = 0
        self._held = self._peak = 0
        ledger.open(self)
        ledger.open(self._table)
        ledger.open(self._open_table)

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [
            Reservation(
                owner="gaps",
                kind="map",
                capacity=series * len(CHANNELS) + RECENT,
                item_bytes=_ITEM_BYTES,
                fixed_bytes=_FIXED_BYTES,
                policy="forgets the oldest closed one, which is on disk",
            ),
            Table.reserve("gaps/recent", slots=RECENT, columns=_RECENT),
            Table.reserve("gaps/open", slots=series, columns=_OPEN),
        ]

    def usage(self) -> Usage:
        """Gaps that are open or remembered."""
        return Usage(
            used=self._held,
            peak=self._peak,
            bytes_used=_FIXED_BYTES + self._held * _ITEM_BYTES,
            evicted=self._forgotten,
            rejected=self._refused,
        )

    @property
    def counters(self) -> GapCounters:
        """What happened so far."""
        return GapCounters(
            opened=self._opened,
            closed=self._closed,
            unmended=int(np.count_nonzero(self._is_unmended)),
            refused=self._refused,
            forgotten=self._forgotten,
        )

    def mark(self, slot: int, symbol: str, event: StreamGap, candles: Candles) -> Gap | None:
        """Take what a connection says of one symbol; None when it is no news, or of a time before we looked.

        To be called after *candles* took the same event. A gap that is open already stays the older one.
        """
        if event.channel not in CHANNELS or (
            event.gap_to is not None and event.gap_from is not None and event.gap_to < event.gap_from
        ):
            self._refused += 1
            return None
        place = slot * len(CHANNELS) + CHANNELS.index(event.channel)
        opened = self._open[place]
        if event.gap_to is None:
            if opened is not None or event.gap_from is None:
                return None
            gap = self._made(symbol, event, event.gap_from)
            self._open[place] = gap
            if gap.channel == "trades":
                self._opened_at[slot] = _begin(gap, candles)
            self._opened += 1
            self._hold(1)
            return gap
        if opened is None:
            if event.gap_from is None:
                return None
            opened = self._made(symbol, event, event.gap_from)
            self._opened += 1
        else:
            self._open[place] = None
            self._hold(-1)
        return self._close(slot, opened, max(event.gap_to, opened.gap_from), candles)

    def leave(self, slot: int, now_ns: int) -> list[Gap]:
        """The market of *slot* goes: its open gaps end at *now_ns*, and nothing is mended any more."""
        gone = []
        for place in range(slot * len(CHANNELS), (slot + 1) * len(CHANNELS)):
            gap = self._open[place]
            if gap is not None:
                self._open[place] = None
                self._hold(-1)
                ended = msgspec.structs.replace(gap, gap_to=max(now_ns, gap.gap_from))
                self._remember(-1, ended, is_unmended=False)
                self._closed += 1
                gone.append(ended)
        self._opened_at[slot] = 0
        of_slot = self._slot == slot
        self._is_unmended[of_slot] = 0
        self._slot[of_slot] = -1
        return gone

    def review(self, slot: int, repair: Repair, candles: Candles) -> list[Gap]:
        """Look at the unmended gaps of *slot* again, after its candles changed by *repair*; give those that changed."""
        changed = []
        for place in np.flatnonzero((self._slot == slot) & (self._is_unmended == 1)).tolist():
            gap = self._recent[place]
            if gap is None:
                continue
            repaired, lost = self._count(self._unseen(place, gap), candles)
            if (repaired, lost) == (gap.repaired, gap.lost):
                continue
            now = msgspec.structs.replace(
                gap, repaired=repaired, lost=lost, repair=repair if repaired > gap.repaired else gap.repair
            )
            self._recent[place] = now
            self._is_unmended[place] = lost > 0
            changed.append(now)
        return changed

    def unmended(self) -> list[Unseen]:
        """The closed gaps of trades that still have candles to mend, oldest first."""
        places = np.flatnonzero(self._is_unmended).tolist()
        found = [self._unseen(place, gap) for place in places if (gap := self._recent[place]) is not None]
        return sorted(found, key=lambda entry: entry.gap.gap_from)

    def spans(self, slot: int, now_ns: int) -> list[tuple[int, int]]:
        """When the trades of *slot* were not seen, until *now_ns*, all by the exchange's time."""
        places = np.flatnonzero(self._slot == slot).tolist()
        spans = [
            (int(self._since[place]), int(self._until[place]))
            for place in places
            if (gap := self._recent[place]) is not None and gap.channel == "trades"
        ]
        if self._open[slot * len(CHANNELS)] is not None:
            spans.append((int(self._opened_at[slot]), now_ns + PAD_NS))
        return spans

    def gaps(self) -> Iterator[Gap]:
        """The open ones, then the closed ones that are remembered, newest first."""
        yield from (gap for gap in self._open if gap is not None)
        for back in range(1, RECENT + 1):
            gap = self._recent[(self._next - back) % RECENT]
            if gap is not None:
                yield gap

    @staticmethod
    def _made(symbol: str, event: StreamGap, since: int) -> Gap:
        return Gap(venue=event.venue, symbol=symbol, channel=event.channel, gap_from=since, cause=event.cause[:80])

    def _close(self, slot: int, gap: Gap, until: int, candles: Candles) -> Gap:
        self._closed += 1
        closed = msgspec.structs.replace(gap, gap_to=until)
        begin, end = _begin(gap, candles), until + candles.time.offset_ns + PAD_NS
        if gap.channel == "trades":
            begin = min(begin, int(self._opened_at[slot]) or begin)
            self._opened_at[slot] = 0
            repaired, lost = self._count(Unseen(slot, closed, begin, end), candles)
            closed = msgspec.structs.replace(closed, repaired=repaired, lost=lost)
        elif gap.channel == "books":
            # The feed of a book is whole again with a snapshot and not before.
            closed = msgspec.structs.replace(closed, repair=Repair.SNAPSHOT)
        self._since[self._next], self._until[self._next] = begin, end
        self._remember(slot, closed, is_unmended=closed.lost > 0)
        return closed

    def _unseen(self, place: int, gap: Gap) -> Unseen:
        return Unseen(int(self._slot[place]), gap, int(self._since[place]), int(self._until[place]))

    def _count(self, unseen: Unseen, candles: Candles) -> tuple[int, int]:
        """How many of the candles that a gap touches are whole, and how many are not, or not over yet."""
        if self._counted is None:
            return 0, 0
        slot, gap, since, until = unseen
        step = self._counted.ns
        touched = -(-until // step) - since // step
        oldest = candles.time.frontier_ns // step * step - candles.capacity(self._counted) * step
        beyond = max(0, min(-(-until // step), oldest // step) - since // step)
        still_open = max(0, -(-until // step) - max(since // step, candles.time.frontier_ns // step))
        flawed = len(candles.flawed(slot, self._counted, since, until))
        # What the ring holds no more keeps its last verdict: what was mended stays mended.
        gone_whole = min(beyond, gap.repaired)
        whole = touched - beyond - still_open - flawed + gone_whole
        return whole, touched - whole

    def _remember(self, slot: int, gap: Gap, *, is_unmended: bool) -> None:
        place = self._next
        if self._recent[place] is None:
            self._hold(1)
        else:
            self._forgotten += 1
        self._recent[place] = gap
        self._slot[place] = slot
        self._is_unmended[place] = is_unmended
        self._next = (place + 1) % RECENT

    def _hold(self, more: int) -> None:
        self._held += more
        self._peak = max(self._peak, self._held)


def _begin(gap: Gap, candles: Candles) -> int:
    """From when on the candles take a gap for not seen, by the exchange's time."""
    return gap.gap_from + candles.time.offset_ns - PAD_NS
