# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Fills of a backtest: how much of an order the account carries, at which price, and what becomes of the rest."""

import cython

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.libc.math import pow as power
    from cython.cimports.tidemark.kernels import broker_columns as c
    from cython.cimports.tidemark.kernels.broker_positions import BrokerPositions
else:
    from math import pow as power

    from tidemark.kernels import broker_columns as c
    from tidemark.kernels.broker_positions import BrokerPositions

    fabs = abs


@cython.cclass
class BrokerFills(BrokerPositions):
    """Orders become positions, as far as the account carries them."""

    @cython.cfunc
    @cython.exceptval(check=False)
    def _fill_own(self, m: cython.Py_ssize_t, reference: cython.double, code: cython.int) -> cython.bint:
        """Close the whole position; what finds no volume is closed at the next open. False where nothing was closed."""
        quantity: cython.double = self.positions[m, c.QUANTITY]
        side: cython.double = -1.0 if quantity > 0.0 else 1.0
        held: cython.double = fabs(quantity)
        filled: cython.double = self._trade(m, c.NO_ORDER, side, held, reference, False, 0.0, code)
        if self.positions[m, c.QUANTITY] != 0.0:
            self.times[m, c.TRIED] = self.clock[c.PIECE_NUMBER]
            self.times[m, c.CLOSING] = code + 1
        return filled > 0.0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _fill_order(
        self, m: cython.Py_ssize_t, k: cython.Py_ssize_t, reference: cython.double, is_maker: cython.bint
    ) -> cython.void:
        """Fill an order as far as there is volume and margin."""
        number: cython.longlong = self.orders[k, c.ID]
        other: cython.longlong = self.orders[k, c.LINK]
        kind: cython.longlong = self.orders[k, c.KIND]
        side: cython.double
        quantity: cython.double
        filled: cython.double
        limit: cython.double = 0.0
        held: cython.double = self.positions[m, c.QUANTITY]
        linked: cython.Py_ssize_t
        code: cython.int = self.orders[k, c.REASON]
        self.orders[k, c.DONE] = self.clock[c.PIECE_NUMBER]
        if self.orders[k, c.ITS_FLAGS] & c.REDUCE_ONLY and not held * self.orders[k, c.SIDE] < 0.0:
            self._tell(c.NO_POSITION, number, m, self.moment, self.sizes[k, c.SIZE], 0.0, reference)
            self._remove(k)
            return
        if not self.orders[k, c.STATE] & c.IS_SIZED:
            self.refused = self._size(m, k, reference)
            if self.refused:
                self._tell(self.refused, number, m, self.moment, self.sizes[k, c.SIZE], 0.0, reference)
                self._remove(k)
                return
            self.orders[k, c.STATE] |= c.IS_SIZED
        side = self.orders[k, c.SIDE]
        quantity = self.sizes[k, c.LEFT]
        if self.orders[k, c.ITS_FLAGS] & c.CLOSE or (
            self.orders[k, c.ITS_FLAGS] & c.REDUCE_ONLY and quantity > fabs(held)
        ):
            quantity = fabs(held)
        if kind == c.LIMIT or kind == c.STOP_LIMIT:
            limit = self.sizes[k, c.PRICE]
        else:
            # What is left of it goes on as a market order.
            self.orders[k, c.STATE] |= c.IS_TRIGGERED
        if code == 0:
            if kind == c.STOP or kind == c.STOP_LIMIT:
                code = c.BY_STOP
            elif kind == c.TAKE_PROFIT:
                code = c.BY_TARGET
            elif kind == c.TRAILING:
                code = c.BY_TRAIL
        if self.orders[k, c.ACTIVE_AT] > self.moment:
            self.moment = self.orders[k, c.ACTIVE_AT]
            filled = self._trade(m, k, side, quantity, reference, is_maker, limit, code)
            self.moment = self.begun
        else:
            filled = self._trade(m, k, side, quantity, reference, is_maker, limit, code)
        if filled > 0.0 and other:
            linked = self._find(other)
            if linked >= 0:
                self._tell(
                    c.LINKED, other, self.orders[linked, c.OF_MARKET], self.moment, self.sizes[linked, c.SIZE], 0.0,
                    self.sizes[linked, c.PRICE],
                )  # fmt: skip
                self._remove(linked)
        # A position that is closed takes the orders with it that could only reduce it.
        if self.orders[k, c.ID] != number:
            return
        self.sizes[k, c.LEFT] -= filled
        if self.refused or filled >= quantity or self.sizes[k, c.LEFT] <= c.DUST * quantity:
            self._remove(k)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _size(self, m: cython.Py_ssize_t, k: cython.Py_ssize_t, reference: cython.double) -> cython.int:
        """How much an order is to fill at *reference*; gives why it is refused, 0 where it is not."""
        held: cython.double = self.positions[m, c.QUANTITY]
        wanted: cython.double = self.sizes[k, c.SIZE]
        side: cython.double = self.orders[k, c.SIDE]
        if self.orders[k, c.ITS_FLAGS] & c.CLOSE:
            self.sizes[k, c.LEFT] = fabs(held)
            return 0
        if self.orders[k, c.SIZING] == c.VALUE:
            wanted = wanted / reference
        elif self.orders[k, c.SIZING] == c.SHARE:
            wanted = wanted * self._equity_at(m, reference) / reference
        wanted = self._floor(m, wanted) if wanted > 0.0 else 0.0
        if self.orders[k, c.ITS_FLAGS] & c.TO_TARGET:
            if wanted == 0.0 and self.sizes[k, c.SIZE] > 0.0 and not held * side < 0.0:
                return c.TOO_SMALL
            wanted = side * wanted - held
            if fabs(wanted) <= c.DUST * fabs(held):
                return c.UNCHANGED
            self.orders[k, c.SIDE] = 1 if wanted > 0.0 else -1
            side = self.orders[k, c.SIDE]
            wanted = self._whole(m, fabs(wanted)) if wanted * held < 0.0 and fabs(wanted) > fabs(held) else fabs(wanted)
        if wanted <= 0.0:
            return c.TOO_SMALL
        self.sizes[k, c.LEFT] = wanted
        # What closes a position may be as small as that is.
        if not (held * side < 0.0 and wanted >= fabs(held) - c.DUST) and (
            wanted < self.rules[m, c.LEAST_QUANTITY]
            or (wanted * reference < self.rules[m, c.LEAST_VALUE] and not self.orders[k, c.ITS_FLAGS] & c.REDUCE_ONLY)
        ):
            return c.TOO_SMALL
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _trade(
        self, m: cython.Py_ssize_t, k: cython.Py_ssize_t, side: cython.double, quantity: cython.double,
        reference: cython.double, is_maker: cython.bint, limit: cython.double, code: cython.int,
    ) -> cython.double:  # fmt: skip
        """Fill *quantity* at *reference* as far as it goes; gives how much. `refused`: no more of it ever will be."""
        held: cython.double = self.positions[m, c.QUANTITY]
        price: cython.double = reference
        rate: cython.double = self.rules[m, c.MAKER] if is_maker else self.rules[m, c.TAKER]
        closing: cython.double = 0.0
        opening: cython.double
        given: cython.double
        fee: cython.double
        lost: cython.double
        level: cython.double
        row: cython.Py_ssize_t = -1
        self.refused = 0
        if code == c.BY_LIQUIDATION:
            rate = self.rules[m, c.LIQUIDATION_FEE]
        elif quantity > self.room:
            quantity = self._floor(m, self.room)
            if quantity <= 0.0:
                return 0.0
        if not is_maker and code != c.BY_LIQUIDATION:
            price = self._slipped(m, side, quantity, reference, limit)
        if held * side < 0.0:
            closing = fabs(held)
            if quantity < closing - c.DUST * closing:
                closing = quantity
        opening = quantity - closing
        if opening <= c.DUST * quantity:
            opening = 0.0
        elif closing > 0.0:
            opening = self._whole(m, opening)
        if self.room < c.INF and code != c.BY_LIQUIDATION:
            self.room -= quantity
        if closing > 0.0:
            if code == c.BY_LIQUIDATION:
                # The exchange's insurance pays for what is beyond the margin.
                lost = self.positions[m, c.POSTED]
                if self.rules[m, c.MARGIN_MODE] == 2.0:
                    lost = self._equity_at(m, self.positions[m, c.ENTRY])
                if lost < 0.0:
                    lost = 0.0
                level = self.positions[m, c.ENTRY] + side * lost / closing
                if side * (price - level) > 0.0:
                    price = level
                    reference = level
                fee = closing * price * rate
                lost -= closing * fabs(price - self.positions[m, c.ENTRY])
                if fee > lost:
                    fee = lost if lost > 0.0 else 0.0
                self._tell(c.LIQUIDATED, 0, m, self.moment, closing, closing, price)
            else:
                fee = closing * price * rate
            self._log(m, k, side, closing, price, reference, fee, is_maker)
            if opening > 0.0 and code == c.BY_SIGNAL:
                code = c.BY_REVERSAL
            row = self.clock[c.CLOSED]
            self._reduce(m, closing, price, reference, fee, code)
        if opening > 0.0 and k >= 0:
            given = self._afford(m, opening, price, rate, reference)
            if given < opening:
                if given <= 0.0 or (
                    given < self.rules[m, c.LEAST_QUANTITY] or given * price < self.rules[m, c.LEAST_VALUE]
                ):
                    self._tell(c.NO_MARGIN, self.orders[k, c.ID], m, self.moment, opening, 0.0, price)
                    given = 0.0
                elif self.orders[k, c.SIZING] != c.SHARE or given < c.WORTH_TELLING * opening:
                    self._tell(c.SHRUNK, self.orders[k, c.ID], m, self.moment, opening, given, price)
                self.refused = c.NO_MARGIN
            opening = given
            if opening > 0.0:
                fee = opening * price * rate
                self._log(m, k, side, opening, price, reference, fee, is_maker)
                self._add(m, k, side, opening, price, reference, fee)
            elif row >= 0 and self.clock[c.CLOSED] > row and self.trip_times[row, 6] == c.BY_REVERSAL:
                self.trip_times[row, 6] = c.BY_SIGNAL
        return closing + opening

    @cython.cfunc
    @cython.exceptval(check=False)
    def _slipped(
        self, m: cython.Py_ssize_t, side: cython.double, quantity: cython.double, reference: cython.double,
        limit: cython.double,
    ) -> cython.double:  # fmt: skip
        """The price that a taker of *quantity* gets where the market is at *reference*."""
        away: cython.double = reference * self.rules[m, c.SLIP_FIXED]
        share: cython.double
        price: cython.double
        if away < self.rules[m, c.SLIP_DISTANCE]:
            away = self.rules[m, c.SLIP_DISTANCE]
        if self.rules[m, c.SLIP_IMPACT] > 0.0:
            share = quantity / self.volume if self.volume > quantity else 1.0
            away += reference * self.rules[m, c.SLIP_IMPACT] * power(share, self.rules[m, c.SLIP_POWER])
        if away > reference * self.rules[m, c.SLIP_MOST]:
            away = reference * self.rules[m, c.SLIP_MOST]
        if away <= 0.0:
            return reference
        price = self._tick(m, reference + side * away, 1 if side > 0.0 else -1)
        if self.rules[m, c.SLIP_IS_CLAMPED] != 0.0:
            if price > self.high:
                price = self.high
            elif price < self.low:
                price = self.low
        if limit > 0.0 and side * (price - limit) > 0.0:
            price = limit
        return price

    @cython.cfunc
    @cython.exceptval(check=False)
    def _afford(
        self, m: cython.Py_ssize_t, quantity: cython.double, price: cython.double, rate: cython.double,
        reference: cython.double,
    ) -> cython.double:  # fmt: skip
        """How much of *quantity* there is margin for, its fee and what it costs against the market included."""
        each: cython.double
        there: cython.double
        i: cython.Py_ssize_t
        one: cython.Py_ssize_t
        if self.rules[m, c.MARGIN_MODE] == 0.0:
            return quantity
        there = self.account[c.CASH]
        for i in range(self.clock[c.HOLDING]):
            one = self.holding[i]
            there -= self.positions[one, c.POSTED]
            if self.rules[m, c.MARGIN_MODE] == 2.0:
                there += self.positions[one, c.QUANTITY] * (
                    (reference if one == m else self.positions[one, c.LAST]) - self.positions[one, c.ENTRY]
                )
        each = price / self.rules[m, c.LEVERAGE] + price * (rate if rate > 0.0 else 0.0)
        if self.rules[m, c.MARGIN_MODE] == 2.0:
            each += fabs(price - reference)
        if quantity * each <= there:
            return quantity
        return self._floor(m, there / each) if there > 0.0 else 0.0
