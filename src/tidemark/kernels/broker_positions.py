# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Positions of a backtest: opened, added to, reduced, and told as round trips when they are closed."""

import cython

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tidemark.kernels import broker_columns as c
    from cython.cimports.tidemark.kernels.broker_margin import BrokerMargin
else:
    from tidemark.kernels import broker_columns as c
    from tidemark.kernels.broker_margin import BrokerMargin

    fabs = abs


@cython.cclass
class BrokerPositions(BrokerMargin):
    """Positions and their round trips."""

    @cython.cfunc
    @cython.exceptval(check=False)
    def _add(
        self, m: cython.Py_ssize_t, k: cython.Py_ssize_t, side: cython.double, quantity: cython.double,
        price: cython.double, reference: cython.double, fee: cython.double,
    ) -> cython.void:  # fmt: skip
        """Open a position, or add to it."""
        held: cython.double = fabs(self.positions[m, c.QUANTITY])
        piece: cython.longlong = self.clock[c.PIECE_NUMBER]
        if held == 0.0:
            self.holding[self.clock[c.HOLDING]] = m
            self.clock[c.HOLDING] += 1
            self.times[m, c.OPENED_AT] = self.moment
            self.times[m, c.BARS_HELD] = 0
            self.times[m, c.TAG] = self.orders[k, c.ITS_TAG]
            self.times[m, c.ENTERED] = piece if self.is_within else 0
            self.times[m, c.BORN] = 0
            self.times[m, c.TRIED] = 0
            self.positions[m, c.BEST] = price
            self.positions[m, c.WORST] = price
            self.positions[m, c.ENTRY] = price
            self._first_due(m, self.clock[c.NOW])
        else:
            self.positions[m, c.ENTRY] += (price - self.positions[m, c.ENTRY]) * (quantity / (held + quantity))
            # The worst price is behind the mean where it is added at a better one.
            if side * (price - self.positions[m, c.BEST]) > 0.0:
                self.positions[m, c.BEST] = price
            if side * (price - self.positions[m, c.WORST]) < 0.0:
                self.positions[m, c.WORST] = price
        self.positions[m, c.IN_QUANTITY] += quantity
        self.positions[m, c.IN_PRICE] += (
            (price - self.positions[m, c.IN_PRICE]) * (quantity / self.positions[m, c.IN_QUANTITY])
        )  # fmt: skip
        self.positions[m, c.QUANTITY] = side * self._whole(m, held + quantity)
        self.positions[m, c.POSTED] += quantity * price / self.rules[m, c.LEVERAGE]
        self.positions[m, c.FEES] += fee
        self.positions[m, c.SLIPPED] += side * (price - reference) * quantity
        self.account[c.CASH] -= fee
        if held + quantity > self.positions[m, c.MOST_HELD]:
            self.positions[m, c.MOST_HELD] = self._whole(m, held + quantity)
        if self.is_within:
            self.added = piece
            self.added_at = price
        if self.sizes[k, c.WITH_STOP] > 0.0 or self.sizes[k, c.WITH_TARGET] > 0.0 or self.sizes[k, c.WITH_TRAIL] > 0.0:
            if self.is_within:
                self.times[m, c.BORN] = piece
            if self.sizes[k, c.WITH_TRAIL] > 0.0:
                self.positions[m, c.ITS_EXTREME] = price
        self._guard(
            m, self.sizes[k, c.WITH_STOP] if self.sizes[k, c.WITH_STOP] > 0.0 else -1.0,
            self.sizes[k, c.WITH_TARGET] if self.sizes[k, c.WITH_TARGET] > 0.0 else -1.0,
            self.sizes[k, c.WITH_TRAIL] if self.sizes[k, c.WITH_TRAIL] > 0.0 else -1.0,
            self.orders[k, c.HELD_UNTIL] if self.orders[k, c.HELD_UNTIL] > 0 else -1,
            (self.orders[k, c.ITS_FLAGS] & c.FRACTION) != 0, price, quantity,
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def _reduce(
        self, m: cython.Py_ssize_t, quantity: cython.double, price: cython.double, reference: cython.double,
        fee: cython.double, code: cython.int,
    ) -> cython.void:  # fmt: skip
        """Close *quantity* of the position, and write its round trip where nothing is left of it."""
        held: cython.double = self.positions[m, c.QUANTITY]
        side: cython.double = 1.0 if held > 0.0 else -1.0
        gain: cython.double = side * quantity * (price - self.positions[m, c.ENTRY])
        left: cython.double = fabs(held) - quantity
        is_over: cython.bint = left <= c.DUST * quantity
        self.account[c.CASH] += gain
        self.account[c.CASH] -= fee
        self.positions[m, c.REALISED] += gain
        self.positions[m, c.FEES] += fee
        self.positions[m, c.SLIPPED] += side * (reference - price) * quantity
        self.positions[m, c.OUT_QUANTITY] += quantity
        self.positions[m, c.OUT_PRICE] += (
            (price - self.positions[m, c.OUT_PRICE]) * (quantity / self.positions[m, c.OUT_QUANTITY])
        )  # fmt: skip
        if side * (price - self.positions[m, c.BEST]) > 0.0:
            self.positions[m, c.BEST] = price
        if side * (price - self.positions[m, c.WORST]) < 0.0:
            self.positions[m, c.WORST] = price
        if not is_over:
            self.positions[m, c.POSTED] -= self.positions[m, c.POSTED] * (quantity / fabs(held))
            self.positions[m, c.QUANTITY] = side * self._whole(m, left)
            return
        if self.is_within and code != c.BY_STOP and code != c.BY_TRAIL and code != c.BY_LIQUIDATION:
            # What it left at a better price may have been at its worst before.
            if side > 0.0 and self.low < self.positions[m, c.WORST]:
                self.positions[m, c.WORST] = self.low
            elif side < 0.0 and self.high > self.positions[m, c.WORST]:
                self.positions[m, c.WORST] = self.high
        self._write_trip(m, side, code)
        self._forget_position(m, side)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _write_trip(self, m: cython.Py_ssize_t, side: cython.double, code: cython.int) -> cython.void:
        row: cython.Py_ssize_t = self.clock[c.CLOSED]
        entry: cython.double = self.positions[m, c.IN_PRICE]
        best: cython.double = side * (self.positions[m, c.BEST] - entry) / entry
        worst: cython.double = side * (self.positions[m, c.WORST] - entry) / entry
        self.clock[c.TRIPS] += 1
        self.trips[row, 0] = self.positions[m, c.MOST_HELD]
        self.trips[row, 1] = entry
        self.trips[row, 2] = self.positions[m, c.OUT_PRICE]
        self.trips[row, 3] = self.positions[m, c.FEES]
        self.trips[row, 4] = self.positions[m, c.FUNDED]
        self.trips[row, 5] = self.positions[m, c.SLIPPED]
        self.trips[row, 6] = self.positions[m, c.REALISED] - self.positions[m, c.FEES] - self.positions[m, c.FUNDED]
        self.trips[row, 7] = self.positions[m, c.RISK]
        self.trips[row, 8] = best if best > 0.0 else 0.0
        self.trips[row, 9] = worst if worst < 0.0 else 0.0
        self.trip_times[row, 0] = self.clock[c.TRIPS]
        self.trip_times[row, 1] = m
        self.trip_times[row, 2] = 1 if side > 0.0 else -1
        self.trip_times[row, 3] = self.times[m, c.TAG]
        self.trip_times[row, 4] = self.times[m, c.OPENED_AT]
        self.trip_times[row, 5] = self.moment
        self.trip_times[row, 6] = code
        self.trip_times[row, 7] = self.times[m, c.BARS_HELD] + (1 if self.is_within or self.is_later else 0)
        self.clock[c.CLOSED] = row + 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _forget_position(self, m: cython.Py_ssize_t, side: cython.double) -> cython.void:
        """Nothing is held any more; orders that could only reduce it go with it."""
        column: cython.int
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t = self.times[m, c.FIRST] - 1
        behind: cython.Py_ssize_t
        for column in range(c.ITS_EXTREME + 1):
            self.positions[m, column] = 0.0
        for column in range(c.IN_QUANTITY, c.RISK + 1):
            self.positions[m, column] = 0.0
        self.times[m, c.UNTIL] = 0
        self.times[m, c.TRAILS_BY_FRACTION] = 0
        self.times[m, c.CLOSING] = 0
        self.times[m, c.BARS_HELD] = 0
        while k >= 0:
            behind = self.orders[k, c.NEXT] - 1
            if self.orders[k, c.ITS_FLAGS] & c.REDUCE_ONLY and self.orders[k, c.SIDE] * side < 0.0:
                self._remove(k)
            k = behind
        for i in range(self.clock[c.HOLDING]):
            if self.holding[i] == m:
                self.clock[c.HOLDING] -= 1
                # The others stay in their order, in which they are added up.
                for k in range(i, self.clock[c.HOLDING]):
                    self.holding[k] = self.holding[k + 1]
                break
