"""What becomes of trades: minute by minute to entry, target, stop or end, and for a day to what they were worth.

First touch on 1-minute candles that opened after the signal. Where a candle reaches both the stop and a target the stop
was first; where it is entered within a candle that opened beside the entry, no target is taken in that candle. A candle
that opens beyond the stop is left at its open. A minute that nobody saw is waited for, since it may be repaired; after
ten minutes it is passed over, and counted as not seen.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tidemark.market.closed import Closed
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.model.candle import Origin
from tidemark.model.signal import Outcome, Plan, Read, Reason, Signal, Stage, Transition
from tidemark.model.timeframe import Timeframe
from tidemark.signals.chance import LATE_NS, drawn_at
from tidemark.signals.charges import Charges
from tidemark.signals.followed import NUMBER, PLANNED, REASONS, STAGES, Followed, Saved
from tidemark.signals.step import Candle, step
from tidemark.units import DAY, MINUTE, SECOND

Array = npt.NDArray[Any]

TIMEFRAME = Timeframe.M1
# How long a minute that nobody saw is waited for, and how late an entry may be before it is looked for in the past.
PATIENCE_NS = 10 * MINUTE
BEHIND_NS = 2 * MINUTE + 10 * SECOND
# Entries that are looked for in the past at one look, at most.
SOUGHT = 20
# A day after it began nothing more is learned of a trade.
FOLLOWED_NS = DAY
_PENDING, _ACTIVE = NUMBER[Stage.PENDING], NUMBER[Stage.ACTIVE]


class Minutes(NamedTuple):
    """Closed 1-minute candles of one market that are there, oldest first: opening times (ns) and prices."""

    open_times: Array
    open: Array
    high: Array
    low: Array
    close: Array


# The candles of a slot from a time (ns) on.
Past = Callable[[int, int], Minutes]
# The plan of a random entry whose turn has come, and the price; None while what it takes is not known.
Draw = Callable[[int], tuple[Plan, float] | None]


class Following:
    """At most *capacity* trades and random entries of *series* slots, each for a day.

    past: where minutes are found that came later; None: there are none. A trade that finds no place takes that of the
    oldest one that has ended, else it is not followed, and counted.
    """

    def __init__(self, *, capacity: int, series: int, ledger: Ledger, past: Past | None = None, seed: int = 1) -> None:
        self.followed = Followed(capacity=capacity, ledger=ledger)
        self._charges = Charges(series=series, ledger=ledger)
        self._past = past
        self._seed = seed
        self._series = series
        # Random entries that could not be drawn in time.
        self.undrawn = 0

    @staticmethod
    def reserve(*, capacity: int, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [*Followed.reserve(capacity=capacity), *Charges.reserve(series=series)]

    def add(self, signal: Signal, slot: int) -> list[Transition | Outcome]:
        """Follow the trade of *signal*, and the random entry against it."""
        entry, records = self._place()
        if entry is None:
            self.followed.rejected += 1
            moved = Transition(
                id=signal.id, at=signal.at, was=Stage.PENDING, now=Stage.INVALIDATED, reason=Reason.CROWDED, price=None,
                reads=(),
            )  # fmt: skip
            return [*records, moved]
        self.followed.begin(entry, signal, slot)
        against, more = self._place()
        if against is None:
            self.undrawn += 1
        else:
            self.followed.plan_null(against, entry, drawn_at(signal.id, signal.at, self._seed))
        return [*records, *more]

    def find(self, identity: str) -> int | None:
        """The entry of that id, also one that waits for its market; None where it is not followed."""
        used = np.flatnonzero(self.followed.columns["is_used"]).tolist()
        return next((entry for entry in used if self.followed.identity(entry)[0] == identity), None)

    def drop(self, identity: str) -> None:
        """Let go of the entry of that id, of which everything has been told."""
        entry = self.find(identity)
        if entry is not None:
            self.followed.clear(entry)

    def close(self, closed: Closed) -> list[Transition | Outcome]:
        """Take 1-minute candles that closed together; those of a trade that misses one before wait, see `advance`."""
        columns = self.followed.columns
        there = (closed.rows["marks"] & 7) != Origin.ABSENT
        place = np.full(self._series, -1, np.int64)
        place[closed.slots[there]] = np.flatnonzero(there)
        entries = self._running()
        at = place[columns["slot"][entries]]
        entries, at = entries[at >= 0], at[at >= 0]
        due = closed.open_times[at] == columns["followed_to"][entries]
        if self._past is None:
            # Nothing can come later.
            late = closed.open_times[at] - columns["followed_to"][entries]
            columns["unseen"][entries] += np.maximum(late, 0)
            due = late >= 0
        entries, at = entries[due], at[due]
        if not len(entries):
            return []
        ticks = closed.tick_sizes[at]
        prices = (
            np.multiply(closed.rows[name][at], ticks, dtype=np.float64) for name in ("open", "high", "low", "close")
        )
        return self._step(entries, Candle(closed.open_times[at], *prices))

    def advance(self, now_ns: int, draw: Draw) -> list[Transition | Outcome]:
        """Let time pass to *now_ns* of the exchange's clock: random entries begin, and what is behind catches up."""
        records = self._draw(now_ns, draw)
        if self._past is not None:
            columns, running = self.followed.columns, self._running()
            behind = running[now_ns - columns["followed_to"][running] > BEHIND_NS]
            oldest = behind[np.argsort(columns["followed_to"][behind], kind="stable")][:SOUGHT]
            for entry in oldest.tolist():
                records.extend(self._catch_up(entry, now_ns, self._past))
        records.extend(self._end_by_clock(now_ns))
        return records

    def charge(self, now_ns: int, rate: Array, due_at: Array) -> None:
        """Funding of every slot: *rate* is due next at *due_at* (ns, 0: not known), paid with the minute after that."""
        self._charges.take(now_ns, rate, due_at)

    def cease(
        self, rule: str, code: int, slot: int, signal_at: int, *, at: int, reason: Reason, ends: bool
    ) -> list[Transition | Outcome]:
        """The condition *code* of *rule* that was on since *signal_at* is off; ends: so is an entry that waits.

        Nothing where its trade is not followed any more.
        """
        columns = self.followed.columns
        found = (columns["is_used"] > 0) & (columns["is_null"] == 0) & (columns["slot"] == slot)
        found &= (columns["signal_at"] == signal_at) & (columns["code"] == code)
        entries = np.flatnonzero(found & (columns["rule"] == self.followed.rules.index(rule)))
        if not len(entries):
            return []
        entry = int(entries[0])
        was = STAGES[int(columns["stage"][entry])] or Stage.PENDING
        if was is Stage.PENDING and (ends or reason is Reason.REVERSED):
            self._end(entry, Stage.INVALIDATED, reason, at)
            moved = self._moved(entry, at, was, reason, None)
            return [moved, self.followed.outcome(entry, is_final=False)]
        if was is Stage.ACTIVE and reason is Reason.REVERSED:
            # It is left at the next open.
            columns["is_reversed"][entry] = 1
        return [self._moved(entry, at, was, reason, None)]

    def leave(self, slot: int, at: int) -> list[Transition | Outcome]:
        """The market of *slot* is not watched any more: its trades end at the last price that was seen."""
        self._charges.clear(slot)
        columns = self.followed.columns
        records: list[Transition | Outcome] = []
        for entry in np.flatnonzero((columns["is_used"] > 0) & (columns["slot"] == slot)).tolist():
            records.extend(self._let_go(entry, Stage.INVALIDATED, Reason.GONE, at))
        return records

    def join(self, slot: int, symbol: str) -> None:
        """The market *symbol* takes *slot*: what waits for it since a restart goes on."""
        self.followed.join(slot, symbol)

    def saved(self) -> Saved:
        """All that is followed."""
        return self.followed.saved()

    def resume(self, saved: Saved) -> int:
        """Go on with what was saved, once its markets join; give how many entries were left out."""
        return self.followed.resume(saved)

    def kept(self) -> dict[str, Array]:
        """What else outlives a restart, as views that may be written to, one entry a slot."""
        return {f"funding/{name}": column for name, column in self._charges.kept().items()}

    def _running(self) -> Array:
        columns = self.followed.columns
        return np.flatnonzero((columns["is_used"] > 0) & (columns["slot"] >= 0) & (columns["stage"] != PLANNED))

    def _place(self) -> tuple[int | None, list[Transition | Outcome]]:
        """An entry to write to; for it the oldest one that has ended is let go."""
        entry = self.followed.free()
        if entry is not None:
            return entry, []
        columns = self.followed.columns
        ended = np.flatnonzero(columns["stage"] > _ACTIVE)
        if not len(ended):
            return None, []
        oldest = int(ended[np.argmin(columns["begun_at"][ended])])
        outcome = self.followed.outcome(oldest, is_final=True)
        self.followed.clear(oldest)
        self.followed.evicted += 1
        return oldest, [outcome]

    def _draw(self, now_ns: int, draw: Draw) -> list[Transition | Outcome]:
        columns = self.followed.columns
        due = (columns["is_used"] > 0) & (columns["stage"] == PLANNED) & (columns["begun_at"] <= now_ns)
        for entry in np.flatnonzero(due).tolist():
            drawn = draw(entry) if columns["slot"][entry] >= 0 else None
            if drawn is not None:
                self.followed.enter(entry, *drawn, now_ns)
            elif now_ns - int(columns["begun_at"][entry]) > LATE_NS:
                self.undrawn += 1
                self.followed.clear(entry)
        return []

    def _catch_up(self, entry: int, now_ns: int, past: Past) -> list[Transition | Outcome]:
        """Read the minutes that came later; a hole is waited for, then passed over."""
        columns = self.followed.columns
        minutes = past(int(columns["slot"][entry]), int(columns["followed_to"][entry]))
        records: list[Transition | Outcome] = []
        for at, opened in enumerate(minutes.open_times.tolist()):
            behind = opened - int(columns["followed_to"][entry])
            if behind < 0:
                continue
            if behind and now_ns - opened < PATIENCE_NS:
                return records
            columns["unseen"][entry] += behind
            one = slice(at, at + 1)
            records.extend(self._step(np.array([entry]), Candle(*(column[one] for column in minutes))))
            if not columns["is_used"][entry]:
                return records
        return records

    def _end_by_clock(self, now_ns: int) -> list[Transition | Outcome]:
        """What no candle came for in all that time ends without one."""
        columns = self.followed.columns
        over = (columns["is_used"] > 0) & (columns["stage"] != PLANNED)
        over &= now_ns - columns["begun_at"] > FOLLOWED_NS + 2 * PATIENCE_NS
        records: list[Transition | Outcome] = []
        for entry in np.flatnonzero(over).tolist():
            missed = now_ns - PATIENCE_NS - int(columns["followed_to"][entry])
            columns["unseen"][entry] += max(0, missed)
            records.extend(self._let_go(entry, Stage.EXPIRED, Reason.OVER, now_ns))
        return records

    def _let_go(self, entry: int, stage: Stage, reason: Reason, at: int) -> list[Transition | Outcome]:
        """End an entry, where it has not ended, at the last price; what came of it is final."""
        columns = self.followed.columns
        was = STAGES[int(columns["stage"][entry])]
        records: list[Transition | Outcome] = []
        if was is None:
            self.undrawn += 1
        else:
            if was.is_open:
                self._end(entry, stage, reason, at)
                if not columns["is_null"][entry]:
                    records.append(self._moved(entry, at, was, reason, float(columns["last"][entry])))
            records.append(self.followed.outcome(entry, is_final=True))
        self.followed.clear(entry)
        return records

    def _end(self, entry: int, stage: Stage, reason: Reason, at: int) -> None:
        """Write down that an entry ended at the last price that was seen."""
        columns = self.followed.columns
        columns["stage"][entry], columns["reason"][entry] = NUMBER[stage], REASONS.index(reason)
        columns["ended_at"][entry], columns["leave"][entry] = at, columns["last"][entry]

    def _moved(self, entry: int, at: int, was: Stage, reason: Reason, price: float | None) -> Transition:
        now = STAGES[int(self.followed.columns["stage"][entry])] or was
        identity = self.followed.identity(entry)[0]
        seen_s = max(0.0, (at - int(self.followed.columns["followed_to"][entry])) / SECOND)
        last = Read("last", float(self.followed.columns["last"][entry]), seen_s)
        return Transition(id=identity, at=at, was=was, now=now, reason=reason, price=price, reads=(last,))

    def _step(self, entries: Array, candle: Candle) -> list[Transition | Outcome]:
        """Lead *entries* through the next minute of each."""
        columns = self.followed.columns
        self._charges.pay(columns, entries, candle.open_times)
        moves = step(columns, entries, candle)
        records: list[Transition | Outcome] = []
        for move in moves:
            entry, at = int(entries[move.at]), int(candle.open_times[move.at]) + TIMEFRAME.ns
            if not columns["is_null"][entry]:
                identity = self.followed.identity(entry)[0]
                records.append(
                    Transition(
                        id=identity,
                        at=at,
                        was=move.was,
                        now=move.now,
                        reason=move.reason,
                        price=move.price,
                        reads=candle.reads(move.at),
                    )
                )
            if not move.now.is_open and move.was.is_open:
                records.append(self.followed.outcome(entry, is_final=False))
        is_over = columns["followed_to"][entries] - columns["begun_at"][entries] >= FOLLOWED_NS
        for entry in entries[is_over].tolist():
            records.append(self.followed.outcome(entry, is_final=True))
            self.followed.clear(entry)
        return records
