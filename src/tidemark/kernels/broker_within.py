# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What a candle does between its open and its close: stops first, then what takes a profit, then what trails."""

import cython

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tidemark.kernels import broker_columns as c
    from cython.cimports.tidemark.kernels.broker_opening import BrokerOpening
else:
    from tidemark.kernels import broker_columns as c
    from tidemark.kernels.broker_opening import BrokerOpening

    fabs = abs


@cython.cclass
class BrokerWithin(BrokerOpening):
    """The candle at hand behind its open."""

    @cython.cfunc
    @cython.exceptval(check=False)
    def _within_phase(self, m: cython.Py_ssize_t) -> cython.void:
        """Fill within the candle: all that stops, then all that takes a profit or waits for a better price."""
        while self.clock[c.CLOSED] < self.trips.shape[0]:
            if not self._touched_stop(m) and not self._touched_limit(m):
                return

    @cython.cfunc
    @cython.exceptval(check=False)
    def _touched_stop(self, m: cython.Py_ssize_t) -> cython.bint:
        """Fill the stop nearest to the open of those that were touched; false where there is none."""
        quantity: cython.double = self.positions[m, c.QUANTITY]
        way: cython.double = 1.0 if quantity > 0.0 else -1.0
        side: cython.double
        level: cython.double
        nearest: cython.double = c.INF
        best: cython.Py_ssize_t = -1
        k: cython.Py_ssize_t
        kind: cython.longlong
        is_found: cython.bint = False
        code: cython.int = 0
        if quantity != 0.0:
            level = self._not_past(self._liquidation(m), way)
            if level > 0.0 and self._reaches(-way, level):
                is_found = True
                nearest = fabs(level - self.opened)
                code = c.BY_LIQUIDATION
        if quantity != 0.0 and self.times[m, c.TRIED] != self.clock[c.PIECE_NUMBER]:
            level = self._not_past(self.positions[m, c.ITS_STOP], way)
            if level > 0.0 and self._reaches(-way, level) and fabs(level - self.opened) < nearest:
                is_found = True
                nearest = fabs(level - self.opened)
                code = c.BY_STOP
            if self.positions[m, c.ITS_TRAIL] > 0.0:
                level = self._trail_level(m)
                if self._reaches(-way, level) and fabs(level - self.opened) < nearest:
                    is_found = True
                    nearest = fabs(level - self.opened)
                    code = c.BY_TRAIL
        k = self.times[m, c.FIRST] - 1
        while k >= 0:
            kind = self.orders[k, c.KIND]
            side = self.orders[k, c.SIDE]
            if (
                (
                    kind == c.STOP
                    or (kind == c.STOP_LIMIT and not self.orders[k, c.STATE] & c.IS_TRIGGERED)
                    or kind == c.TRAILING
                )
                and self.orders[k, c.DONE] != self.clock[c.PIECE_NUMBER]
                and self.orders[k, c.ACTIVE_AT] < self.begun + (self.span if kind == c.STOP else 1)
                and not (self.orders[k, c.ITS_FLAGS] & c.REDUCE_ONLY and not quantity * side < 0.0)
            ):
                level = self._order_level(m, k)
                if self.orders[k, c.ITS_FLAGS] & c.REDUCE_ONLY:
                    level = self._not_past(level, way)
                if self._reaches(side, level) and fabs(level - self.opened) < nearest:
                    is_found = True
                    nearest = fabs(level - self.opened)
                    best = k
            k = self.orders[k, c.NEXT] - 1
        if not is_found:
            return False
        if best < 0:
            level = self._liquidation(m)
            if code == c.BY_STOP:
                level = self.positions[m, c.ITS_STOP]
            elif code == c.BY_TRAIL:
                level = self._trail_level(m)
            self._fill_own(m, self._not_past(level, way), code)
        elif self.orders[best, c.KIND] == c.STOP_LIMIT:
            self.orders[best, c.STATE] |= c.IS_TRIGGERED
            self.orders[best, c.TRIGGERED] = self.clock[c.PIECE_NUMBER]
            side = self.orders[best, c.SIDE]
            level = self.sizes[best, c.TRIGGER]
            if self.orders[best, c.ITS_FLAGS] & c.REDUCE_ONLY:
                level = self._not_past(level, way)
            if side * (self.sizes[best, c.PRICE] - level) >= 0.0:
                self._fill_order(m, best, level, False)
        else:
            level = self._order_level(m, best)
            if self.orders[best, c.ITS_FLAGS] & c.REDUCE_ONLY:
                level = self._not_past(level, way)
            self._fill_order(m, best, level, False)
        return True

    @cython.cfunc
    @cython.exceptval(check=False)
    def _touched_limit(self, m: cython.Py_ssize_t) -> cython.bint:
        """The same of whatever fills at a better price."""
        quantity: cython.double = self.positions[m, c.QUANTITY]
        way: cython.double = 1.0 if quantity > 0.0 else -1.0
        side: cython.double
        level: cython.double
        own: cython.double = 0.0
        nearest: cython.double = c.INF
        best: cython.Py_ssize_t = -1
        k: cython.Py_ssize_t
        kind: cython.longlong
        is_found: cython.bint = False
        is_touched: cython.bint
        if quantity != 0.0 and self.times[m, c.TRIED] != self.clock[c.PIECE_NUMBER]:
            level = self.positions[m, c.ITS_TARGET]
            if level > 0.0:
                if self.times[m, c.BORN] == self.clock[c.PIECE_NUMBER]:
                    level = self._if_proved(level, way)
                    is_touched = level > 0.0
                else:
                    is_touched = self._reaches(way, level)
                if is_touched:
                    is_found = True
                    own = level
                    nearest = fabs(level - self.opened)
        k = self.times[m, c.FIRST] - 1
        while k >= 0:
            kind = self.orders[k, c.KIND]
            side = self.orders[k, c.SIDE]
            if (
                (
                    kind == c.LIMIT
                    or kind == c.TAKE_PROFIT
                    or (kind == c.STOP_LIMIT and self.orders[k, c.STATE] & c.IS_TRIGGERED)
                )
                and self.orders[k, c.DONE] != self.clock[c.PIECE_NUMBER]
                and self.orders[k, c.ACTIVE_AT] <= self.begun
                and not (self.orders[k, c.ITS_FLAGS] & c.REDUCE_ONLY and not quantity * side < 0.0)
            ):
                level = self.sizes[k, c.TRIGGER] if kind == c.TAKE_PROFIT else self.sizes[k, c.PRICE]
                if (
                    self.orders[k, c.ITS_FLAGS] & c.REDUCE_ONLY
                    and self.times[m, c.ENTERED] == self.clock[c.PIECE_NUMBER]
                ):
                    level = self._if_proved(level, way)
                    is_touched = level > 0.0
                elif self.orders[k, c.TRIGGERED] == self.clock[c.PIECE_NUMBER]:
                    is_touched = side * (level - self.close_price) >= 0.0
                elif kind == c.TAKE_PROFIT:
                    is_touched = self._reaches(-side, level)
                else:
                    is_touched = self._reaches(-side, level - side * self.rules[m, c.FILL_THROUGH])
                if is_touched and fabs(level - self.opened) < nearest:
                    is_found = True
                    own = level
                    nearest = fabs(level - self.opened)
                    best = k
            k = self.orders[k, c.NEXT] - 1
        if not is_found:
            return False
        if best < 0:
            self._fill_own(m, own, c.BY_TARGET)
        else:
            self._fill_order(m, best, own, self.orders[best, c.KIND] != c.TAKE_PROFIT)
        return True

    @cython.cfunc
    @cython.exceptval(check=False)
    def _not_past(self, level: cython.double, way: cython.double) -> cython.double:
        """Where a stop is touched; one that was past when the candle opened the position is, at the price of that."""
        if self.added == self.clock[c.PIECE_NUMBER] and level > 0.0 and way * (level - self.added_at) > 0.0:
            return self.added_at
        return level

    @cython.cfunc
    @cython.exceptval(check=False)
    def _if_proved(self, level: cython.double, way: cython.double) -> cython.double:
        """Where what the candle opened takes a profit in it: at once, or on the way to its close; 0 where neither."""
        if way * (self.added_at - level) >= 0.0:
            return self.added_at
        return level if way * (self.close_price - level) >= 0.0 else 0.0

    @cython.cfunc
    @cython.inline
    @cython.exceptval(check=False)
    def _reaches(self, side: cython.double, level: cython.double) -> cython.bint:
        """Whether the candle goes as far up (side above 0) or down as *level*."""
        return self.high >= level if side > 0.0 else self.low <= level

    @cython.cfunc
    @cython.exceptval(check=False)
    def _trail(self, m: cython.Py_ssize_t) -> cython.void:
        """Let trailing stops follow the candle; what its close is beyond was touched on the way to it."""
        k: cython.Py_ssize_t = self.times[m, c.FIRST] - 1
        behind: cython.Py_ssize_t
        side: cython.double
        way: cython.double
        level: cython.double
        best: cython.double
        while k >= 0:
            behind = self.orders[k, c.NEXT] - 1
            side = self.orders[k, c.SIDE]
            if self.orders[k, c.ACTIVE_AT] < self.begun + self.span and (
                self.orders[k, c.KIND] == c.LIMIT or self.orders[k, c.STATE] & c.IS_TRIGGERED
            ):
                self.orders[k, c.STATE] |= c.IS_RESTING
            if (
                self.orders[k, c.KIND] == c.TRAILING
                and self.orders[k, c.ACTIVE_AT] <= self.begun
                and self.orders[k, c.DONE] != self.clock[c.PIECE_NUMBER]
            ):
                best = self.low if side > 0.0 else self.high
                if side * (best - self.sizes[k, c.EXTREME]) < 0.0:
                    self.sizes[k, c.EXTREME] = best
                if (
                    side * (self.close_price - self._order_level(m, k)) >= 0.0
                    and self.clock[c.CLOSED] < self.trips.shape[0]
                    and not (
                        self.orders[k, c.ITS_FLAGS] & c.REDUCE_ONLY and not self.positions[m, c.QUANTITY] * side < 0.0
                    )
                ):
                    # A fill may take others with it, so it begins anew; each is filled once in a piece.
                    level = self._order_level(m, k)
                    if self.orders[k, c.ITS_FLAGS] & c.REDUCE_ONLY:
                        level = self._not_past(level, -side)
                    self._fill_order(m, k, level, False)
                    behind = self.times[m, c.FIRST] - 1
            k = behind
        if self.positions[m, c.QUANTITY] != 0.0 and self.positions[m, c.ITS_TRAIL] > 0.0:
            way = 1.0 if self.positions[m, c.QUANTITY] > 0.0 else -1.0
            best = self.high if way > 0.0 else self.low
            if self.times[m, c.BORN] == self.clock[c.PIECE_NUMBER]:
                best = self.close_price
            if way * (best - self.positions[m, c.ITS_EXTREME]) > 0.0:
                self.positions[m, c.ITS_EXTREME] = best
            if (
                way * (self.close_price - self._trail_level(m)) <= 0.0
                and self.clock[c.CLOSED] < self.trips.shape[0]
                and self.times[m, c.TRIED] != self.clock[c.PIECE_NUMBER]
            ):
                self._fill_own(m, self._trail_level(m), c.BY_TRAIL)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _reach(self, m: cython.Py_ssize_t) -> cython.void:
        """How far the price went for the position and against it: of a candle within which it was opened the worse."""
        if self.positions[m, c.QUANTITY] > 0.0:
            if self.low < self.positions[m, c.WORST]:
                self.positions[m, c.WORST] = self.low
            if self.times[m, c.ENTERED] == self.clock[c.PIECE_NUMBER]:
                if self.close_price > self.positions[m, c.BEST]:
                    self.positions[m, c.BEST] = self.close_price
            elif self.high > self.positions[m, c.BEST]:
                self.positions[m, c.BEST] = self.high
        elif self.positions[m, c.QUANTITY] < 0.0:
            if self.high > self.positions[m, c.WORST]:
                self.positions[m, c.WORST] = self.high
            if self.times[m, c.ENTERED] == self.clock[c.PIECE_NUMBER]:
                if self.close_price < self.positions[m, c.BEST]:
                    self.positions[m, c.BEST] = self.close_price
            elif self.low < self.positions[m, c.BEST]:
                self.positions[m, c.BEST] = self.low
