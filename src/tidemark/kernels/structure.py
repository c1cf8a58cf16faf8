# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Trading ranges, and what happens at their bounds, of all series, a closed bar after the other; see analysis.wyckoff.

Prices are natural logarithms. Nothing here knows up from down: whatever is done at the lower bound is done at the upper
one with all prices negated, so that a mirrored market has the mirrored structure, to the last bit.

A bar is taken once and never looked at again: what is known of the past is in the state. A pivot is known when the
price has turned from it by so many average ranges; an event when what confirms it has closed. So no later bar changes
what an earlier one gave.

Each kernel named structure_* does one part of it, on the series at hand. Nothing is checked here: whoever calls
validates the rows, and passes C-contiguous arrays.
"""

import cython

from tidemark.kernels.structure_columns import (
    BACKUP,
    BEGINS,
    CLIMAX,
    END_DISPLACED,
    END_FAILED,
    END_LEFT,
    END_SHAPELESS,
    END_TOO_LONG,
    ENDS,
    EVENT,
    KINDS,
    LAST_POINT,
    MOST_EVENTS,
    MOST_RANGES,
    MOST_RULES,
    MOST_VALUES,
    ODDS,
    PARAMETERS,
    PHASE_CHANGE,
    PHASES,
    PRELIMINARY,
    REACTION,
    REVISED,
    RULE,
    SECONDARY_TEST,
    SEEN,
    SHAKEOUT,
    SIGN,
    SPRING,
    TEST,
    VALUES,
    WIDTH,
)  # fmt: skip

if cython.compiled:
    from cython.cimports.tidemark.kernels import structure_columns as c
    from cython.cimports.tidemark.kernels.structure_bounds import Bounds
    from cython.cimports.tidemark.kernels.structure_breaks import Breaks
    from cython.cimports.tidemark.kernels.structure_climaxes import Climaxes
    from cython.cimports.tidemark.kernels.structure_given import Given
    from cython.cimports.tidemark.kernels.structure_phases import Phases
    from cython.cimports.tidemark.kernels.structure_ranges import Ranges
    from cython.cimports.tidemark.kernels.structure_row import Row
    from cython.cimports.tidemark.kernels.structure_springs import Springs
    from cython.cimports.tidemark.kernels.structure_turns import Turns
else:
    from tidemark.kernels import structure_columns as c
    from tidemark.kernels.structure_bounds import Bounds
    from tidemark.kernels.structure_breaks import Breaks
    from tidemark.kernels.structure_climaxes import Climaxes
    from tidemark.kernels.structure_given import Given
    from tidemark.kernels.structure_phases import Phases
    from tidemark.kernels.structure_ranges import Ranges
    from tidemark.kernels.structure_row import Row
    from tidemark.kernels.structure_springs import Springs
    from tidemark.kernels.structure_turns import Turns

# The numbers that those need who call this, and read what it gives.
__all__ = [
    "BACKUP", "BEGINS", "CLIMAX", "ENDS", "END_DISPLACED", "END_FAILED", "END_LEFT", "END_SHAPELESS", "END_TOO_LONG",
    "EVENT", "KINDS", "LAST_POINT", "MOST_EVENTS", "MOST_RANGES", "MOST_RULES", "MOST_VALUES", "ODDS", "PARAMETERS",
    "PHASES", "PHASE_CHANGE", "PRELIMINARY", "REACTION", "REVISED", "RULE", "SECONDARY_TEST", "SEEN", "SHAKEOUT",
    "SIGN", "SPRING", "STANDING", "TEST", "VALUES", "WIDTH", "Structures",
]  # fmt: skip

# What is told of a live range.
STANDING = (
    "id", "origin", "begin", "lower", "upper", "bars", "inside", "volume_sum", "volume_time", "touches_lower",
    "touches_upper", "alternations", "phase", "phase_from", "broken", "break_at", "has_sign", "pullbacks",
    "pullback_at", "tests", "atr", "a", "b", "c", "d", "e",
)  # fmt: skip


def _begin_of(told: tuple) -> float:
    begin: float = told[2]
    return begin


@cython.cclass
class Structures:
    """The structure of all series over arrays that others own, and the numbers by which it is read.

    kept: float32 (series, WIDTH), zeroed before the first bar, so that bars are counted to 16 million. parameters:
    (len(PARAMETERS),). rules: (KINDS, MOST_RULES, RULE), counts (KINDS,), odds (KINDS, ODDS): an event is given when
    all its required rules hold and its log-odds are not below the least. likely: (PHASES + SEEN, PHASES): how likely
    each phase is followed by each within a bar, and below it how likely a range is seen so in each phase; all 0 where
    nothing was measured. events: int64 (n, EVENT) and values float64 (n, VALUES) receive what is given; n is at least
    MOST_EVENTS.
    """

    kept: cython.float[:, ::1]
    row: Row
    given: Given
    turns: Turns
    climaxes: Climaxes
    ranges: Ranges
    bounds: Bounds
    phases: Phases

    def __init__(
        self, kept: cython.float[:, ::1], parameters: cython.double[::1], rules: cython.double[:, :, ::1],
        counts: cython.int[::1], odds: cython.double[:, ::1], likely: cython.double[:, ::1],
        events: cython.longlong[:, ::1], values: cython.double[:, ::1],
    ) -> None:  # fmt: skip
        self.kept = kept
        self.row = Row(kept, parameters)
        self.given = Given(self.row, rules, counts, odds, events, values)
        self.turns = Turns(self.row)
        self.ranges = Ranges(self.row, self.given, self.turns)
        self.climaxes = Climaxes(self.row, self.given, self.turns, self.ranges)
        springs: Springs = Springs(self.row, self.given, self.turns, self.ranges)
        breaks: Breaks = Breaks(self.row, self.given, self.turns, self.ranges, springs)
        self.bounds = Bounds(self.row, self.given, self.turns, self.ranges, springs, breaks)
        self.phases = Phases(self.row, likely)

    def take(
        self, rows: cython.int[::1], high: cython.double[::1], low: cython.double[::1], close: cython.double[::1],
        features: cython.double[:, ::1], begin: cython.Py_ssize_t, seen: cython.int[:, ::1],
        pull: cython.double[::1], bars: cython.int[::1],
    ) -> tuple:  # fmt: skip
        """Take entries from *begin* on, until there is no room for what one bar may give.

        Entry i is the next closed bar of the series rows[i]; prices in logarithms, which float32 holds, since ties
        count; features as of kernels.bar_features.
        seen (n, 4) gets the newest range of each bar, as known at its close: its id (0 none), phase (1 to 5), how it
        was seen, and its direction; pull (n,) in [-1, 1] what the events of the last bars speak for;
        bars (n,) how many the series had. Gives how many entries were taken to, and how many events were given.
        """
        i: cython.Py_ssize_t
        row: Row = self.row
        self.given.count = 0
        for i in range(begin, rows.shape[0]):
            if self.given.count + c.MOST_EVENTS > self.given.events.shape[0]:
                return i, self.given.count
            row.load(rows[i])
            row.entry = i
            row.high = high[i]
            row.low = low[i]
            row.close = close[i]
            row.volume = features[i, 0]
            row.spread = features[i, 2]
            row.atr = features[i, 4]
            self.bar()
            row.store()
            pull[i] = row.state[c.PULL]
            bars[i] = cython.cast(cython.int, row.state[c.COUNT])
            self.see(seen[i])
        return rows.shape[0], self.given.count

    @cython.cfunc
    @cython.exceptval(check=False)
    def bar(self) -> cython.void:
        """Take the bar at hand into the series at hand."""
        k: cython.int
        base: cython.int
        row: Row = self.row
        row.n = row.state[c.COUNT]
        row.state[c.PULL] *= row.p[c.PULL_KEPT]
        row.turned = self.turns.move(c.COARSE, row.p[c.TURN_ATR] * row.atr) if row.atr > 0 else 0
        row.nodded = self.turns.move(c.FINE, row.p[c.FINE_TURN_ATR] * row.atr) if row.atr > 0 else 0
        if row.n >= 2 * c.BLOCK_BARS and row.atr > 0:
            self.climaxes.look(1)
            self.climaxes.look(-1)
            for k in range(c.MOST_RANGES):
                base = c.RANGES + k * c.RANGE
                if row.state[base + c.ID] > 0:
                    self.bounds.take(base)
                if row.state[base + c.ID] > 0:
                    self.phases.weigh(base)
            if row.turned != 0:
                self.ranges.compress()
        self.climaxes.remember()
        row.state[c.COUNT] = row.n + 1
        row.state[c.LAST_VOLUME] = row.volume

    @cython.cfunc
    @cython.exceptval(check=False)
    def see(self, seen: cython.int[::1]) -> cython.void:
        """Write of the newest range, one that a climax began before others, what is known of it at this close."""
        k: cython.int
        state: cython.double[::1] = self.row.state
        best: cython.double = -1.0
        for k in range(4):
            seen[k] = 0
        for k in range(c.MOST_RANGES):
            base: cython.int = c.RANGES + k * c.RANGE
            if state[base + c.ID] > 0:
                rank: cython.double = state[base + c.BEGIN]
                if state[base + c.ORIGIN] != 0:
                    rank += 1e12
                if rank > best:
                    best = rank
                    seen[0] = cython.cast(cython.int, state[base + c.ID])
                    seen[1] = self.phases.likeliest(base)
                    seen[2] = cython.cast(cython.int, state[base + c.SEEN_AS])
                    seen[3] = cython.cast(cython.int, state[base + c.BROKEN])
        if best < 0 and (self.climaxes.is_likely(c.CANDIDATES) or self.climaxes.is_likely(c.CANDIDATES + c.CANDIDATE)):
            seen[1] = 1

    def standing(self, slot: cython.int) -> tuple:
        """How many bars the series had, and its live ranges, the newest last, as tuples in the order of STANDING.

        Bars are counted from the first of the series; prices are logarithms; likelihoods 0 where none were measured.
        """
        k: cython.int
        found: list = []
        self.row.load(slot)
        for k in range(c.MOST_RANGES):
            base: cython.int = c.RANGES + k * c.RANGE
            if self.row.state[base + c.ID] == 0:
                continue
            columns: tuple = (
                c.ID, c.ORIGIN, c.BEGIN, c.LOWER, c.UPPER, c.SUMMED, c.INSIDE, c.VOLUME_SUM, c.VOLUME_TIME, c.TOUCHES,
                c.TOUCHES + 1, c.ALTERNATIONS, c.PHASE, c.PHASE_FROM, c.BROKEN, c.BREAK_AT, c.HAS_SIGN, c.PULLBACKS,
                c.PULLBACK_AT, c.TESTS, c.ATR_BEGIN, c.LIKELY, c.LIKELY + 1, c.LIKELY + 2, c.LIKELY + 3,
                c.LIKELY + 4,
            )  # fmt: skip
            told: list = [self.row.state[base + one] for one in columns]
            told[12] = float(self.phases.likeliest(base))
            found.append(tuple(told))
        found.sort(key=_begin_of)
        return int(self.row.state[c.COUNT]), found

    def count(self, slot: cython.int) -> int:
        """How many bars the series had."""
        return int(self.kept[slot, c.COUNT])

    def summary(self, out: cython.int[:, ::1]) -> None:
        """Fill out (series, 2): bars that each series had, and how many live ranges it has."""
        k: cython.int
        r: cython.int
        for r in range(out.shape[0]):
            out[r, 0] = cython.cast(cython.int, self.kept[r, c.COUNT])
            out[r, 1] = 0
            for k in range(c.MOST_RANGES):
                if self.kept[r, c.RANGES + k * c.RANGE + c.ID] > 0:
                    out[r, 1] += 1

    def candidates(self, slot: cython.int) -> list:
        """Climaxes that wait for their range.

        Direction, stage (1, or 2 with its reaction), bar, low, high so far, the low before later bars went lower, the
        newest of those (-1 without), and the bar of a climax whose place it took (-1 without).
        """
        found: list = []
        self.row.load(slot)
        for side in (1, -1):
            base: cython.int = c.CANDIDATES + (0 if side > 0 else c.CANDIDATE)
            if self.row.state[base + c.STAGE] > 0:
                found.append((
                    side, int(self.row.state[base + c.STAGE]), int(self.row.state[base + c.AT]),
                    self.row.state[base + c.LOW] * side, self.row.state[base + c.REACTION_HIGH] * side,
                    self.row.state[base + c.FIRST_LOW] * side, int(self.row.state[base + c.LOWERED_AT]),
                    int(self.row.state[base + c.REPLACED_AT]),
                ))  # fmt: skip
        return found
