# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Trading ranges of a series: they begin, go through phases, give way to each other, and end."""

import cython

if cython.compiled:
    from cython.cimports.tidemark.kernels import structure_columns as c
    from cython.cimports.tidemark.kernels.structure_given import Given
    from cython.cimports.tidemark.kernels.structure_row import Row
    from cython.cimports.tidemark.kernels.structure_turns import Turns
else:
    from tidemark.kernels import structure_columns as c
    from tidemark.kernels.structure_given import Given
    from tidemark.kernels.structure_row import Row
    from tidemark.kernels.structure_turns import Turns

INF = cython.declare(cython.double, 1e300)


@cython.cclass
class Ranges:
    """The ranges of the series at hand, at most MOST_RANGES, each at its first column."""

    def __init__(self, row: Row, given: Given, turns: Turns) -> None:
        self.row = row
        self.given = given
        self.turns = turns

    @cython.cfunc
    @cython.exceptval(check=False)
    def is_held(self, side: cython.int, low: cython.double) -> cython.bint:
        """Whether a range that was born of a climax, and that nothing has broken, holds this low, or nearly."""
        state: cython.double[::1] = self.row.state
        k: cython.int
        for k in range(c.MOST_RANGES):
            base: cython.int = c.RANGES + k * c.RANGE
            if state[base + c.ID] == 0 or state[base + c.BROKEN] != 0 or state[base + c.ORIGIN] == 0:
                continue
            lower: cython.double = state[base + c.LOWER]
            upper: cython.double = state[base + c.UPPER]
            if low * side > lower - 0.5 * (upper - lower) and low * side < upper + 0.5 * (upper - lower):
                return True
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def is_any(self) -> cython.bint:
        """Whether there is a live range."""
        k: cython.int
        for k in range(c.MOST_RANGES):
            if self.row.state[c.RANGES + k * c.RANGE + c.ID] > 0:
                return True
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def room(self, lower: cython.double, upper: cython.double, is_born: cython.bint) -> cython.int:
        """The first column of a free range; where another holds these prices, one of the two gives way.

        What was born of a climax (*is_born*) displaces what was not; else what is there stays, and -1 is given.
        """
        state: cython.double[::1] = self.row.state
        k: cython.int
        base: cython.int
        free: cython.int = -1
        for k in range(c.MOST_RANGES):
            base = c.RANGES + k * c.RANGE
            if state[base + c.ID] == 0:
                free = base
                continue
            if state[base + c.BROKEN] != 0:
                continue
            first: cython.double = state[base + c.LOWER]
            last: cython.double = state[base + c.UPPER]
            shared: cython.double = (upper if upper < last else last) - (lower if lower > first else first)
            least: cython.double = upper - lower if upper - lower < last - first else last - first
            if shared > 0.5 * least:
                if not is_born or state[base + c.ORIGIN] != 0:
                    return -1
                self.end(base, c.END_DISPLACED)
                free = base
        if free >= 0:
            return free
        # All are taken: the one that was left first goes, else the oldest.
        oldest: cython.double = INF
        for k in range(c.MOST_RANGES):
            base = c.RANGES + k * c.RANGE
            rank: cython.double = state[base + c.BEGIN]
            if state[base + c.BROKEN] != 0:
                rank -= 1e12
            if rank < oldest:
                oldest = rank
                free = base
        self.end(free, c.END_DISPLACED)
        return free

    @cython.cfunc
    @cython.exceptval(check=False)
    def open(self, base: cython.int, origin: cython.double, begin: cython.double, lower: cython.double,
              upper: cython.double) -> cython.void:  # fmt: skip
        """Begin a range in the columns from *base* on."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        k: cython.int
        for k in range(c.RANGE):
            state[base + k] = 0
        state[c.RANGES_MADE] += 1
        state[base + c.ID] = state[c.RANGES_MADE]
        state[base + c.ORIGIN] = origin
        state[base + c.BEGIN] = begin
        state[base + c.LOWER] = lower
        state[base + c.UPPER] = upper
        state[base + c.ATR_BEGIN] = row.atr
        # It is known from its first test on.
        state[base + c.LIKELY + 1] = 1.0
        for k in range(2):
            state[base + c.SIDES + k * c.SIDE + c.SPRING_AT] = -1
            state[base + c.SIDES + k * c.SIDE + c.LOW_AT] = -1
        self.given.facts(0.0, lower, upper, origin, 0.0, 0.0, 0.0, 0.0, 0.0)
        self.given.give(base, c.BEGINS, cython.cast(cython.int, origin), begin, 0)

    @cython.cfunc
    @cython.exceptval(check=False)
    def go(
        self, base: cython.int, phase: cython.double, since: cython.double, why: cython.int, direction: cython.int
    ) -> cython.void:
        """Let the range go into a phase that began at bar *since*; direction: that of what made it go."""
        state: cython.double[::1] = self.row.state
        if state[base + c.PHASE] == phase:
            return
        before: cython.double = state[base + c.PHASE]
        state[base + c.PHASE] = phase
        state[base + c.PHASE_FROM] = since
        self.given.facts(0.0, before, phase, why, 0.0, 0.0, 0.0, 0.0, 0.0)
        self.given.give(base, c.PHASE_CHANGE, direction, since, 0)

    @cython.cfunc
    @cython.exceptval(check=False)
    def end(self, base: cython.int, why: cython.int) -> cython.void:
        row: Row = self.row
        state: cython.double[::1] = row.state
        self.given.facts(
            0.0, why, state[base + c.LOWER], state[base + c.UPPER], state[base + c.SUMMED], state[base + c.INSIDE],
            state[base + c.TOUCHES], state[base + c.TOUCHES + 1], state[base + c.BEGIN],
        )  # fmt: skip
        self.given.give(base, c.ENDS, cython.cast(cython.int, state[base + c.BROKEN]), row.n, 0)
        state[base + c.ID] = 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def compress(self) -> cython.void:
        """Begin a range without a climax where five pivots in a row lie on two levels."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        if state[c.COARSE + c.TURNS] < 5 or row.p[c.COMPRESSION_BARS] <= 0:
            return
        k: cython.int
        highest: cython.double = -INF
        lowest_high: cython.double = INF
        lowest: cython.double = INF
        highest_low: cython.double = -INF
        for k in range(5):
            price: cython.double = state[self.turns.pivot(c.COARSE, k)]
            if (k % 2 == 0) == (row.turned > 0):
                highest = price if price > highest else highest
                lowest_high = price if price < lowest_high else lowest_high
            else:
                lowest = price if price < lowest else lowest
                highest_low = price if price > highest_low else highest_low
        lower: cython.double = 0.5 * (lowest + highest_low)
        upper: cython.double = 0.5 * (highest + lowest_high)
        width: cython.double = upper - lower
        if width < row.p[c.NARROWEST] * row.atr or width > row.p[c.WIDEST] * row.atr:
            return
        if highest - lowest_high > row.p[c.COMPRESSION_SPREAD] * width:
            return
        if highest_low - lowest > row.p[c.COMPRESSION_SPREAD] * width:
            return
        begin: cython.double = state[self.turns.pivot(c.COARSE, 4) + 1]
        if row.n - begin < row.p[c.COMPRESSION_BARS]:
            return
        base: cython.int = self.room(lower, upper, False)
        if base < 0:
            return
        self.open(base, 0, begin, lower, upper)
        state[base + c.TOUCHES] = 2 if row.turned > 0 else 3
        state[base + c.TOUCHES + 1] = 3 if row.turned > 0 else 2
        state[base + c.LAST_TOUCH] = -row.turned
        state[base + c.ALTERNATIONS] = 4
        self.go(base, 2, begin, c.WHY_SWUNG, 0)
