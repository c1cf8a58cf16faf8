# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The broker of backtests: one cash account, its positions and waiting orders in many markets, a candle at a time.

A candle says where the price was, not when. Where that leaves a choice, the worse one is taken: what stops comes before
what takes a profit; of several stops the one nearest to the open comes first, and so of several limits. What comes to
life within a candle (the protection of a position that was opened there, a stop-limit that was triggered there) may
stop in it, and fills better only where the close proves that the price was there afterwards.

A market in which nothing waits keeps the prices and the time between which nothing can happen to its position, so most
candles cost a few comparisons. `skim` passes as many of them as there are; nothing else is done there.

Money is quote currency, quantities base currency, times int64 ns; a side is 1 or -1. All that outlives a call stands in
arrays that others own, so a copy of them is the whole state. Only orders are checked, since users write them.
"""

import cython
import numpy as np

if cython.compiled:
    from cython.cimports.tidemark.kernels import broker_columns as c
    from cython.cimports.tidemark.kernels.broker_orders import BrokerOrders
else:
    from tidemark.kernels import broker_columns as c
    from tidemark.kernels.broker_orders import BrokerOrders


@cython.cclass
class Broker(BrokerOrders):
    """The broker, a candle at a time. Its parts stand one on the other, and none knows those above it."""

    def __init__(self, arrays: tuple) -> None:
        """*arrays*: as BrokerAccount has them; cash, peak and least of account and step of clock are set."""
        BrokerOrders.__init__(self, arrays)
        none = np.zeros(0)
        self.feed(np.zeros(0, np.int32), np.zeros(0, np.int64), none, none, none, none, none)

    @cython.ccall
    @cython.exceptval(check=False)
    def finish(self, market: cython.longlong) -> cython.longlong:
        """The data is over: close the position at its newest close, forget its orders; how much happened."""
        before: cython.longlong = self.clock[c.HAPPENED]
        if market < 0 or market >= self.positions.shape[0] or self.clock[c.CLOSED] >= self.trips.shape[0]:
            return 0
        self.cancel_all(market)
        self._mark()
        if self.positions[market, c.QUANTITY] != 0.0:
            self.clock[c.PIECE_NUMBER] += 1
            self.opened = self.positions[market, c.LAST]
            self.close_price = self.opened
            self.high = self.positions[market, c.LAST_HIGH]
            self.low = self.positions[market, c.LAST_LOW]
            self.volume = 0.0
            self.room = c.INF
            self.moment = self.clock[c.NOW] + (
                self.clock[c.STEP] - c.MILLISECOND if self.clock[c.STEP] > c.MILLISECOND else 0
            )
            # Its candles were counted already.
            self.is_within = self.is_later = False
            self._fill_own(market, self.opened, c.BY_END)
            self._settle_all(market)
            self._mark()
        return self.clock[c.HAPPENED] - before

    @cython.ccall
    @cython.exceptval(check=False)
    def bar(
        self, market: cython.Py_ssize_t, time: cython.longlong, open: cython.double, high: cython.double,
        low: cython.double, close: cython.double, volume: cython.double,
    ) -> cython.longlong:  # fmt: skip
        """Take the next closed candle of a market; how much happened in it: fills, refusals and what was forgotten.

        Candles come in order of time, those of one time in any order of their markets.
        """
        before: cython.longlong = self.clock[c.HAPPENED]
        if time != self.clock[c.NOW]:
            self._mark()
            self.clock[c.NOW] = time
        if (
            self.times[market, c.FIRST] == 0
            and time < self.times[market, c.QUIET_UNTIL]
            and low > self.positions[market, c.LOW_BOUND]
            and high < self.positions[market, c.HIGH_BOUND]
        ):
            self._pass(market, high, low, close)
            return 0
        self._begin(market, time, open)
        self.is_later = False
        self._piece(market, time, self.clock[c.STEP], open, high, low, close, volume)
        self._end(market, high, low, close)
        return self.clock[c.HAPPENED] - before

    def feed(
        self, market: cython.int[::1], time: cython.longlong[::1], open: cython.double[::1],
        high: cython.double[::1], low: cython.double[::1], close: cython.double[::1], volume: cython.double[::1],
    ) -> None:  # fmt: skip
        """Keep these columns for `take`, until others are fed."""
        self.fed_market = market
        self.fed_time = time
        self.fed_open, self.fed_high, self.fed_low = open, high, low
        self.fed_close, self.fed_volume = close, volume

    @cython.ccall
    @cython.exceptval(check=False)
    def take(self, i: cython.Py_ssize_t) -> cython.longlong:
        """`bar` with the candle of row *i* of what was fed: from Python half as dear as with its figures."""
        return self.bar(
            self.fed_market[i], self.fed_time[i], self.fed_open[i], self.fed_high[i], self.fed_low[i],
            self.fed_close[i], self.fed_volume[i],
        )  # fmt: skip

    def bar_with(
        self, market: cython.Py_ssize_t, time: cython.longlong, open: cython.double, high: cython.double,
        low: cython.double, close: cython.double, volume: cython.double, sub_step: cython.longlong,
        sub_time: cython.longlong[::1], sub: cython.double[:, ::1],
    ) -> int:  # fmt: skip
        """As `bar`, where finer candles say what came first: *sub* (n, 5) has their figures, sub_step their length.

        Without any (n = 0) it is `bar` itself.
        """
        before: cython.longlong = self.clock[c.HAPPENED]
        i: cython.Py_ssize_t
        if sub_time.shape[0] == 0:
            return self.bar(market, time, open, high, low, close, volume)
        if time != self.clock[c.NOW]:
            self._mark()
            self.clock[c.NOW] = time
        if (
            self.times[market, c.FIRST] == 0
            and time < self.times[market, c.QUIET_UNTIL]
            and low > self.positions[market, c.LOW_BOUND]
            and high < self.positions[market, c.HIGH_BOUND]
        ):
            self._pass(market, high, low, close)
            return 0
        self._begin(market, time, open)
        for i in range(sub_time.shape[0]):
            self.is_later = i > 0
            self._piece(market, sub_time[i], sub_step, sub[i, 0], sub[i, 1], sub[i, 2], sub[i, 3], sub[i, 4])
        self._end(market, high, low, close)
        return self.clock[c.HAPPENED] - before

    def bars(
        self, market: cython.int[::1], time: cython.longlong[::1], open: cython.double[::1],
        high: cython.double[::1], low: cython.double[::1], close: cython.double[::1], volume: cython.double[::1],
        begin: cython.Py_ssize_t, end: cython.Py_ssize_t,
    ) -> int:  # fmt: skip
        """Take the candles [begin, end) of these columns; how far it came: short of *end* to have trips taken first."""
        i: cython.Py_ssize_t
        for i in range(begin, end):
            if not self.has_room():
                return i
            self.bar(market[i], time[i], open[i], high[i], low[i], close[i], volume[i])
        return end

    @cython.cfunc
    @cython.exceptval(check=False)
    def has_room(self) -> cython.bint:
        """Whether there is room for the trips of one more candle, as long as no order is filled twice in it."""
        return self.clock[c.CLOSED] + 2 * self.orders.shape[0] + 2 <= self.trips.shape[0] or self.clock[c.CLOSED] == 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def skim(
        self, m: cython.Py_ssize_t, time: cython.longlong[::1], high: cython.double[::1], low: cython.double[::1],
        close: cython.double[::1], want: cython.schar[::1], equity: cython.double[::1], begin: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
    ) -> cython.Py_ssize_t:  # fmt: skip
        """Pass candles of the only market that is held from *begin* on, as `bar` does, while nothing can happen.

        Gives the first one that was not passed; `is_asked` says whether the one before it wants another side, as the
        vectorised mode has it. equity: receives what `equity` gives behind each, unless it is empty.
        """
        i: cython.Py_ssize_t = begin
        side: cython.int = 0
        wanted: cython.int = self.times[m, c.WANTED]
        now: cython.int
        until: cython.longlong = self.times[m, c.QUIET_UNTIL]
        cash: cython.double = self.account[c.CASH]
        quantity: cython.double = self.positions[m, c.QUANTITY]
        entry: cython.double = self.positions[m, c.ENTRY]
        low_bound: cython.double = self.positions[m, c.LOW_BOUND]
        high_bound: cython.double = self.positions[m, c.HIGH_BOUND]
        most: cython.double = self.positions[m, c.LAST_HIGH]
        least: cython.double = self.positions[m, c.LAST_LOW]
        value: cython.double
        has_equity: cython.bint = equity.shape[0] > 0
        self.is_asked = False
        if self.times[m, c.FIRST] != 0 or begin >= end or not (low_bound < high_bound):
            return begin
        if quantity == 0.0:
            while i < end and time[i] < until:
                if has_equity:
                    equity[i] = cash
                now = want[i]
                i += 1
                if now != wanted:
                    wanted = now
                    if now != c.NOTHING and now != 0:
                        self.is_asked = True
                        break
            if i > begin:
                self._note(cash)
        else:
            side = 1 if quantity > 0.0 else -1
            value = self.equity()
            most = -c.INF
            least = c.INF
            while i < end and time[i] < until and low[i] > low_bound and high[i] < high_bound:
                self._note(value)
                value = cash + quantity * (close[i] - entry)
                if high[i] > most:
                    most = high[i]
                if low[i] < least:
                    least = low[i]
                if has_equity:
                    equity[i] = value
                now = want[i]
                i += 1
                if now != wanted:
                    wanted = now
                    if now != c.NOTHING and now != side:
                        self.is_asked = True
                        break
            if i > begin:
                self.times[m, c.BARS_HELD] += i - begin
                if side > 0:
                    if most > self.positions[m, c.BEST]:
                        self.positions[m, c.BEST] = most
                    if least < self.positions[m, c.WORST]:
                        self.positions[m, c.WORST] = least
                else:
                    if least < self.positions[m, c.BEST]:
                        self.positions[m, c.BEST] = least
                    if most > self.positions[m, c.WORST]:
                        self.positions[m, c.WORST] = most
        if i > begin:
            self.times[m, c.WANTED] = wanted
            self.clock[c.NOW] = time[i - 1]
            self.positions[m, c.LAST] = close[i - 1]
            self.positions[m, c.LAST_HIGH] = high[i - 1]
            self.positions[m, c.LAST_LOW] = low[i - 1]
        return i

    @cython.cfunc
    @cython.exceptval(check=False)
    def wants(self, m: cython.Py_ssize_t, now: cython.int) -> cython.bint:
        """Whether the vectorised mode is to order: the candle wants what the one before did not, and is not held."""
        before: cython.longlong = self.times[m, c.WANTED]
        quantity: cython.double = self.positions[m, c.QUANTITY]
        self.times[m, c.WANTED] = now
        if now == before or now == c.NOTHING:
            return False
        return now != (1 if quantity > 0.0 else -1 if quantity < 0.0 else 0)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _mark(self) -> cython.void:
        self._note(self.equity() if self.clock[c.HOLDING] else self.account[c.CASH])

    @cython.cfunc
    @cython.inline
    @cython.exceptval(check=False)
    def _note(self, equity: cython.double) -> cython.void:
        if equity > self.account[c.PEAK]:
            self.account[c.PEAK] = equity
        elif self.account[c.PEAK] - equity > self.account[c.DRAWDOWN] * self.account[c.PEAK]:
            self.account[c.DRAWDOWN] = (self.account[c.PEAK] - equity) / self.account[c.PEAK]
        if equity < self.account[c.LEAST]:
            self.account[c.LEAST] = equity

    @cython.cfunc
    @cython.inline
    @cython.exceptval(check=False)
    def _pass(self, m: cython.Py_ssize_t, high: cython.double, low: cython.double, close: cython.double) -> cython.void:
        """A candle in which nothing happens."""
        if self.positions[m, c.QUANTITY] > 0.0:
            self.times[m, c.BARS_HELD] += 1
            if high > self.positions[m, c.BEST]:
                self.positions[m, c.BEST] = high
            if low < self.positions[m, c.WORST]:
                self.positions[m, c.WORST] = low
        elif self.positions[m, c.QUANTITY] < 0.0:
            self.times[m, c.BARS_HELD] += 1
            if low < self.positions[m, c.BEST]:
                self.positions[m, c.BEST] = low
            if high > self.positions[m, c.WORST]:
                self.positions[m, c.WORST] = high
        self.positions[m, c.LAST] = close
        self.positions[m, c.LAST_HIGH] = high
        self.positions[m, c.LAST_LOW] = low

    @cython.cfunc
    @cython.exceptval(check=False)
    def _begin(self, m: cython.Py_ssize_t, time: cython.longlong, open: cython.double) -> cython.void:
        """What is due before anything is filled: funding, and orders whose life is over."""
        k: cython.Py_ssize_t
        behind: cython.longlong
        if self.positions[m, c.QUANTITY] != 0.0:
            self._fund(m, time, open)
        k = self.times[m, c.FIRST] - 1
        while k >= 0:
            behind = self.orders[k, c.NEXT]
            if time >= self.orders[k, c.ENDS_AT]:
                self._tell(c.EXPIRED, self.orders[k, c.ID], m, time, self.sizes[k, c.SIZE], 0.0, self.sizes[k, c.PRICE])
                self._remove(k)
            k = behind - 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _piece(
        self, m: cython.Py_ssize_t, time: cython.longlong, span: cython.longlong, open: cython.double,
        high: cython.double, low: cython.double, close: cython.double, volume: cython.double,
    ) -> cython.void:  # fmt: skip
        """Fill what a candle, or a part of one, fills."""
        self.clock[c.PIECE_NUMBER] += 1
        self.begun = time
        self.span = span
        self.opened = open
        self.high = high
        self.low = low
        self.close_price = close
        self.volume = volume
        self.room = volume * self.rules[m, c.FILL_SHARE] if self.rules[m, c.FILL_SHARE] > 0.0 else c.INF
        self.moment = time
        self.is_within = False
        if self.times[m, c.FIRST] == 0 and self.positions[m, c.QUANTITY] == 0.0:
            return
        self._open_phase(m)
        self.moment = time + (span - c.MILLISECOND if span > c.MILLISECOND else 0)
        self.is_within = True
        self._within_phase(m)
        self._trail(m)
        self._reach(m)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _end(self, m: cython.Py_ssize_t, high: cython.double, low: cython.double, close: cython.double) -> cython.void:
        if self.positions[m, c.QUANTITY] != 0.0:
            self.times[m, c.BARS_HELD] += 1
        self.positions[m, c.LAST] = close
        self.positions[m, c.LAST_HIGH] = high
        self.positions[m, c.LAST_LOW] = low
        self._settle_all(m)
