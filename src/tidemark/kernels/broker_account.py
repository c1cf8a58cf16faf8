# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The account of a backtest over its arrays: what is read of it, and the books that are kept."""

import cython

from tidemark.kernels.page import view

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tidemark.kernels import broker_columns as c
else:
    from tidemark.kernels import broker_columns as c

    fabs = abs


@cython.cclass
class BrokerAccount:
    """The account over arrays that others own, all C-contiguous, zeroed before the first candle but for the rules.

    In order: rules (markets, RULES) and timing (markets, TIMING); due_at int64 and due_rate (fundings,), of each market
    in order of time; positions (markets, POSITION), times (markets, TIMES), holding (markets,); orders (orders, ORDER)
    and sizes (orders, SIZES); account (ACCOUNT,), clock (CLOCK,), counts (REASONS,); then what is given, sizes and
    times of trips, told and fills. Of the last two, what finds no room is counted alone.
    """

    def __init__(self, arrays: tuple) -> None:
        """*arrays*: as above; cash, peak and least of account and step of clock are set."""
        self.arrays = arrays
        self.rules, self.timing = view(arrays[0]), view(arrays[1])
        self.due_at, self.due_rate = view(arrays[2]), view(arrays[3])
        self.positions, self.times, self.holding = view(arrays[4]), view(arrays[5]), view(arrays[6])
        self.orders, self.sizes = view(arrays[7]), view(arrays[8])
        self.account, self.clock, self.counts = view(arrays[9]), view(arrays[10]), view(arrays[11])
        self.trips, self.trip_times = view(arrays[12]), view(arrays[13])
        self.told_sizes, self.told_times = view(arrays[14]), view(arrays[15])
        self.fill_sizes, self.fill_times = view(arrays[16]), view(arrays[17])
        self.opened = self.high = self.low = self.close_price = self.volume = self.room = 0.0
        self.begun = self.span = self.moment = 0
        self.is_within = self.is_later = self.is_maker = self.is_asked = False
        self.level = 0.0
        self.refused = 0
        self.added = 0
        self.added_at = 0.0
        k: cython.Py_ssize_t
        if self.clock[c.ISSUED] == 0:
            self.clock[c.NOW] = -c.NEVER
            for k in range(self.orders.shape[0]):
                self.orders[k, c.NEXT] = k + 2 if k + 1 < self.orders.shape[0] else 0
            self.clock[c.FREE] = 1

    @property
    def cash(self) -> float:
        """What the account holds, open profits left out."""
        return self.account[c.CASH]

    @property
    def peak(self) -> float:
        """The highest equity at the closes of a time, the newest left out."""
        return self.account[c.PEAK]

    @property
    def drawdown(self) -> float:
        """The deepest fall from a peak, as a fraction of it, at the same closes."""
        return self.account[c.DRAWDOWN]

    @property
    def least(self) -> float:
        """The lowest equity at the same closes."""
        return self.account[c.LEAST]

    @property
    def fees(self) -> float:
        """Paid so far."""
        return self.account[c.ALL_FEES]

    @property
    def funding(self) -> float:
        """Paid so far, negative where more was received."""
        return self.account[c.ALL_FUNDING]

    @property
    def slippage(self) -> float:
        """What fills cost so far against the prices without it."""
        return self.account[c.ALL_SLIPPAGE]

    @property
    def turnover(self) -> float:
        """The value of all fills so far."""
        return self.account[c.TURNOVER]

    @property
    def now(self) -> int:
        """The open time of the newest candle."""
        return self.clock[c.NOW]

    @property
    def closed(self) -> int:
        """Rows of trips that wait to be taken."""
        return self.clock[c.CLOSED]

    @property
    def told(self) -> int:
        """Rows of what is told that wait to be taken."""
        return self.clock[c.TOLD]

    @property
    def filled(self) -> int:
        """Rows of fills that wait to be taken."""
        return self.clock[c.FILLED]

    @property
    def fills(self) -> int:
        """Fills so far."""
        return self.clock[c.FILLS]

    @cython.ccall
    @cython.exceptval(check=False)
    def position(self, market: cython.Py_ssize_t) -> cython.double:
        """What is held, signed."""
        return self.positions[market, c.QUANTITY]

    @cython.ccall
    @cython.exceptval(check=False)
    def entry(self, market: cython.Py_ssize_t) -> cython.double:
        """The mean price of what is held; 0 where nothing is."""
        return self.positions[market, c.ENTRY]

    @cython.ccall
    @cython.exceptval(check=False)
    def last(self, market: cython.Py_ssize_t) -> cython.double:
        """The newest close; 0 before the first."""
        return self.positions[market, c.LAST]

    @cython.ccall
    @cython.exceptval(check=False)
    def profit(self, market: cython.Py_ssize_t) -> cython.double:
        """The open profit at the newest close, fees and funding left out."""
        return self.positions[market, c.QUANTITY] * (self.positions[market, c.LAST] - self.positions[market, c.ENTRY])

    @cython.ccall
    @cython.exceptval(check=False)
    def waiting(self, market: cython.Py_ssize_t) -> cython.longlong:
        """How many orders wait."""
        return self.times[market, c.WAITING]

    @cython.ccall
    @cython.exceptval(check=False)
    def equity(self) -> cython.double:
        """Cash and open profits at the newest closes."""
        total: cython.double = self.account[c.CASH]
        i: cython.Py_ssize_t
        m: cython.Py_ssize_t
        for i in range(self.clock[c.HOLDING]):
            m = self.holding[i]
            total += self.positions[m, c.QUANTITY] * (self.positions[m, c.LAST] - self.positions[m, c.ENTRY])
        return total

    @cython.ccall
    @cython.exceptval(check=False)
    def exposure(self) -> cython.double:
        """The value of all that is held, of either side, at the newest closes."""
        total: cython.double = 0.0
        i: cython.Py_ssize_t
        m: cython.Py_ssize_t
        for i in range(self.clock[c.HOLDING]):
            m = self.holding[i]
            total += fabs(self.positions[m, c.QUANTITY]) * self.positions[m, c.LAST]
        return total

    @cython.cfunc
    @cython.exceptval(check=False)
    def _equity_at(self, m: cython.Py_ssize_t, price: cython.double) -> cython.double:
        """The equity where the market is at *price*."""
        total: cython.double = self.account[c.CASH]
        i: cython.Py_ssize_t
        one: cython.Py_ssize_t
        for i in range(self.clock[c.HOLDING]):
            one = self.holding[i]
            total += self.positions[one, c.QUANTITY] * (
                (price if one == m else self.positions[one, c.LAST]) - self.positions[one, c.ENTRY]
            )
        return total

    @cython.cfunc
    @cython.exceptval(check=False)
    def _find(self, number: cython.longlong) -> cython.Py_ssize_t:
        """The place of the order of that number, -1 where it does not wait."""
        k: cython.Py_ssize_t
        if number <= 0:
            return c.NO_ORDER
        k = number % self.orders.shape[0]
        return k if self.orders[k, c.ID] == number else c.NO_ORDER

    @cython.cfunc
    @cython.exceptval(check=False)
    def _remove(self, k: cython.Py_ssize_t) -> cython.void:
        """Forget an order; its place is free."""
        m: cython.Py_ssize_t = self.orders[k, c.OF_MARKET]
        at: cython.Py_ssize_t = self.times[m, c.FIRST] - 1
        if at == k:
            self.times[m, c.FIRST] = self.orders[k, c.NEXT]
        else:
            while self.orders[at, c.NEXT] - 1 != k:
                at = self.orders[at, c.NEXT] - 1
            self.orders[at, c.NEXT] = self.orders[k, c.NEXT]
        self.times[m, c.WAITING] -= 1
        self.orders[k, c.ID] = 0
        self.orders[k, c.NEXT] = self.clock[c.FREE]
        self.clock[c.FREE] = k + 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _tell(
        self, reason: cython.int, number: cython.longlong, m: cython.Py_ssize_t, at: cython.longlong,
        asked: cython.double, given: cython.double, price: cython.double,
    ) -> cython.void:  # fmt: skip
        row: cython.Py_ssize_t = self.clock[c.TOLD]
        self.clock[c.HAPPENED] += 1
        self.counts[reason] += 1
        if row >= self.told_times.shape[0]:
            return
        self.told_times[row, 0] = reason
        self.told_times[row, 1] = number
        self.told_times[row, 2] = m
        self.told_times[row, 3] = at
        self.told_sizes[row, 0] = asked
        self.told_sizes[row, 1] = given
        self.told_sizes[row, 2] = price
        self.clock[c.TOLD] = row + 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _log(
        self, m: cython.Py_ssize_t, k: cython.Py_ssize_t, side: cython.double, quantity: cython.double,
        price: cython.double, reference: cython.double, fee: cython.double, is_maker: cython.bint,
    ) -> cython.void:  # fmt: skip
        """Count a fill, and write it where there is room for it."""
        row: cython.Py_ssize_t = self.clock[c.FILLED]
        self.clock[c.HAPPENED] += 1
        self.clock[c.FILLS] += 1
        self.account[c.ALL_FEES] += fee
        self.account[c.ALL_SLIPPAGE] += side * (price - reference) * quantity
        self.account[c.TURNOVER] += quantity * price
        if row >= self.fill_times.shape[0]:
            return
        self.fill_times[row, 0] = self.orders[k, c.ID] if k >= 0 else 0
        self.fill_times[row, 1] = m
        self.fill_times[row, 2] = self.moment
        self.fill_times[row, 3] = 1 if side > 0.0 else -1
        self.fill_times[row, 4] = 1 if is_maker else 0
        self.fill_sizes[row, 0] = quantity
        self.fill_sizes[row, 1] = price
        self.fill_sizes[row, 2] = reference
        self.fill_sizes[row, 3] = fee
        self.clock[c.FILLED] = row + 1
