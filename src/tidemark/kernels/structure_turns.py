# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Zig-zags: where prices turned, known once they have turned by so many average ranges."""

import cython

if cython.compiled:
    from cython.cimports.tidemark.kernels import structure_columns as c
    from cython.cimports.tidemark.kernels.structure_row import Row
else:
    from tidemark.kernels import structure_columns as c
    from tidemark.kernels.structure_row import Row


@cython.cclass
class Turns:
    """The zig-zags of the series at hand, each at its first column, COARSE or FINE."""

    def __init__(self, row: Row) -> None:
        self.row = row

    @cython.cfunc
    @cython.exceptval(check=False)
    def move(self, z: cython.int, least: cython.double) -> cython.int:
        """Move the zig-zag at *z*; give 1 when a high was confirmed by this bar, -1 when a low was, else 0."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        leg: cython.double = state[z + c.LEG]
        if row.n == 0:
            state[z + c.TIP] = row.high
            state[z + c.FOOT] = row.low
            return 0
        if leg == 0:
            if row.high > state[z + c.TIP]:
                state[z + c.TIP] = row.high
            if row.low < state[z + c.FOOT]:
                state[z + c.FOOT] = row.low
            up: cython.bint = row.close - state[z + c.FOOT] >= least
            down: cython.bint = state[z + c.TIP] - row.close >= least
            if up and not down:
                state[z + c.LEG] = 1
                self.set_tip(z, row.high)
            elif down and not up:
                state[z + c.LEG] = -1
                self.set_tip(z, row.low)
            return 0
        if state[z + c.TIP_BARS] == 2 and row.n == state[z + c.TIP_AT] + 1:
            state[z + c.TIP_VOLUME] += row.volume
            state[z + c.TIP_BARS] = 3
        if leg > 0:
            if row.high > state[z + c.TIP]:
                self.set_tip(z, row.high)
                return 0
            if state[z + c.TIP] - row.low < least:
                return 0
        else:
            if row.low < state[z + c.TIP]:
                self.set_tip(z, row.low)
                return 0
            if row.high - state[z + c.TIP] < least:
                return 0
        number: cython.longlong = cython.cast(cython.longlong, state[z + c.TURNS])
        column: cython.int = z + c.PIVOTS + c.PIVOT * cython.cast(cython.int, number % c.KEPT_PIVOTS)
        state[column] = state[z + c.TIP]
        state[column + c.P_AT] = state[z + c.TIP_AT]
        state[column + c.P_MEAN] = state[z + c.TIP_VOLUME] / state[z + c.TIP_BARS]
        state[column + c.P_OWN] = state[z + c.TIP_OWN]
        state[z + c.TURNS] = number + 1
        state[z + c.LEG] = -leg
        self.set_tip(z, row.low if leg > 0 else row.high)
        return 1 if leg > 0 else -1

    @cython.cfunc
    @cython.exceptval(check=False)
    def set_tip(self, z: cython.int, price: cython.double) -> cython.void:
        row: Row = self.row
        state: cython.double[::1] = row.state
        state[z + c.TIP] = price
        state[z + c.TIP_AT] = row.n
        state[z + c.TIP_OWN] = row.volume
        state[z + c.TIP_VOLUME] = row.volume + state[c.LAST_VOLUME]
        state[z + c.TIP_BARS] = 2

    @cython.cfunc
    @cython.exceptval(check=False)
    def pivot(self, z: cython.int, back: cython.int) -> cython.int:
        """The first column of the pivot that is *back* before the newest; there are that many."""
        state: cython.double[::1] = self.row.state
        number: cython.longlong = cython.cast(cython.longlong, state[z + c.TURNS]) - 1 - back
        return z + c.PIVOTS + c.PIVOT * cython.cast(cython.int, number % c.KEPT_PIVOTS)
