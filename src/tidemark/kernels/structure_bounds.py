# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What a bar does at the bounds of a range that holds: touches, tests, thrusts, and the break."""

import cython

if cython.compiled:
    from cython.cimports.tidemark.kernels import structure_columns as c
    from cython.cimports.tidemark.kernels.structure_breaks import Breaks
    from cython.cimports.tidemark.kernels.structure_given import Given
    from cython.cimports.tidemark.kernels.structure_ranges import Ranges
    from cython.cimports.tidemark.kernels.structure_row import Row
    from cython.cimports.tidemark.kernels.structure_springs import Springs
    from cython.cimports.tidemark.kernels.structure_turns import Turns
else:
    from tidemark.kernels import structure_columns as c
    from tidemark.kernels.structure_breaks import Breaks
    from tidemark.kernels.structure_given import Given
    from tidemark.kernels.structure_ranges import Ranges
    from tidemark.kernels.structure_row import Row
    from tidemark.kernels.structure_springs import Springs
    from tidemark.kernels.structure_turns import Turns


@cython.cclass
class Bounds:
    """The live ranges of the series at hand, a bar after the other."""

    def __init__(self, row: Row, given: Given, turns: Turns, ranges: Ranges, springs: Springs, breaks: Breaks) -> None:
        self.row = row
        self.given = given
        self.turns = turns
        self.ranges = ranges
        self.springs = springs
        self.breaks = breaks

    @cython.cfunc
    @cython.exceptval(check=False)
    def take(self, base: cython.int) -> cython.void:
        """Take the bar into a range."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        if state[base + c.BROKEN] != 0:
            self.breaks.follow(base, cython.cast(cython.int, state[base + c.BROKEN]))
            return
        lower: cython.double = state[base + c.LOWER]
        upper: cython.double = state[base + c.UPPER]
        state[base + c.SUMMED] += 1
        state[base + c.VOLUME_SUM] += row.volume
        state[base + c.VOLUME_TIME] += row.volume * state[base + c.SUMMED]
        if lower <= row.close <= upper:
            state[base + c.INSIDE] += 1
        if row.nodded != 0:
            self.springs.dip(base, -row.nodded)
        if row.turned != 0:
            self.turn(base, -row.turned)
        # Both sides before either breaks: which of them comes first must make no difference.
        goes: cython.int = self.side(base, 1) - self.side(base, -1)
        if goes != 0:
            self.breaks.leave(base, -goes)
            return
        if row.n - state[base + c.BEGIN] > row.p[c.LONGEST]:
            self.ranges.end(base, c.END_TOO_LONG)
        elif state[base + c.SUMMED] >= 20 and state[base + c.INSIDE] < row.p[c.CONTAINED] * state[base + c.SUMMED]:
            self.ranges.end(base, c.END_SHAPELESS)

    @cython.cfunc
    @cython.exceptval(check=False)
    def side(self, base: cython.int, side: cython.int) -> cython.int:
        """What the bar does at the bound that lies below, as *side* sees it; 1 where the price has left for good."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        own: cython.int = base + c.SIDES + (0 if side > 0 else c.SIDE)
        low: cython.double = row.low if side > 0 else -row.high
        close: cython.double = row.close if side > 0 else -row.close
        bound: cython.double = state[base + c.LOWER] if side > 0 else -state[base + c.UPPER]
        width: cython.double = state[base + c.UPPER] - state[base + c.LOWER]
        age: cython.double
        if state[own + c.IS_BEYOND] == 0 and low < bound - row.p[c.BEYOND] * width:
            state[own + c.IS_BEYOND] = 1
            state[own + c.BEYOND_AT] = row.n
            state[own + c.BEYOND_LOW] = low
            state[own + c.BEYOND_LOW_AT] = row.n
            state[own + c.BEYOND_OWN] = row.volume
            state[own + c.BEYOND_VOLUME] = 0
            state[own + c.BEYOND_SPREAD] = 0
            state[own + c.BEYOND_CLOSES] = 0
            state[own + c.STRONG] = 0
        if state[own + c.IS_BEYOND] != 0:
            if low < state[own + c.BEYOND_LOW]:
                state[own + c.BEYOND_LOW] = low
                state[own + c.BEYOND_LOW_AT] = row.n
                state[own + c.BEYOND_OWN] = row.volume
            if row.volume > state[own + c.BEYOND_VOLUME]:
                state[own + c.BEYOND_VOLUME] = row.volume
            if row.spread > state[own + c.BEYOND_SPREAD]:
                state[own + c.BEYOND_SPREAD] = row.spread
            age = row.n - state[own + c.BEYOND_AT]
            depth: cython.double = (bound - close) / width
            if close < bound:
                state[own + c.BEYOND_CLOSES] += 1
                if depth >= row.p[c.BEYOND] and row.volume * row.spread > state[own + c.STRONG]:
                    state[own + c.STRONG] = row.volume * row.spread
                    state[own + c.STRONG_AT] = row.n
                    state[own + c.STRONG_VOLUME] = row.volume
                    state[own + c.STRONG_SPREAD] = row.spread
                    state[own + c.STRONG_CLOSE] = depth
                if state[own + c.BEYOND_CLOSES] >= row.p[c.HOLD_BARS] or (
                    state[own + c.BEYOND_CLOSES] >= 2 and depth >= row.p[c.HOLD_DEPTH]
                ):
                    return 1
            else:
                state[own + c.IS_BEYOND] = 0
                if age <= row.p[c.RECOVER_BARS]:
                    self.springs.thrust(base, own, side, bound, width, age)
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def turn(self, base: cython.int, side: cython.int) -> cython.void:
        """A pivot that is a low, as *side* sees it, was confirmed."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        own: cython.int = base + c.SIDES + (0 if side > 0 else c.SIDE)
        bound: cython.double = state[base + c.LOWER] if side > 0 else -state[base + c.UPPER]
        width: cython.double = state[base + c.UPPER] - state[base + c.LOWER]
        column: cython.int = self.turns.pivot(c.COARSE, 0)
        at: cython.double = state[column + c.P_AT]
        price: cython.double = state[column] * side
        height: cython.double = (price - bound) / width
        if at <= state[base + c.BEGIN]:
            return
        state[own + c.LOW_AT] = at
        state[own + c.LOW_PRICE] = price
        state[own + c.LOW_VOLUME] = state[column + c.P_OWN]
        state[own + c.LOW_FROM] = (
            state[self.turns.pivot(c.COARSE, 1) + c.P_AT] + 1 if state[c.COARSE + c.TURNS] > 1 else at
        )
        if state[base + c.PHASE] == 2 and at < state[base + c.PHASE_FROM]:
            # The test with which it began: that one was given and counted.
            return
        k: cython.int = 0 if side > 0 else 1
        if -row.p[c.TOUCH] <= height <= row.p[c.TOUCH]:
            state[base + c.TOUCHES + k] += 1
            if state[base + c.LAST_TOUCH] != side:
                state[base + c.LAST_TOUCH] = side
                state[base + c.ALTERNATIONS] += 1
        if state[own + c.SPRING_AT] >= 0 or state[base + c.ORIGIN] != side or state[base + c.PHASE] != 2:
            return
        self.given.facts(
            price * side, height, state[column + c.P_OWN] / state[base + c.CLIMAX_RATIO],
            at - state[base + c.PHASE_FROM], price - bound, state[column + c.P_OWN],
            width / state[base + c.ATR_BEGIN], 0.0, state[base + c.TESTS], state[column + c.P_MEAN],
        )  # fmt: skip
        if height <= row.p[c.TOUCH] and self.given.holds(c.SECONDARY_TEST):
            state[base + c.TESTS] += 1
            self.given.give(base, c.SECONDARY_TEST, side, at, 0)
