# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Thrusts through a bound that came back, a shakeout or a spring, and the test of a spring."""

import cython

if cython.compiled:
    from cython.cimports.tidemark.kernels import structure_columns as c
    from cython.cimports.tidemark.kernels.structure_given import Given
    from cython.cimports.tidemark.kernels.structure_ranges import Ranges
    from cython.cimports.tidemark.kernels.structure_row import Row
    from cython.cimports.tidemark.kernels.structure_turns import Turns
else:
    from tidemark.kernels import structure_columns as c
    from tidemark.kernels.structure_given import Given
    from tidemark.kernels.structure_ranges import Ranges
    from tidemark.kernels.structure_row import Row
    from tidemark.kernels.structure_turns import Turns

INF = cython.declare(cython.double, 1e300)


@cython.cclass
class Springs:
    """What becomes of prices that were beyond a bound of a range of the series at hand."""

    def __init__(self, row: Row, given: Given, turns: Turns, ranges: Ranges) -> None:
        self.row = row
        self.given = given
        self.turns = turns
        self.ranges = ranges

    @cython.cfunc
    @cython.exceptval(check=False)
    def thrust(
        self, base: cython.int, own: cython.int, side: cython.int, bound: cython.double, width: cython.double,
        age: cython.double,
    ) -> cython.void:  # fmt: skip
        """The price was beyond the bound and came back: a shakeout while the cause is being built, or a spring."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        kind: cython.int = c.SPRING
        built: cython.double = state[own + c.BEYOND_LOW_AT] - state[base + c.BEGIN]
        if (
            state[own + c.BEYOND_VOLUME] >= row.p[c.SHAKEOUT_VOLUME]
            and state[own + c.BEYOND_SPREAD] >= row.p[c.SHAKEOUT_SPREAD]
            and age <= 2
        ) or built < row.p[c.CAUSE_BARS]:
            kind = c.SHAKEOUT
        low: cython.double = state[own + c.BEYOND_LOW]
        self.given.facts(
            low * side, (bound - low) / width, state[own + c.BEYOND_OWN], state[own + c.BEYOND_SPREAD], age, built,
            bound - low, state[base + c.TESTS], (bound - low) / row.atr, state[own + c.BEYOND_VOLUME],
            ((row.close if side > 0 else -row.close) - bound) / width, 1.0 if state[base + c.ORIGIN] != 0 else 0.0,
            state[base + c.ALTERNATIONS],
        )  # fmt: skip
        if self.given.odds[c.SHAKEOUT, 0] > -INF and self.given.odds[c.SPRING, 0] > -INF:
            # Where it was measured what each of them looks like, it is what it looks more like.
            self.given.holds(c.SHAKEOUT)
            likely: cython.double = self.given.values[self.given.count, c.LOG_ODDS]
            self.given.holds(c.SPRING)
            kind = c.SHAKEOUT if likely > self.given.values[self.given.count, c.LOG_ODDS] else c.SPRING
        if not self.given.holds(kind):
            return
        since: cython.double = state[own + c.BEYOND_AT]
        if state[c.COARSE + c.LEG] == -side and state[c.COARSE + c.TURNS] > 0:
            # It began with the leg that led there.
            since = state[self.turns.pivot(c.COARSE, 0) + c.P_AT] + 1
        if kind == c.SPRING:
            if state[own + c.SPRING_AT] >= 0:
                if low >= state[own + c.SPRING_LOW]:
                    # Higher than the spring before it: that one's test, if anything.
                    return
                if state[own + c.IS_TESTED] == 0 and row.n - state[own + c.SPRING_AT] <= row.p[c.TEST_UNTIL]:
                    # It goes on, deeper: the same spring.
                    self.given.facts(
                        low * side, c.SPRING, state[own + c.SPRING_AT], state[own + c.SPRING_LOW] * side,
                        (bound - low) / width, state[own + c.BEYOND_OWN], 0.0, 0.0, 0.0,
                    )  # fmt: skip
                    self.given.give(base, c.REVISED, side, state[own + c.BEYOND_LOW_AT], 0)
                    state[own + c.SPRING_LOW] = low
                    state[own + c.SPRING_VOLUME] = state[own + c.BEYOND_OWN]
                    return
            state[own + c.SPRING_AT] = state[own + c.BEYOND_LOW_AT]
            state[own + c.SPRING_LOW] = low
            state[own + c.SPRING_VOLUME] = state[own + c.BEYOND_OWN]
            state[own + c.IS_TESTED] = 0
        self.given.give(base, kind, side, state[own + c.BEYOND_LOW_AT], 0)
        if kind == c.SPRING:
            self.ranges.go(base, 3, since, c.WHY_SPRUNG, side)

    @cython.cfunc
    @cython.exceptval(check=False)
    def dip(self, base: cython.int, side: cython.int) -> cython.void:
        """A small pivot that is a low, as *side* sees it, was confirmed: the test of a spring, if there was one."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        own: cython.int = base + c.SIDES + (0 if side > 0 else c.SIDE)
        if state[own + c.SPRING_AT] < 0 or state[own + c.IS_TESTED] != 0:
            return
        bound: cython.double = state[base + c.LOWER] if side > 0 else -state[base + c.UPPER]
        width: cython.double = state[base + c.UPPER] - state[base + c.LOWER]
        column: cython.int = self.turns.pivot(c.FINE, 0)
        at: cython.double = state[column + c.P_AT]
        price: cython.double = state[column] * side
        after: cython.double = at - state[own + c.SPRING_AT]
        if after < row.p[c.TEST_FROM] or after > row.p[c.TEST_UNTIL]:
            return
        if state[base + c.BROKEN] != 0 and at >= state[base + c.BREAK_AT]:
            return
        if price == state[own + c.SPRING_LOW]:
            # The low to which it went deeper, which is no test of itself.
            return
        self.given.facts(
            price * side, (price - state[own + c.SPRING_LOW]) / width,
            state[column + c.P_OWN] / state[own + c.SPRING_VOLUME], after, (price - bound) / width,
            state[column + c.P_OWN], state[column + c.P_MEAN], 0.0, 0.0,
        )  # fmt: skip
        if self.given.holds(c.TEST):
            state[own + c.IS_TESTED] = 1
            self.given.give(base, c.TEST, side, at, 0)
            if state[base + c.PHASE] == 3:
                self.ranges.go(base, 4, at + 1, c.WHY_SPRING_TESTED, side)
