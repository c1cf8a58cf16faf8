# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Prices and lots, margin and funding, and between which prices nothing can happen to a position."""

import cython

if cython.compiled:
    from cython.cimports.libc.math import ceil, fabs, floor, rint
    from cython.cimports.tidemark.kernels import broker_columns as c
    from cython.cimports.tidemark.kernels.broker_account import BrokerAccount
else:
    from math import ceil, floor

    from tidemark.kernels import broker_columns as c
    from tidemark.kernels.broker_account import BrokerAccount

    fabs = abs
    rint = round


@cython.cclass
class BrokerMargin(BrokerAccount):
    """Levels and bounds of positions, on ticks and lots."""

    @cython.ccall
    @cython.exceptval(check=False)
    def liquidation(self, market: cython.Py_ssize_t) -> cython.double:
        """The price at which what is held is liquidated; 0 where there is none."""
        return self._liquidation(market)

    @cython.ccall
    @cython.exceptval(check=False)
    def free(self) -> cython.double:
        """What may still become initial margin, at the newest closes."""
        total: cython.double = self.account[c.CASH]
        i: cython.Py_ssize_t
        m: cython.Py_ssize_t
        for i in range(self.clock[c.HOLDING]):
            m = self.holding[i]
            total -= self.positions[m, c.POSTED]
            if self.rules[m, c.MARGIN_MODE] != 1.0:
                total += self.positions[m, c.QUANTITY] * (self.positions[m, c.LAST] - self.positions[m, c.ENTRY])
        return total

    @cython.cfunc
    @cython.exceptval(check=False)
    def _settle_all(self, m: cython.Py_ssize_t) -> cython.void:
        """What stands in one market of a cross account moves where the others are liquidated."""
        i: cython.Py_ssize_t
        self._settle(m)
        if self.rules[m, c.MARGIN_MODE] == 2.0:
            for i in range(self.clock[c.HOLDING]):
                self._settle(self.holding[i])

    @cython.cfunc
    @cython.exceptval(check=False)
    def _settle(self, m: cython.Py_ssize_t) -> cython.void:
        """Between which prices and until when nothing happens to the position."""
        quantity: cython.double = self.positions[m, c.QUANTITY]
        near: cython.double
        far: cython.double = 0.0
        side: cython.double = 1.0 if quantity > 0.0 else -1.0
        level: cython.double
        if quantity == 0.0:
            self.positions[m, c.LOW_BOUND] = -c.INF
            self.positions[m, c.HIGH_BOUND] = c.INF
            self.times[m, c.QUIET_UNTIL] = c.NEVER
            return
        self.times[m, c.QUIET_UNTIL] = self.times[m, c.NEXT_DUE]
        if 0 < self.times[m, c.UNTIL] < self.times[m, c.QUIET_UNTIL]:
            self.times[m, c.QUIET_UNTIL] = self.times[m, c.UNTIL]
        if self.times[m, c.CLOSING] or (self.rules[m, c.MARGIN_MODE] == 2.0 and self.clock[c.HOLDING] > 1):
            self.times[m, c.QUIET_UNTIL] = -c.NEVER
        # As prices that are better the larger they are.
        near = -c.INF
        level = self._liquidation(m)
        if level > 0.0:
            near = side * level
        level = self.positions[m, c.ITS_STOP]
        if level > 0.0 and side * level > near:
            near = side * level
        far = c.INF
        level = self.positions[m, c.ITS_TARGET]
        if level > 0.0:
            far = side * level
        if self.positions[m, c.ITS_TRAIL] > 0.0:
            level = self._trail_level(m)
            if side * level > near:
                near = side * level
            # A new extreme is to be followed.
            if side * self.positions[m, c.ITS_EXTREME] < far:
                far = side * self.positions[m, c.ITS_EXTREME]
        if side > 0.0:
            self.positions[m, c.LOW_BOUND] = near
            self.positions[m, c.HIGH_BOUND] = far
        else:
            self.positions[m, c.LOW_BOUND] = -far
            self.positions[m, c.HIGH_BOUND] = -near

    @cython.cfunc
    @cython.exceptval(check=False)
    def _liquidation(self, m: cython.Py_ssize_t) -> cython.double:
        """Where what is left of the margin is the maintenance margin: of the position alone, or of the account."""
        quantity: cython.double = self.positions[m, c.QUANTITY]
        side: cython.double = 1.0 if quantity > 0.0 else -1.0
        rate: cython.double = self.rules[m, c.MAINTENANCE]
        there: cython.double = self.positions[m, c.POSTED]
        price: cython.double
        i: cython.Py_ssize_t
        one: cython.Py_ssize_t
        if quantity == 0.0 or self.rules[m, c.MARGIN_MODE] == 0.0:
            return 0.0
        if self.rules[m, c.MARGIN_MODE] == 2.0:
            there = self.account[c.CASH]
            for i in range(self.clock[c.HOLDING]):
                one = self.holding[i]
                if one != m:
                    there += self.positions[one, c.QUANTITY] * (
                        self.positions[one, c.LAST] - self.positions[one, c.ENTRY]
                    )
                    there -= (
                        fabs(self.positions[one, c.QUANTITY])
                        * self.positions[one, c.LAST]
                        * (self.rules[one, c.MAINTENANCE])
                    )
                    there += self.rules[one, c.MAINTENANCE_AMOUNT]
        price = (side * self.positions[m, c.ENTRY] - (there + self.rules[m, c.MAINTENANCE_AMOUNT]) / fabs(quantity)) / (
            side - rate
        )
        if price > 0.0:
            return price
        return 0.0 if side > 0.0 else c.DUST

    @cython.cfunc
    @cython.exceptval(check=False)
    def _trail_level(self, m: cython.Py_ssize_t) -> cython.double:
        extreme: cython.double = self.positions[m, c.ITS_EXTREME]
        away: cython.double = self.positions[m, c.ITS_TRAIL]
        if self.times[m, c.TRAILS_BY_FRACTION]:
            away = away * extreme
        return self._tick(m, extreme - away if self.positions[m, c.QUANTITY] > 0.0 else extreme + away, 0)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _order_level(self, m: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.double:
        """Where a stop, a stop-limit or a trailing stop is touched."""
        away: cython.double = self.sizes[k, c.DISTANCE]
        if self.orders[k, c.KIND] != c.TRAILING:
            return self.sizes[k, c.TRIGGER]
        if self.orders[k, c.ITS_FLAGS] & c.FRACTION:
            away = away * self.sizes[k, c.EXTREME]
        return self._tick(m, self.sizes[k, c.EXTREME] + (away if self.orders[k, c.SIDE] > 0 else -away), 0)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _guard(
        self, m: cython.Py_ssize_t, stop: cython.double, target: cython.double, trail: cython.double,
        until: cython.longlong, is_fraction: cython.bint, price: cython.double, quantity: cython.double,
    ) -> cython.void:  # fmt: skip
        """Set what protects the position, of which *quantity* came in at *price* and is at risk now."""
        side: cython.double = 1.0 if self.positions[m, c.QUANTITY] > 0.0 else -1.0
        if stop >= 0.0:
            if is_fraction and stop > 0.0:
                stop = price - side * stop * price
            self.positions[m, c.ITS_STOP] = self._tick(m, stop, 0) if stop > 0.0 else 0.0
        if target >= 0.0:
            if is_fraction and target > 0.0:
                target = price + side * target * price
            self.positions[m, c.ITS_TARGET] = self._tick(m, target, 0) if target > 0.0 else 0.0
        if trail >= 0.0:
            self.positions[m, c.ITS_TRAIL] = trail
            self.times[m, c.TRAILS_BY_FRACTION] = 1 if is_fraction else 0
        if until >= 0:
            self.times[m, c.UNTIL] = until
        stop = self.positions[m, c.ITS_STOP]
        if stop == 0.0 and self.positions[m, c.ITS_TRAIL] > 0.0:
            stop = self._trail_level(m)
        if stop > 0.0 and side * (price - stop) > 0.0:
            self.positions[m, c.RISK] += quantity * (side * (price - stop))

    @cython.cfunc
    @cython.exceptval(check=False)
    def _fund(self, m: cython.Py_ssize_t, time: cython.longlong, open: cython.double) -> cython.void:
        """Pay what fell due until the candle opens: at its open where that is the time, else at the last close."""
        rate: cython.double
        paid: cython.double
        while self.times[m, c.NEXT_DUE] <= time:
            rate = self.rules[m, c.FUNDING_RATE]
            if self.timing[m, c.FUNDING_INTERVAL] == 0:
                rate = self.due_rate[self.times[m, c.CURSOR]]
            paid = self.positions[m, c.QUANTITY] * (
                open if self.times[m, c.NEXT_DUE] == time else self.positions[m, c.LAST]
            ) * rate  # fmt: skip
            self.account[c.CASH] -= paid
            self.account[c.ALL_FUNDING] += paid
            self.positions[m, c.FUNDED] += paid
            self._next_due(m)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _next_due(self, m: cython.Py_ssize_t) -> cython.void:
        if self.timing[m, c.FUNDING_INTERVAL] > 0:
            self.times[m, c.NEXT_DUE] += self.timing[m, c.FUNDING_INTERVAL]
            return
        self.times[m, c.CURSOR] += 1
        if self.times[m, c.CURSOR] < self.timing[m, c.DUE_END]:
            self.times[m, c.NEXT_DUE] = self.due_at[self.times[m, c.CURSOR]]
        else:
            self.times[m, c.NEXT_DUE] = c.NEVER

    @cython.cfunc
    @cython.exceptval(check=False)
    def _first_due(self, m: cython.Py_ssize_t, after: cython.longlong) -> cython.void:
        """The first time that is later than *after*."""
        interval: cython.longlong = self.timing[m, c.FUNDING_INTERVAL]
        due: cython.longlong
        at: cython.longlong
        if interval > 0:
            due = after // interval * interval
            # Division of what is below 0 is cut in C and floored in Python.
            if due > after:
                due -= interval
            self.times[m, c.NEXT_DUE] = due + interval
            return
        at = self.times[m, c.CURSOR]
        if at < self.timing[m, c.DUE_BEGIN]:
            at = self.timing[m, c.DUE_BEGIN]
        while at < self.timing[m, c.DUE_END] and self.due_at[at] <= after:
            at += 1
        self.times[m, c.CURSOR] = at
        self.times[m, c.NEXT_DUE] = self.due_at[at] if at < self.timing[m, c.DUE_END] else c.NEVER

    @cython.cfunc
    @cython.exceptval(check=False)
    def _floor(self, m: cython.Py_ssize_t, quantity: cython.double) -> cython.double:
        """The lots that are in a quantity."""
        if self.rules[m, c.LOT_DIV] == 0.0:
            return quantity
        return (
            floor(quantity * self.rules[m, c.LOT_DIV] / self.rules[m, c.LOT_MUL] + c.NEARLY)
            * self.rules[m, c.LOT_MUL] / self.rules[m, c.LOT_DIV]
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def _whole(self, m: cython.Py_ssize_t, quantity: cython.double) -> cython.double:
        """The lots that a sum or a difference of lots is, without the error of doubles."""
        if self.rules[m, c.LOT_DIV] == 0.0:
            return quantity
        return (
            rint(quantity * self.rules[m, c.LOT_DIV] / self.rules[m, c.LOT_MUL])
            * self.rules[m, c.LOT_MUL] / self.rules[m, c.LOT_DIV]
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def _tick(self, m: cython.Py_ssize_t, price: cython.double, way: cython.int) -> cython.double:
        """The price on a tick: the one above (*way* 1), below (-1), or the nearest (0)."""
        ticks: cython.double
        if self.rules[m, c.TICK_DIV] == 0.0:
            return price
        ticks = price * self.rules[m, c.TICK_DIV] / self.rules[m, c.TICK_MUL]
        if way > 0:
            ticks = ceil(ticks - c.NEARLY * (1.0 + ticks * c.NEARLY))
        elif way < 0:
            ticks = floor(ticks + c.NEARLY * (1.0 + ticks * c.NEARLY))
        else:
            ticks = rint(ticks)
        if ticks < 1.0:
            ticks = 1.0
        return ticks * self.rules[m, c.TICK_MUL] / self.rules[m, c.TICK_DIV]
