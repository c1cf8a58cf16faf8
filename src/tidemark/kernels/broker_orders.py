# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What is asked of the broker of a backtest: orders, protection, and their end."""

import cython

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tidemark.kernels import broker_columns as c
    from cython.cimports.tidemark.kernels.broker_within import BrokerWithin
else:
    from tidemark.kernels import broker_columns as c
    from tidemark.kernels.broker_within import BrokerWithin

    fabs = abs


@cython.cclass
class BrokerOrders(BrokerWithin):
    """Orders come in here, and nothing else is checked."""

    @cython.ccall
    @cython.exceptval(check=False)
    def order(
        self, market: cython.longlong, side: cython.longlong, size: cython.double, kind: cython.longlong = 0,
        price: cython.double = 0.0, trigger: cython.double = 0.0, distance: cython.double = 0.0,
        sizing: cython.longlong = 0, flags: cython.longlong = 0, life: cython.longlong = 0, tag: cython.longlong = 0,
        stop: cython.double = 0.0, target: cython.double = 0.0, trail: cython.double = 0.0, until: cython.longlong = 0,
        reason: cython.longlong = 0,
    ) -> cython.longlong:  # fmt: skip
        """Place an order behind the newest candle; its number, or the negated reason why it is refused.

        size: of what `sizing` says, to be held afterwards with TO_TARGET. price: of a limit. trigger: of a stop or a
        take-profit. distance: of a trailing stop. life: candles that it waits, 0 for ever. stop, target, trail, until:
        what protects the position that it opens. reason: an exit of EXITS, 0 for the one of its kind.
        """
        k: cython.Py_ssize_t
        last: cython.Py_ssize_t
        behind: cython.longlong
        way: cython.int = 1 if side > 0 else -1
        needs_size: cython.bint = (flags & (c.CLOSE | c.TO_TARGET)) == 0
        is_fraction: cython.bint = (flags & c.FRACTION) != 0
        if (
            market < 0 or market >= self.positions.shape[0] or kind < 0 or kind > c.TRAILING or sizing < 0
            or sizing > c.SHARE or (side != 1 and side != -1) or flags < 0 or flags > 31 or reason < 0
            or reason > c.BY_END
            or (flags & c.TO_TARGET and (kind != c.MARKET or flags & (c.REDUCE_ONLY | c.CLOSE)))
            or (flags & c.POST_ONLY and kind != c.LIMIT)
        ):  # fmt: skip
            self._tell(c.WRONG_ORDER, 0, 0, self.clock[c.NOW], size, 0.0, price)
            return -c.WRONG_ORDER
        if not (0.0 <= size < c.INF) or (needs_size and not size > 0.0):
            self._tell(c.WRONG_SIZE, 0, market, self.clock[c.NOW], size, 0.0, price)
            return -c.WRONG_SIZE
        if (
            ((kind == c.LIMIT or kind == c.STOP_LIMIT) and not 0.0 < price < c.INF)
            or ((kind == c.STOP or kind == c.STOP_LIMIT or kind == c.TAKE_PROFIT) and not 0.0 < trigger < c.INF)
            or (kind == c.TRAILING and not 0.0 < distance < (1.0 if is_fraction else c.INF))
            or not (0.0 <= stop < c.INF and 0.0 <= target < c.INF and 0.0 <= trail < c.INF)
            or (is_fraction and (stop >= 1.0 or trail >= 1.0 or (side < 0 and target >= 1.0)))
        ):
            self._tell(c.WRONG_PRICE, 0, market, self.clock[c.NOW], size, 0.0, price)
            return -c.WRONG_PRICE
        behind = self.clock[c.NOW] + self.clock[c.STEP]
        k = self.clock[c.FREE] - 1
        if k < 0:
            self._tell(c.NO_PLACE, 0, market, behind, size, 0.0, price)
            return -c.NO_PLACE
        self.clock[c.FREE] = self.orders[k, c.NEXT]
        self.clock[c.ISSUED] += 1
        self.orders[k, c.ID] = self.clock[c.ISSUED] * self.orders.shape[0] + k
        self.orders[k, c.OF_MARKET] = market
        self.orders[k, c.SIDE] = side
        self.orders[k, c.KIND] = kind
        self.orders[k, c.ITS_FLAGS] = flags | c.REDUCE_ONLY if flags & c.CLOSE else flags
        self.orders[k, c.SIZING] = sizing
        self.orders[k, c.NEXT] = 0
        self.orders[k, c.ACTIVE_AT] = behind + self.timing[market, c.LATENCY]
        self.orders[k, c.ENDS_AT] = behind + life * self.clock[c.STEP] if 0 < life < 1000000000 else c.NEVER
        self.orders[k, c.ITS_TAG] = tag
        self.orders[k, c.HELD_UNTIL] = until
        self.orders[k, c.REASON] = reason
        self.orders[k, c.LINK] = 0
        self.orders[k, c.STATE] = 0
        self.orders[k, c.DONE] = 0
        self.orders[k, c.TRIGGERED] = 0
        self.sizes[k, c.SIZE] = size
        self.sizes[k, c.LEFT] = 0.0
        # A limit is never worse than asked.
        self.sizes[k, c.PRICE] = self._tick(market, price, -way) if price > 0.0 else 0.0
        self.sizes[k, c.TRIGGER] = self._tick(market, trigger, 0) if trigger > 0.0 else 0.0
        self.sizes[k, c.DISTANCE] = distance
        self.sizes[k, c.EXTREME] = self.positions[market, c.LAST]
        self.sizes[k, c.WITH_STOP] = stop
        self.sizes[k, c.WITH_TARGET] = target
        self.sizes[k, c.WITH_TRAIL] = trail
        last = self.times[market, c.FIRST] - 1
        if last < 0:
            self.times[market, c.FIRST] = k + 1
        else:
            while self.orders[last, c.NEXT] > 0:
                last = self.orders[last, c.NEXT] - 1
            self.orders[last, c.NEXT] = k + 1
        self.times[market, c.WAITING] += 1
        return self.orders[k, c.ID]

    @cython.ccall
    @cython.exceptval(check=False)
    def protect(
        self, market: cython.longlong, stop: cython.double = -1.0, target: cython.double = -1.0,
        trail: cython.double = -1.0, until: cython.longlong = -1, is_fraction: cython.bint = False,
    ) -> cython.longlong:  # fmt: skip
        """Change what protects the position: below 0 leaves it, 0 removes it; 0, or the negated reason of a refusal."""
        if market < 0 or market >= self.positions.shape[0]:
            self._tell(c.WRONG_ORDER, 0, 0, self.clock[c.NOW], stop, 0.0, target)
            return -c.WRONG_ORDER
        if self.positions[market, c.QUANTITY] == 0.0:
            self._tell(c.NO_POSITION, 0, market, self.clock[c.NOW], stop, 0.0, target)
            return -c.NO_POSITION
        if not (stop < c.INF and target < c.INF and trail < c.INF) or (
            is_fraction
            and (stop >= 1.0 or trail >= 1.0 or (self.positions[market, c.QUANTITY] < 0.0 and target >= 1.0))
        ):
            self._tell(c.WRONG_PRICE, 0, market, self.clock[c.NOW], stop, 0.0, target)
            return -c.WRONG_PRICE
        if trail > 0.0:
            self.positions[market, c.ITS_EXTREME] = self.positions[market, c.LAST]
        self._guard(
            market, stop, target, trail, until, is_fraction, self.positions[market, c.ENTRY],
            fabs(self.positions[market, c.QUANTITY]) if self.positions[market, c.RISK] == 0.0 else 0.0,
        )  # fmt: skip
        self._settle(market)
        return 0

    @cython.ccall
    @cython.exceptval(check=False)
    def cancel(self, number: cython.longlong) -> cython.longlong:
        """Forget the order of that number; 1 where it waited, else 0."""
        k: cython.Py_ssize_t = self._find(number)
        if k < 0:
            return 0
        self._remove(k)
        return 1

    @cython.ccall
    @cython.exceptval(check=False)
    def cancel_all(self, market: cython.longlong) -> cython.longlong:
        """Forget all orders of a market; how many waited."""
        removed: cython.longlong = 0
        if market < 0 or market >= self.positions.shape[0]:
            return 0
        while self.times[market, c.FIRST] > 0:
            self._remove(self.times[market, c.FIRST] - 1)
            removed += 1
        return removed

    @cython.ccall
    @cython.exceptval(check=False)
    def link(self, number: cython.longlong, other: cython.longlong) -> cython.longlong:
        """When either is filled, in part or whole, the other is forgotten; 1 where both wait, else 0."""
        k: cython.Py_ssize_t = self._find(number)
        j: cython.Py_ssize_t = self._find(other)
        if k < 0 or j < 0 or k == j:
            return 0
        self.orders[k, c.LINK] = other
        self.orders[j, c.LINK] = number
        return 1

    @cython.ccall
    @cython.exceptval(check=False)
    def close(self, market: cython.longlong, reason: cython.longlong = 0) -> cython.longlong:
        """Close the whole position at the next open; as `order`."""
        if 0 <= market < self.positions.shape[0] and self.positions[market, c.QUANTITY] == 0.0:
            self._tell(c.NO_POSITION, 0, market, self.clock[c.NOW], 0.0, 0.0, 0.0)
            return -c.NO_POSITION
        side: cython.longlong = 1
        if 0 <= market < self.positions.shape[0] and self.positions[market, c.QUANTITY] > 0.0:
            side = -1
        return self.order(market, side, 0.0, c.MARKET, 0.0, 0.0, 0.0, c.UNITS, c.CLOSE, 0, 0, 0.0, 0.0, 0.0, 0, reason)
