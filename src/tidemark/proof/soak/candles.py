"""The minutes that the service kept, held against what the exchange traded, as time goes on."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.model.candle import Origin
from tidemark.model.gap import Gap
from tidemark.model.timeframe import Timeframe
from tidemark.proof.simulation.outcome import EXACT, ROUNDING, UNSURE, takes
from tidemark.sim.market import Contract, State
from tidemark.sim.truth import MINUTES, Truth
from tidemark.store.framing import HEAD
from tidemark.store.gap_log import SUFFIX, read_gaps
from tidemark.store.journal import BASE_SUFFIX, ROW_TYPE, base, blocks, segments, stamp, symbols
from tidemark.store.segments import numbered
from tidemark.units import MINUTE

_MOST_WORDS = 50
# A gap is of use for as long as minutes of its time may be judged.
_KEPT_NS = 26 * 60 * MINUTE

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[Any]


class Judged(msgspec.Struct, kw_only=True):
    """Minutes of markets: how many were held against the exchange's, how many the ledger of gaps says are lost or open.

    `wrong` differ, or are missing, and nothing says so; the first of them stand in `words`. `gaps` in the ledger.
    """

    compared: int = 0
    equal: int = 0
    recorded: int = 0
    wrong: int = 0
    gaps: int = 0
    words: list[str] = msgspec.field(default_factory=list)  # bounded: `_MOST_WORDS`


class CandleCheck:
    """Reads what is new in *folder* each time, and holds it against *truth*, which has the last 25 hours.

    Younger minutes than *mended_ns* are left for the next time.

    Markets that left, and minutes from before a market was first watched, are not judged.
    """

    def __init__(self, folder: Path, truth: Truth, mended_ns: int) -> None:
        self.judged = Judged()
        self._folder = folder
        self._truth = truth
        self._mended_ns = mended_ns
        self._read: dict[str, int] = {}  # bounded: the files of the journal and of the log of gaps
        # What is not judged yet, by the file that it was read from.
        self._rows: dict[Path, list[Rows]] = {}  # bounded: the files of the journal, with the minutes not judged yet
        self._merged: Path | None = None
        self._gaps: dict[tuple[str, int], Gap] = {}  # bounded: those of `_KEPT_NS`
        self._begins: dict[str, int] = {}  # bounded: the markets there were
        self._from: int | None = None

    def judge(self, until_ns: int) -> None:
        """Judge all minutes since the last time that can be mended no more at *until_ns*, the exchange's time."""
        self._read_rows()
        self._read_gaps()
        last = (until_ns - self._mended_ns) // MINUTE
        # A merged file has the newest of each candle that stood in the segments up to the one of its name.
        files = sorted(self._rows, key=lambda path: (stamp(path), path.suffix == BASE_SUFFIX))
        rows = np.concatenate([np.zeros(0, ROW_TYPE), *(block for path in files for block in self._rows[path])])
        minutes = rows["open_time"] // MINUTE
        if self._from is None:
            if not rows.size:
                return
            self._from = int(minutes[rows["marks"] & 7 != Origin.EXCHANGE].min(initial=last))
        first, self._from = max(self._from, last - MINUTES + 2), last
        for path in files:
            young = [block[block["open_time"] // MINUTE >= last] for block in self._rows[path]]
            self._rows[path] = [block for block in young if block.size]
        self._rows = {path: held for path, held in self._rows.items() if held}
        if first < last:
            self._compare(rows[(minutes >= first) & (minutes < last)], first, last)
        old = until_ns - _KEPT_NS
        self._gaps = {key: gap for key, gap in self._gaps.items() if gap.gap_to is None or gap.gap_to > old}

    def _read_rows(self) -> None:
        journal, wanted = self._folder / "journal", Timeframe.M1.value
        for path in segments(journal, wanted):
            if self._merged is not None and stamp(path) <= stamp(self._merged):
                continue
            try:
                for block in blocks(path, self._read.get(path.name, 0)):
                    self._rows.setdefault(path, []).append(block)
                    self._read[path.name] = self._read.get(path.name, 0) + HEAD.size + block.nbytes
            except FileNotFoundError:
                continue
        # Last: what was merged before the look at the segments is in it, and what is merged now was read from them.
        merged = base(journal, wanted)
        if merged is None or merged == self._merged:
            return
        since = 0 if self._from is None else self._from * MINUTE
        found = [block[block["open_time"] >= since] for block in blocks(merged)]
        self._merged, self._rows[merged] = merged, found

    def _read_gaps(self) -> None:
        for path in numbered(self._folder / "gaps", SUFFIX):
            try:
                for gap, end in read_gaps(path, self._read.get(path.name, 0)):
                    self._read[path.name] = end
                    if gap is not None and gap.channel == "trades":
                        self.judged.gaps += (gap.symbol, gap.gap_from) not in self._gaps
                        self._gaps[gap.symbol, gap.gap_from] = gap
            except FileNotFoundError:
                continue

    def _compare(self, rows: Rows, first: int, last: int) -> None:
        truth, count = self._truth, last - first
        names = symbols(self._folder / "journal")
        slots = np.array([truth.slot_of.get(name, -1) for name in names], np.int64)
        slot = slots[rows["symbol"]]
        rows, slot = rows[slot >= 0], slot[slot >= 0]
        at = (rows["open_time"] // MINUTE - first, slot)
        ours = np.full((5, count, truth.slots), np.nan)
        origin = np.full((count, truth.slots), int(Origin.ABSENT))
        # A later row replaces an earlier one.
        for n, name in enumerate(("open", "high", "low", "close")):
            ours[n][at] = rows[name] * rows["tick_size"]
        ours[4][at] = rows["volume"]
        origin[at] = rows["marks"] & 7
        is_due, theirs = self._expected(first, last, origin)
        is_equal = _are_equal(ours, theirs) & ~np.isin(origin, list(UNSURE))
        judged = self.judged
        judged.compared += int(is_due.sum())
        judged.equal += int((is_due & is_equal).sum())
        gaps: dict[str, list[Gap]] = {}
        for gap in self._gaps.values():
            gaps.setdefault(gap.symbol, []).append(gap)
        for minute, where in np.argwhere(is_due & ~is_equal).tolist():
            market = truth.markets[where]
            opens = (first + minute) * MINUTE
            if market is None or any(takes(gap, market.symbol, opens, MINUTE) for gap in gaps.get(market.symbol, ())):
                judged.recorded += 1
                continue
            judged.wrong += 1
            if len(judged.words) < _MOST_WORDS:
                told = f"{_told(ours[:, minute, where])} ({Origin(int(origin[minute, where])).name})"
                judged.words.append(
                    f"1m of {market.symbol} at {opens // 1_000_000_000} is {told} beside the exchange's"
                    f" {_told(theirs[:, minute, where])}, and no gap says why"
                )

    def _expected(self, first: int, last: int, origin: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.bool_], Floats]:
        """Which minutes of which slots are judged, and what the exchange has of them."""
        truth = self._truth
        minutes = np.arange(first, last)
        is_due = np.zeros((len(minutes), truth.slots), bool)
        ticks, lots = np.ones(truth.slots), np.ones(truth.slots)
        for slot, market in truth.listed():
            if market.contract is not Contract.PERPETUAL or market.state is not State.TRADING:
                continue
            seen = np.flatnonzero(origin[:, slot] != Origin.ABSENT)
            if market.symbol not in self._begins and seen.size:
                # What was fetched of the time before it was watched is no more than that.
                self._begins[market.symbol] = first + int(seen[0])
            begins = max(self._begins.get(market.symbol, last), int(truth.since[slot]) + 1)
            is_due[:, slot] = minutes >= begins
            ticks[slot], lots[slot] = market.tick_size, market.lot_size
        at = minutes % MINUTES
        prices = [column[at].astype(np.float64) * ticks for column in (truth.open, truth.high, truth.low, truth.close)]
        return is_due, np.stack([*prices, truth.lots[at].astype(np.float64) * lots])


def _are_equal(ours: Floats, theirs: Floats) -> npt.NDArray[np.bool_]:
    """Equal but for where a candle opens: some exchanges open it at the close before, and count that into its range."""
    high = np.maximum(ours[1], np.maximum(theirs[0], ours[0])), np.maximum(theirs[1], np.maximum(theirs[0], ours[0]))
    low = np.minimum(ours[2], np.minimum(theirs[0], ours[0])), np.minimum(theirs[2], np.minimum(theirs[0], ours[0]))
    is_equal = np.ones(ours.shape[1:], bool)
    for one, other, within in (
        (*high, EXACT),
        (*low, EXACT),
        (ours[3], theirs[3], EXACT),
        (ours[4], theirs[4], ROUNDING),
    ):
        is_equal &= np.abs(one - other) <= within * np.maximum(np.abs(one), np.abs(other))
    return is_equal


def _told(figures: Floats) -> str:
    return " ".join(f"{figure:.10g}" for figure in figures.tolist())
