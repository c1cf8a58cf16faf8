# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What a candle does at its open: orders that wait for it, and what a gap has touched."""

import cython

if cython.compiled:
    from cython.cimports.tidemark.kernels import broker_columns as c
    from cython.cimports.tidemark.kernels.broker_fills import BrokerFills
else:
    from tidemark.kernels import broker_columns as c
    from tidemark.kernels.broker_fills import BrokerFills


@cython.cclass
class BrokerOpening(BrokerFills):
    """The open of the candle at hand."""

    @cython.cfunc
    @cython.exceptval(check=False)
    def _open_phase(self, m: cython.Py_ssize_t) -> cython.void:
        """Fill at the open: orders by age, then what protects the position."""
        k: cython.Py_ssize_t
        while self.clock[c.CLOSED] < self.trips.shape[0]:
            k = self._at_open(m)
            if k >= 0:
                self._fill_order(m, k, self.level, self.is_maker)
            elif not self._own_at_open(m):
                return

    @cython.cfunc
    @cython.exceptval(check=False)
    def _at_open(self, m: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The oldest order that the open fills, -1 for none; `level` and `is_maker` say how."""
        k: cython.Py_ssize_t = self.times[m, c.FIRST] - 1
        behind: cython.Py_ssize_t
        kind: cython.longlong
        side: cython.double
        price: cython.double
        position: cython.double = self.positions[m, c.QUANTITY]
        is_late: cython.bint
        while k >= 0:
            behind = self.orders[k, c.NEXT] - 1
            kind = self.orders[k, c.KIND]
            side = self.orders[k, c.SIDE]
            is_late = self.orders[k, c.ACTIVE_AT] > self.begun
            if (
                self.orders[k, c.DONE] == self.clock[c.PIECE_NUMBER]
                or self.orders[k, c.ACTIVE_AT] >= self.begun + self.span
            ):
                k = behind
                continue
            price = self.opened
            if is_late:
                # The price goes against whoever is on the way, as far as that takes of the candle.
                price += (
                    (self.orders[k, c.ACTIVE_AT] - self.begun) / cython.cast(cython.double, self.span)
                    * (self.high - price if side > 0.0 else self.low - price)
                )  # fmt: skip
            if kind == c.MARKET or (self.orders[k, c.STATE] & c.IS_TRIGGERED and kind != c.STOP_LIMIT):
                self.level = price
                self.is_maker = False
                return k
            if self.orders[k, c.ITS_FLAGS] & c.REDUCE_ONLY and not position * side < 0.0:
                k = behind
                continue
            if kind == c.STOP:
                if side * (price - self.sizes[k, c.TRIGGER]) >= 0.0:
                    self.level = price
                    self.is_maker = False
                    return k
            elif is_late:
                k = behind
                continue
            elif kind == c.TRAILING:
                if self.sizes[k, c.EXTREME] == 0.0:
                    self.sizes[k, c.EXTREME] = price
                if side * (price - self._order_level(m, k)) >= 0.0:
                    self.level = price
                    self.is_maker = False
                    return k
                if side * (price - self.sizes[k, c.EXTREME]) < 0.0:
                    self.sizes[k, c.EXTREME] = price
            elif kind == c.TAKE_PROFIT:
                if side * (self.sizes[k, c.TRIGGER] - price) >= 0.0:
                    self.level = price
                    self.is_maker = False
                    return k
            else:
                if kind == c.STOP_LIMIT and not self.orders[k, c.STATE] & c.IS_TRIGGERED:
                    if side * (price - self.sizes[k, c.TRIGGER]) < 0.0:
                        k = behind
                        continue
                    self.orders[k, c.STATE] |= c.IS_TRIGGERED
                if side * (self.sizes[k, c.PRICE] - price) >= 0.0:
                    self.is_maker = (self.orders[k, c.STATE] & c.IS_RESTING) != 0
                    if self.orders[k, c.ITS_FLAGS] & c.POST_ONLY and not self.is_maker:
                        self._tell(
                            c.WOULD_TAKE, self.orders[k, c.ID], m, self.moment, self.sizes[k, c.SIZE], 0.0,
                            self.sizes[k, c.PRICE],
                        )  # fmt: skip
                        self._remove(k)
                    else:
                        self.level = price
                        return k
            k = behind
        return c.NO_ORDER

    @cython.cfunc
    @cython.exceptval(check=False)
    def _own_at_open(self, m: cython.Py_ssize_t) -> cython.bint:
        """Let the open close the position where its protection says so."""
        quantity: cython.double = self.positions[m, c.QUANTITY]
        side: cython.double = 1.0 if quantity > 0.0 else -1.0
        level: cython.double
        if quantity == 0.0:
            return False
        level = self._liquidation(m)
        if level > 0.0 and side * (self.opened - level) <= 0.0:
            return self._fill_own(m, self.opened, c.BY_LIQUIDATION)
        if self.times[m, c.TRIED] == self.clock[c.PIECE_NUMBER]:
            return False
        if self.times[m, c.CLOSING] == 0 and 0 < self.times[m, c.UNTIL] <= self.begun:
            self.times[m, c.CLOSING] = c.BY_TIME + 1
        if self.times[m, c.CLOSING]:
            return self._fill_own(m, self.opened, self.times[m, c.CLOSING] - 1)
        level = self.positions[m, c.ITS_STOP]
        if level > 0.0 and side * (self.opened - level) <= 0.0:
            return self._fill_own(m, self.opened, c.BY_STOP)
        if self.positions[m, c.ITS_TRAIL] > 0.0:
            if side * (self.opened - self._trail_level(m)) <= 0.0:
                return self._fill_own(m, self.opened, c.BY_TRAIL)
            if side * (self.opened - self.positions[m, c.ITS_EXTREME]) > 0.0:
                self.positions[m, c.ITS_EXTREME] = self.opened
        level = self.positions[m, c.ITS_TARGET]
        if level > 0.0 and side * (self.opened - level) >= 0.0:
            return self._fill_own(m, self.opened, c.BY_TARGET)
        return False
