# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Climaxes that end a trend, one a side, until their reaction and their test make a range of them."""

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
class Climaxes:
    """The candidates of the series at hand, and the extremes of its newest bars by which a trend is told."""

    def __init__(self, row: Row, given: Given, turns: Turns, ranges: Ranges) -> None:
        self.row = row
        self.given = given
        self.turns = turns
        self.ranges = ranges

    @cython.cfunc
    @cython.exceptval(check=False)
    def remember(self) -> cython.void:
        """Take the bar into the extremes by blocks."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        number: cython.longlong = cython.cast(cython.longlong, row.n) // c.BLOCK_BARS
        column: cython.int = c.EXTREMES + cython.cast(cython.int, number % c.BLOCKS)
        if row.n == 0 or number != cython.cast(cython.longlong, state[c.BLOCK]):
            state[c.BLOCK] = number
            state[column] = row.high
            state[column + c.BLOCKS] = row.low
            return
        if row.high > state[column]:
            state[column] = row.high
        if row.low < state[column + c.BLOCKS]:
            state[column + c.BLOCKS] = row.low

    @cython.cfunc
    @cython.exceptval(check=False)
    def lowest(self, side: cython.int, bars: cython.double) -> cython.double:
        """The lowest low of about *bars* bars before this one, as *side* sees it."""
        state: cython.double[::1] = self.row.state
        newest: cython.longlong = cython.cast(cython.longlong, state[c.BLOCK])
        count: cython.longlong = cython.cast(cython.longlong, bars) // c.BLOCK_BARS
        k: cython.longlong
        found: cython.double = INF
        one: cython.double
        count = c.BLOCKS if count > c.BLOCKS else count
        for k in range(count):
            if newest - k < 0:
                break
            column: cython.int = c.EXTREMES + cython.cast(cython.int, (newest - k) % c.BLOCKS)
            one = state[column + c.BLOCKS] if side > 0 else -state[column]
            if one < found:
                found = one
        return found

    @cython.cfunc
    @cython.exceptval(check=False)
    def is_likely(self, base: cython.int) -> cython.bint:
        """Whether a climax waits for its test that is so clear that phase A may be read before it comes."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        return (
            state[base + c.STAGE] > 0
            and state[base + c.VOLUME] >= row.p[c.LIKELY_VOLUME]
            and state[base + c.SPREAD] >= row.p[c.LIKELY_SPREAD]
        )

    @cython.cfunc
    @cython.exceptval(check=False)
    def look(self, side: cython.int) -> cython.void:
        """Look for a climax below, as *side* sees it, its reaction, and the test that makes it a range."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        base: cython.int = c.CANDIDATES + (0 if side > 0 else c.CANDIDATE)
        low: cython.double = row.low if side > 0 else -row.high
        high: cython.double = row.high if side > 0 else -row.low
        close: cython.double = row.close if side > 0 else -row.close
        if state[base + c.STAGE] > 0 and row.n - state[base + c.AT] > row.p[c.TEST_BARS]:
            state[base + c.STAGE] = 0
        lowest: cython.double = self.lowest(side, row.p[c.TREND_BARS])
        if row.volume >= row.p[c.CLIMAX_VOLUME] and row.spread >= row.p[c.CLIMAX_SPREAD] and low < lowest:
            trend: cython.double = (-self.lowest(-side, c.BLOCKS * c.BLOCK_BARS) - low) / row.atr
            if trend >= row.p[c.TREND_ATR] and not self.ranges.is_held(side, low):
                # A second climax, lower, takes the place of the first unless it is much the smaller.
                is_lesser: cython.bint = (
                    state[base + c.STAGE] == 1
                    and row.volume * row.spread < 0.4 * state[base + c.VOLUME] * state[base + c.SPREAD]
                )
                if not is_lesser:
                    state[base + c.REPLACED_AT] = state[base + c.AT] if state[base + c.STAGE] > 0 else -1.0
                    state[base + c.FIRST_LOW] = low
                    state[base + c.LOWERED_AT] = -1
                    state[base + c.STAGE] = 1
                    state[base + c.AT] = row.n
                    state[base + c.LOW] = low
                    state[base + c.VOLUME] = row.volume
                    state[base + c.SPREAD] = row.spread
                    state[base + c.POSITION] = (close - low) / (high - low) if high > low else 0.5
                    state[base + c.TREND] = trend
                    state[base + c.ATR_THEN] = row.atr
                    self.preliminary(side, base)
                    return
        if state[base + c.STAGE] == 0:
            return
        width: cython.double = state[base + c.REACTION_HIGH] - state[base + c.LOW]
        if low < state[base + c.LOW]:
            if state[base + c.STAGE] == 1:
                if state[base + c.LOW] - low > row.p[c.UNDERCUT] * 4.0 * state[base + c.ATR_THEN]:
                    state[base + c.STAGE] = 0
                    return
                state[base + c.LOW] = low
                state[base + c.LOWERED_AT] = row.n
            elif state[base + c.LOW] - low > row.p[c.UNDERCUT] * width:
                state[base + c.STAGE] = 0
                return
        column: cython.int
        price: cython.double
        if state[base + c.STAGE] == 1:
            if row.turned == side:
                column = self.turns.pivot(c.COARSE, 0)
                price = state[column] if side > 0 else -state[column]
                if (
                    state[column + 1] > state[base + c.AT]
                    and price - state[base + c.LOW] >= row.p[c.REACTION_ATR] * state[base + c.ATR_THEN]
                ):
                    if state[column + 1] - state[base + c.AT] > row.p[c.REACTION_BARS]:
                        state[base + c.STAGE] = 0
                        return
                    state[base + c.STAGE] = 2
                    state[base + c.REACTION_AT] = state[column + 1]
                    state[base + c.REACTION_HIGH] = price
                    state[base + c.REACTION_VOLUME] = state[column + c.P_MEAN]
            return
        if high > state[base + c.REACTION_HIGH]:
            if (
                row.n - state[base + c.AT] > row.p[c.REACTION_BARS]
                or high - state[base + c.LOW] > row.p[c.WIDEST] * state[base + c.ATR_THEN]
            ):
                state[base + c.STAGE] = 0
                return
            state[base + c.REACTION_HIGH] = high
            state[base + c.REACTION_AT] = row.n
            state[base + c.REACTION_VOLUME] = row.volume
            return
        if row.turned == -side:
            column = self.turns.pivot(c.COARSE, 0)
            price = state[column] if side > 0 else -state[column]
            if state[column + 1] <= state[base + c.REACTION_AT]:
                return
            if price - state[base + c.LOW] <= row.p[c.TEST_HEIGHT] * width:
                self.begin(side, base, column, price)

    @cython.cfunc
    @cython.exceptval(check=False)
    def preliminary(self, side: cython.int, base: cython.int) -> cython.void:
        """Look back for the low of the trend before the climax that traded most, and from which the price bounced."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        state[base + c.PRELIMINARY_AT] = -1
        count: cython.longlong = cython.cast(cython.longlong, state[c.FINE + c.TURNS])
        count = c.KEPT_PIVOTS if count > c.KEPT_PIVOTS else count
        # The newest pivot is a high as *side* sees it when a low is being made.
        leg: cython.int = cython.cast(cython.int, state[c.FINE + c.LEG]) * side
        best: cython.double = row.p[c.PRELIMINARY_VOLUME]
        k: cython.int = 1 if leg < 0 else 0
        while 1 <= k < count:
            column: cython.int = self.turns.pivot(c.FINE, k)
            after: cython.int = self.turns.pivot(c.FINE, k - 1)
            at: cython.double = state[column + 1]
            price: cython.double = state[column] * side
            if row.n - at > row.p[c.PRELIMINARY_BARS]:
                break
            further: cython.double = (price - state[base + c.LOW]) / row.atr
            if state[column + c.P_OWN] > best and further > 0.5:
                best = state[column + c.P_OWN]
                state[base + c.PRELIMINARY_MEAN] = state[column + c.P_MEAN]
                state[base + c.PRELIMINARY_AT] = at
                state[base + c.PRELIMINARY_LOW] = price
                state[base + c.PRELIMINARY_RATIO] = best
                state[base + c.PRELIMINARY_BOUNCE] = (state[after] * side - price) / row.atr
                state[base + c.PRELIMINARY_FURTHER] = further
            k += 2

    @cython.cfunc
    @cython.exceptval(check=False)
    def begin(self, side: cython.int, candidate: cython.int, pivot: cython.int, low: cython.double) -> cython.void:
        """Make a range of a climax, its reaction and its test, where all three are what they have to be."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        bottom: cython.double = state[candidate + c.LOW]
        top: cython.double = state[candidate + c.REACTION_HIGH]
        width: cython.double = top - bottom
        atr: cython.double = state[candidate + c.ATR_THEN]
        at: cython.double = state[candidate + c.AT]
        if width < row.p[c.NARROWEST] * atr or width > row.p[c.WIDEST] * atr:
            return
        self.test_facts(candidate, pivot, side, low)
        if not self.given.holds(c.SECONDARY_TEST):
            return
        self.reaction_facts(candidate, side)
        if not self.given.holds(c.REACTION):
            return
        self.climax_facts(candidate, pivot, side, low)
        if not self.given.holds(c.CLIMAX):
            return
        lower: cython.double = bottom if side > 0 else -top
        why: cython.int = c.WHY_STOPPED_ANEW if self.ranges.is_any() else c.WHY_STOPPED
        base: cython.int = self.ranges.room(lower, lower + width, True)
        state[candidate + c.STAGE] = 0
        if base < 0:
            return
        began: cython.double = at
        has_preliminary: cython.bint = False
        if state[candidate + c.PRELIMINARY_AT] >= 0:
            self.preliminary_facts(candidate, side)
            has_preliminary = self.given.holds(c.PRELIMINARY)
            if has_preliminary:
                began = state[candidate + c.PRELIMINARY_AT]
        self.ranges.open(base, side, began, lower, lower + width)
        state[base + c.CLIMAX_RATIO] = state[candidate + c.VOLUME]
        state[base + c.ATR_BEGIN] = atr
        state[base + c.TOUCHES] = 2 if side > 0 else 1
        state[base + c.TOUCHES + 1] = 1 if side > 0 else 2
        state[base + c.LAST_TOUCH] = side
        state[base + c.ALTERNATIONS] = 2
        state[base + c.TESTS] = 1
        self.ranges.go(base, 1, began, why, side)
        if has_preliminary:
            self.preliminary_facts(candidate, side)
            self.given.holds(c.PRELIMINARY)
            self.given.give(base, c.PRELIMINARY, side, began, 0)
        self.climax_facts(candidate, pivot, side, low)
        self.given.holds(c.CLIMAX)
        self.given.give(base, c.CLIMAX, side, at, 0)
        self.reaction_facts(candidate, side)
        self.given.holds(c.REACTION)
        self.given.give(base, c.REACTION, side, state[candidate + c.REACTION_AT], 0)
        self.test_facts(candidate, pivot, side, low)
        self.given.holds(c.SECONDARY_TEST)
        self.given.give(base, c.SECONDARY_TEST, side, state[pivot + c.P_AT], 0)
        self.ranges.go(base, 2, state[pivot + c.P_AT] + 1, c.WHY_TESTED, side)

    @cython.cfunc
    @cython.exceptval(check=False)
    def preliminary_facts(self, base: cython.int, side: cython.int) -> cython.void:
        state: cython.double[::1] = self.row.state
        self.given.facts(
            state[base + c.PRELIMINARY_LOW] * side, state[base + c.PRELIMINARY_RATIO],
            state[base + c.PRELIMINARY_BOUNCE], state[base + c.PRELIMINARY_FURTHER],
            state[base + c.AT] - state[base + c.PRELIMINARY_AT], state[base + c.PRELIMINARY_MEAN],
            state[base + c.TREND], 0.0, 0.0,
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def climax_facts(self, base: cython.int, pivot: cython.int, side: cython.int, low: cython.double) -> cython.void:
        state: cython.double[::1] = self.row.state
        width: cython.double = state[base + c.REACTION_HIGH] - state[base + c.LOW]
        self.given.facts(
            state[base + c.LOW] * side, state[base + c.VOLUME], state[base + c.SPREAD], state[base + c.TREND],
            state[base + c.POSITION], width / state[base + c.ATR_THEN], state[pivot + c.P_OWN] / state[base + c.VOLUME],
            (low - state[base + c.LOW]) / width, state[base + c.REACTION_AT] - state[base + c.AT],
            state[base + c.REACTION_VOLUME] / state[base + c.VOLUME],
            state[pivot + c.P_AT] - state[base + c.REACTION_AT],
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def reaction_facts(self, base: cython.int, side: cython.int) -> cython.void:
        state: cython.double[::1] = self.row.state
        width: cython.double = state[base + c.REACTION_HIGH] - state[base + c.LOW]
        self.given.facts(
            state[base + c.REACTION_HIGH] * side, width / state[base + c.ATR_THEN], width,
            state[base + c.REACTION_AT] - state[base + c.AT], state[base + c.REACTION_VOLUME] / state[base + c.VOLUME],
            0.0, 0.0, 0.0, 0.0,
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def test_facts(self, base: cython.int, pivot: cython.int, side: cython.int, low: cython.double) -> cython.void:
        state: cython.double[::1] = self.row.state
        width: cython.double = state[base + c.REACTION_HIGH] - state[base + c.LOW]
        self.given.facts(
            low * side, (low - state[base + c.LOW]) / width, state[pivot + c.P_OWN] / state[base + c.VOLUME],
            state[pivot + c.P_AT] - state[base + c.REACTION_AT], low - state[base + c.LOW], state[pivot + c.P_OWN],
            width / state[base + c.ATR_THEN], 1.0, 0.0,
        )  # fmt: skip
