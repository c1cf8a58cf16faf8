# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Ranges that the price has left: with a sign or without, pulled back and held, or failed."""

import cython

if cython.compiled:
    from cython.cimports.tidemark.kernels import structure_columns as c
    from cython.cimports.tidemark.kernels.structure_given import Given
    from cython.cimports.tidemark.kernels.structure_ranges import Ranges
    from cython.cimports.tidemark.kernels.structure_row import Row
    from cython.cimports.tidemark.kernels.structure_springs import Springs
    from cython.cimports.tidemark.kernels.structure_turns import Turns
else:
    from tidemark.kernels import structure_columns as c
    from tidemark.kernels.structure_given import Given
    from tidemark.kernels.structure_ranges import Ranges
    from tidemark.kernels.structure_row import Row
    from tidemark.kernels.structure_springs import Springs
    from tidemark.kernels.structure_turns import Turns


@cython.cclass
class Breaks:
    """What becomes of the ranges of the series at hand that are broken."""

    def __init__(self, row: Row, given: Given, turns: Turns, ranges: Ranges, springs: Springs) -> None:
        self.row = row
        self.given = given
        self.turns = turns
        self.ranges = ranges
        self.springs = springs

    @cython.cfunc
    @cython.exceptval(check=False)
    def leave(self, base: cython.int, direction: cython.int) -> cython.void:
        """The price has left the range in *direction* and stays away: with a sign of strength, or without."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        left: cython.int = base + c.SIDES + (c.SIDE if direction > 0 else 0)
        other: cython.int = base + c.SIDES + (0 if direction > 0 else c.SIDE)
        width: cython.double = state[base + c.UPPER] - state[base + c.LOWER]
        has_spring: cython.bint = state[other + c.SPRING_AT] >= 0
        state[base + c.BROKEN] = direction
        state[base + c.BREAK_AT] = state[left + c.BEYOND_AT]
        state[base + c.PEAK] = row.high if direction > 0 else -row.low
        state[left + c.IS_BEYOND] = 0
        state[other + c.IS_BEYOND] = 0
        at: cython.double = state[left + c.STRONG_AT]
        has_sign: cython.bint = False
        price: cython.double = 0.0
        if state[left + c.STRONG] > 0:
            bound: cython.double = state[base + c.UPPER] if direction > 0 else -state[base + c.LOWER]
            price = bound + state[left + c.STRONG_CLOSE] * width
            self.strong(base, left, direction, price, width, has_spring)
            has_sign = self.given.holds(c.SIGN)
        if has_sign:
            state[base + c.HAS_SIGN] = 1
            state[base + c.BREAK_AT] = at
            state[base + c.SIGN_VOLUME] = state[left + c.STRONG_VOLUME]
            if not has_spring and state[other + c.LOW_AT] >= 0:
                floor: cython.double = state[base + c.LOWER] if direction > 0 else -state[base + c.UPPER]
                low: cython.double = state[other + c.LOW_PRICE]
                self.given.facts(
                    low * direction, (low - floor) / width, state[other + c.LOW_VOLUME], state[other + c.LOW_AT] - at,
                    low - floor, state[other + c.LOW_VOLUME] / state[left + c.STRONG_VOLUME], 0.0,
                    state[left + c.STRONG_CLOSE], width / row.atr, 1.0, 0.0,
                )  # fmt: skip
                if self.given.holds(c.LAST_POINT) and state[other + c.LOW_AT] < at:
                    self.given.give(base, c.LAST_POINT, direction, state[other + c.LOW_AT], 0)
                    self.ranges.go(base, 3, state[other + c.LOW_FROM], c.WHY_HELD_EARLY, direction)
                    self.ranges.go(base, 4, state[other + c.LOW_AT] + 1, c.WHY_EARLY_SIGNED, direction)
            self.strong(base, left, direction, price, width, has_spring)
            self.given.give(base, c.SIGN, direction, at, 0)
        self.ranges.go(base, 4, state[left + c.BEYOND_AT], c.WHY_SIGNED if has_sign else c.WHY_LEFT, direction)

    @cython.cfunc
    @cython.exceptval(check=False)
    def strong(
        self, base: cython.int, left: cython.int, direction: cython.int, price: cython.double, width: cython.double,
        has_spring: cython.bint,
    ) -> cython.void:  # fmt: skip
        """Write the facts of a sign of strength."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        self.given.facts(
            price * direction, state[left + c.STRONG_CLOSE], state[left + c.STRONG_VOLUME],
            state[left + c.STRONG_SPREAD], state[left + c.BEYOND_CLOSES], row.n - state[base + c.BEGIN],
            state[left + c.STRONG_CLOSE] * width, 1.0 if has_spring else 0.0, width / row.atr,
            state[base + c.CLIMAX_RATIO], state[base + c.INSIDE] / state[base + c.SUMMED],
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def follow(self, base: cython.int, direction: cython.int) -> cython.void:
        """Take the bar into a range that the price has left."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        high: cython.double = row.high if direction > 0 else -row.low
        close: cython.double = row.close if direction > 0 else -row.close
        bound: cython.double = state[base + c.UPPER] if direction > 0 else -state[base + c.LOWER]
        width: cython.double = state[base + c.UPPER] - state[base + c.LOWER]
        depth: cython.double = (close - bound) / width
        since: cython.double = row.n - state[base + c.BREAK_AT]
        if depth < -row.p[c.FAIL_DEPTH]:
            if state[base + c.PHASE] < 5 and state[base + c.PULLBACKS] == 0 and since <= row.p[c.PULLBACK_BARS]:
                # It did not hold: back to where it was tested, and the sign is taken back.
                why: cython.int = c.WHY_BREAK_FAILED
                if state[base + c.HAS_SIGN] != 0:
                    why = c.WHY_SIGN_FAILED
                    self.given.facts(bound * direction, depth, since, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
                    self.given.give(base, c.SIGN, direction, state[base + c.BREAK_AT], 1)
                state[base + c.BROKEN] = 0
                state[base + c.HAS_SIGN] = 0
                self.ranges.go(base, 3, row.n, why, direction)
            else:
                self.ranges.end(base, c.END_FAILED)
            return
        if row.nodded == -direction:
            # The test of a spring may turn out to be one when the price has already left.
            self.springs.dip(base, direction)
        if row.nodded == -direction and state[base + c.PULLBACKS] < 2 and state[base + c.HAS_SIGN] != 0:
            column: cython.int = self.turns.pivot(c.FINE, 0)
            at: cython.double = state[column + c.P_AT]
            price: cython.double = state[column] * direction
            height: cython.double = (price - bound) / width
            after: cython.double = at - state[base + c.BREAK_AT]
            if at > state[base + c.BREAK_AT] and after <= row.p[c.PULLBACK_BARS] and height >= row.p[c.PULLBACK_LOW]:
                kind: cython.int = c.LAST_POINT if state[base + c.PULLBACKS] == 0 else c.BACKUP
                self.given.facts(
                    price * direction, height, state[column + c.P_OWN], after, price - bound,
                    state[column + c.P_OWN] / state[base + c.SIGN_VOLUME], state[column + c.P_MEAN],
                    (state[base + c.PEAK] - bound) / width, (state[base + c.PEAK] - price) / row.atr, 0.0, 1.0,
                )  # fmt: skip
                if self.given.holds(kind):
                    state[base + c.PULLBACKS] += 1
                    state[base + c.PULLBACK_AT] = at
                    self.given.give(base, kind, direction, at, 0)
        if state[base + c.PHASE] < 5 and (
            (state[base + c.PULLBACKS] > 0 and close > state[base + c.PEAK]) or depth >= row.p[c.LEAVE_WIDTHS]
        ):
            state[base + c.LEFT_AT] = row.n
            if state[base + c.PULLBACKS] > 0:
                self.ranges.go(base, 5, state[base + c.PULLBACK_AT] + 1, c.WHY_PULLED_BACK, direction)
            else:
                self.ranges.go(base, 5, row.n, c.WHY_FAR, direction)
        if high > state[base + c.PEAK]:
            state[base + c.PEAK] = high
        if state[base + c.PHASE] == 5 and row.n - state[base + c.LEFT_AT] >= row.p[c.LEAVE_BARS]:
            self.ranges.end(base, c.END_LEFT)
        elif since > 3.0 * row.p[c.PULLBACK_BARS] and state[base + c.PHASE] < 5:
            self.ranges.end(base, c.END_LEFT)
