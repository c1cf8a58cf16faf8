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

from tidemark.kernels.page import view

if cython.compiled:
    from cython.cimports.libc.math import ceil, fabs, floor, rint
    from cython.cimports.libc.math import pow as power
else:
    import math

    def floor(value: float) -> float:
        """As C has it."""
        return float(math.floor(value))

    def ceil(value: float) -> float:
        """As C has it."""
        return float(math.ceil(value))

    def rint(value: float) -> float:
        """As C has it."""
        return float(round(value))

    fabs = abs
    power = math.pow

# Kinds of orders.
KINDS = ("market", "limit", "stop", "stop_limit", "take_profit", "trailing")
MARKET = cython.declare(cython.longlong, 0)
LIMIT = cython.declare(cython.longlong, 1)
STOP = cython.declare(cython.longlong, 2)
STOP_LIMIT = cython.declare(cython.longlong, 3)
TAKE_PROFIT = cython.declare(cython.longlong, 4)
TRAILING = cython.declare(cython.longlong, 5)
# What the size of an order is: base currency, quote currency at the fill, a share of the equity at the fill.
SIZINGS = ("units", "value", "share")
UNITS = cython.declare(cython.longlong, 0)
VALUE = cython.declare(cython.longlong, 1)
SHARE = cython.declare(cython.longlong, 2)
# Flags of an order.
FLAGS = ("reduce_only", "target", "fraction", "post_only", "close")
REDUCE_ONLY = cython.declare(cython.longlong, 1)
TO_TARGET = cython.declare(cython.longlong, 2)
FRACTION = cython.declare(cython.longlong, 4)
POST_ONLY = cython.declare(cython.longlong, 8)
CLOSE = cython.declare(cython.longlong, 16)
# Why a position was closed, in the order of model.round_trip.Exit.
EXITS = ("signal", "reversed", "stop", "target", "trail", "expired", "liquidated", "end")
BY_SIGNAL = cython.declare(cython.int, 0)
BY_REVERSAL = cython.declare(cython.int, 1)
BY_STOP = cython.declare(cython.int, 2)
BY_TARGET = cython.declare(cython.int, 3)
BY_TRAIL = cython.declare(cython.int, 4)
BY_TIME = cython.declare(cython.int, 5)
BY_LIQUIDATION = cython.declare(cython.int, 6)
BY_END = cython.declare(cython.int, 7)
# What is told: why an order was refused, made smaller or forgotten, and what befell the account.
REASONS = (
    "none", "no_margin", "too_small", "no_position", "wrong_price", "wrong_size", "no_place", "would_take", "expired",
    "shrunk", "liquidated", "linked", "wrong_order", "unchanged",
)  # fmt: skip
NO_MARGIN = cython.declare(cython.int, 1)
TOO_SMALL = cython.declare(cython.int, 2)
NO_POSITION = cython.declare(cython.int, 3)
WRONG_PRICE = cython.declare(cython.int, 4)
WRONG_SIZE = cython.declare(cython.int, 5)
NO_PLACE = cython.declare(cython.int, 6)
WOULD_TAKE = cython.declare(cython.int, 7)
EXPIRED = cython.declare(cython.int, 8)
SHRUNK = cython.declare(cython.int, 9)
LIQUIDATED = cython.declare(cython.int, 10)
LINKED = cython.declare(cython.int, 11)
WRONG_ORDER = cython.declare(cython.int, 12)
UNCHANGED = cython.declare(cython.int, 13)

# What holds for a market: rates are fractions; margin: 0 none, 1 isolated, 2 cross. A price is a whole number times
# TICK_MUL / TICK_DIV, which is exact for decimal ticks; TICK_DIV 0: any price. The same for lots.
RULES = (
    "taker", "maker", "tick_mul", "tick_div", "lot_mul", "lot_div", "least_quantity", "least_value", "leverage",
    "margin", "maintenance", "maintenance_amount", "liquidation_fee", "slip_fixed", "slip_distance", "slip_impact",
    "slip_power", "slip_most", "slip_is_clamped", "fill_share", "fill_through", "funding_rate",
)  # fmt: skip
TAKER = cython.declare(cython.int, 0)
MAKER = cython.declare(cython.int, 1)
TICK_MUL = cython.declare(cython.int, 2)
TICK_DIV = cython.declare(cython.int, 3)
LOT_MUL = cython.declare(cython.int, 4)
LOT_DIV = cython.declare(cython.int, 5)
LEAST_QUANTITY = cython.declare(cython.int, 6)
LEAST_VALUE = cython.declare(cython.int, 7)
LEVERAGE = cython.declare(cython.int, 8)
MARGIN_MODE = cython.declare(cython.int, 9)
MAINTENANCE = cython.declare(cython.int, 10)
MAINTENANCE_AMOUNT = cython.declare(cython.int, 11)
LIQUIDATION_FEE = cython.declare(cython.int, 12)
SLIP_FIXED = cython.declare(cython.int, 13)
SLIP_DISTANCE = cython.declare(cython.int, 14)
SLIP_IMPACT = cython.declare(cython.int, 15)
SLIP_POWER = cython.declare(cython.int, 16)
SLIP_MOST = cython.declare(cython.int, 17)
SLIP_IS_CLAMPED = cython.declare(cython.int, 18)
FILL_SHARE = cython.declare(cython.int, 19)
FILL_THROUGH = cython.declare(cython.int, 20)
FUNDING_RATE = cython.declare(cython.int, 21)
# The same in whole numbers: ns until an order is there, ns between fundings at the constant rate (0: as recorded), and
# where the recorded ones of the market stand among those of all.
TIMING = ("latency", "funding_interval", "due_begin", "due_end")
LATENCY = cython.declare(cython.int, 0)
FUNDING_INTERVAL = cython.declare(cython.int, 1)
DUE_BEGIN = cython.declare(cython.int, 2)
DUE_END = cython.declare(cython.int, 3)

# Columns of a market's position, float64. LOW_BOUND, HIGH_BOUND: nothing happens to it strictly between them.
QUANTITY = cython.declare(cython.int, 0)  # signed
ENTRY = cython.declare(cython.int, 1)  # the mean price of what is held
POSTED = cython.declare(cython.int, 2)  # initial margin
ITS_STOP = cython.declare(cython.int, 3)
ITS_TARGET = cython.declare(cython.int, 4)
ITS_TRAIL = cython.declare(cython.int, 5)
ITS_EXTREME = cython.declare(cython.int, 6)
LAST = cython.declare(cython.int, 7)
LAST_HIGH = cython.declare(cython.int, 8)
LAST_LOW = cython.declare(cython.int, 9)
LOW_BOUND = cython.declare(cython.int, 10)
HIGH_BOUND = cython.declare(cython.int, 11)
# Of its round trip so far.
IN_QUANTITY = cython.declare(cython.int, 12)
IN_PRICE = cython.declare(cython.int, 13)
OUT_QUANTITY = cython.declare(cython.int, 14)
OUT_PRICE = cython.declare(cython.int, 15)
REALISED = cython.declare(cython.int, 16)
FEES = cython.declare(cython.int, 17)
FUNDED = cython.declare(cython.int, 18)
SLIPPED = cython.declare(cython.int, 19)
MOST_HELD = cython.declare(cython.int, 20)
BEST = cython.declare(cython.int, 21)
WORST = cython.declare(cython.int, 22)
RISK = cython.declare(cython.int, 23)
POSITION = 24

# The same, int64.
FIRST = cython.declare(cython.int, 0)  # its oldest waiting order, as its place + 1
QUIET_UNTIL = cython.declare(cython.int, 1)
OPENED_AT = cython.declare(cython.int, 2)
BARS_HELD = cython.declare(cython.int, 3)
TAG = cython.declare(cython.int, 4)
UNTIL = cython.declare(cython.int, 5)
TRAILS_BY_FRACTION = cython.declare(cython.int, 6)
NEXT_DUE = cython.declare(cython.int, 7)
CURSOR = cython.declare(cython.int, 8)
WAITING = cython.declare(cython.int, 9)
CLOSING = cython.declare(cython.int, 10)  # an exit that is under way, + 1
ENTERED = cython.declare(cython.int, 11)  # the piece within which it was opened
BORN = cython.declare(cython.int, 12)  # the piece within which its protection came to life
TRIED = cython.declare(cython.int, 13)  # the piece in which no more of it could be closed
WANTED = cython.declare(cython.int, 14)  # of the vectorised mode: what the candle before wanted
TIMES = 15

# Columns of an order, int64 and float64.
ID = cython.declare(cython.int, 0)  # 0 where there is none
OF_MARKET = cython.declare(cython.int, 1)
SIDE = cython.declare(cython.int, 2)
KIND = cython.declare(cython.int, 3)
ITS_FLAGS = cython.declare(cython.int, 4)
SIZING = cython.declare(cython.int, 5)
NEXT = cython.declare(cython.int, 6)  # the next younger one of its market, or the next free place, + 1
ACTIVE_AT = cython.declare(cython.int, 7)
ENDS_AT = cython.declare(cython.int, 8)
ITS_TAG = cython.declare(cython.int, 9)
HELD_UNTIL = cython.declare(cython.int, 10)
REASON = cython.declare(cython.int, 11)
LINK = cython.declare(cython.int, 12)
STATE = cython.declare(cython.int, 13)
DONE = cython.declare(cython.int, 14)  # the piece in which it was filled last
TRIGGERED = cython.declare(cython.int, 15)  # the piece within which it was triggered
ORDER = 16
SIZE = cython.declare(cython.int, 0)
LEFT = cython.declare(cython.int, 1)
PRICE = cython.declare(cython.int, 2)
TRIGGER = cython.declare(cython.int, 3)
DISTANCE = cython.declare(cython.int, 4)
EXTREME = cython.declare(cython.int, 5)
WITH_STOP = cython.declare(cython.int, 6)
WITH_TARGET = cython.declare(cython.int, 7)
WITH_TRAIL = cython.declare(cython.int, 8)
SIZES = 9
# States of an order, or-ed.
IS_TRIGGERED = cython.declare(cython.longlong, 1)
IS_SIZED = cython.declare(cython.longlong, 2)
IS_RESTING = cython.declare(cython.longlong, 4)

# Of the account, float64 and int64.
ACCOUNT = ("cash", "peak", "drawdown", "fees", "funding", "slippage", "turnover", "least")
CASH = cython.declare(cython.int, 0)
PEAK = cython.declare(cython.int, 1)
DRAWDOWN = cython.declare(cython.int, 2)
ALL_FEES = cython.declare(cython.int, 3)
ALL_FUNDING = cython.declare(cython.int, 4)
ALL_SLIPPAGE = cython.declare(cython.int, 5)
TURNOVER = cython.declare(cython.int, 6)
LEAST = cython.declare(cython.int, 7)
CLOCK = ("now", "step", "issued", "free", "piece", "happened", "holding", "trips", "closed", "told", "filled", "fills")
NOW = cython.declare(cython.int, 0)
STEP = cython.declare(cython.int, 1)  # length of a candle
ISSUED = cython.declare(cython.int, 2)  # orders so far
FREE = cython.declare(cython.int, 3)  # the first free place, + 1
PIECE_NUMBER = cython.declare(cython.int, 4)
HAPPENED = cython.declare(cython.int, 5)
HOLDING = cython.declare(cython.int, 6)  # positions that are held
TRIPS = cython.declare(cython.int, 7)  # round trips so far
CLOSED = cython.declare(cython.int, 8)  # rows that wait to be taken: of trips, of what is told, of fills
TOLD = cython.declare(cython.int, 9)
FILLED = cython.declare(cython.int, 10)
FILLS = cython.declare(cython.int, 11)  # fills so far

# Columns of what is given.
TRIP = ("quantity", "entry_price", "exit_price", "fees", "funding", "slippage", "profit", "risk", "best", "worst")
TRIP_TIMES = ("number", "market", "side", "tag", "entry_at", "exit_at", "exit", "bars")
TOLD_SIZES = ("asked", "given", "price")
TOLD_TIMES = ("reason", "order", "market", "at")
FILL_SIZES = ("quantity", "price", "reference", "fee")
FILL_TIMES = ("order", "market", "at", "side", "is_maker")

NEVER = cython.declare(cython.longlong, 1 << 62)
MILLISECOND = cython.declare(cython.longlong, 1000000)
INF = cython.declare(cython.double, 1e300)
# Quantities of which so little is left are the rounding of doubles.
DUST = cython.declare(cython.double, 1e-12)
# A lot more or less by so much of itself is one.
NEARLY = cython.declare(cython.double, 1e-9)
# Of a share of the equity, what fees and slippage take of it is not worth a word.
WORTH_TELLING = cython.declare(cython.double, 0.99)
NOTHING = cython.declare(cython.int, 2)
NO_ORDER = cython.declare(cython.Py_ssize_t, -1)


@cython.cclass
class Broker:
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
        none = np.zeros(0)
        self.feed(np.zeros(0, np.int32), np.zeros(0, np.int64), none, none, none, none, none)
        k: cython.Py_ssize_t
        if self.clock[ISSUED] == 0:
            self.clock[NOW] = -NEVER
            for k in range(self.orders.shape[0]):
                self.orders[k, NEXT] = k + 2 if k + 1 < self.orders.shape[0] else 0
            self.clock[FREE] = 1

    # What is read.

    @property
    def cash(self) -> float:
        """What the account holds, open profits left out."""
        return self.account[CASH]

    @property
    def peak(self) -> float:
        """The highest equity at the closes of a time, the newest left out."""
        return self.account[PEAK]

    @property
    def drawdown(self) -> float:
        """The deepest fall from a peak, as a fraction of it, at the same closes."""
        return self.account[DRAWDOWN]

    @property
    def least(self) -> float:
        """The lowest equity at the same closes."""
        return self.account[LEAST]

    @property
    def fees(self) -> float:
        """Paid so far."""
        return self.account[ALL_FEES]

    @property
    def funding(self) -> float:
        """Paid so far, negative where more was received."""
        return self.account[ALL_FUNDING]

    @property
    def slippage(self) -> float:
        """What fills cost so far against the prices without it."""
        return self.account[ALL_SLIPPAGE]

    @property
    def turnover(self) -> float:
        """The value of all fills so far."""
        return self.account[TURNOVER]

    @property
    def now(self) -> int:
        """The open time of the newest candle."""
        return self.clock[NOW]

    @property
    def closed(self) -> int:
        """Rows of trips that wait to be taken."""
        return self.clock[CLOSED]

    @property
    def told(self) -> int:
        """Rows of what is told that wait to be taken."""
        return self.clock[TOLD]

    @property
    def filled(self) -> int:
        """Rows of fills that wait to be taken."""
        return self.clock[FILLED]

    @property
    def fills(self) -> int:
        """Fills so far."""
        return self.clock[FILLS]

    @cython.ccall
    @cython.exceptval(check=False)
    def position(self, market: cython.Py_ssize_t) -> cython.double:
        """What is held, signed."""
        return self.positions[market, QUANTITY]

    @cython.ccall
    @cython.exceptval(check=False)
    def entry(self, market: cython.Py_ssize_t) -> cython.double:
        """The mean price of what is held; 0 where nothing is."""
        return self.positions[market, ENTRY]

    @cython.ccall
    @cython.exceptval(check=False)
    def last(self, market: cython.Py_ssize_t) -> cython.double:
        """The newest close; 0 before the first."""
        return self.positions[market, LAST]

    @cython.ccall
    @cython.exceptval(check=False)
    def profit(self, market: cython.Py_ssize_t) -> cython.double:
        """The open profit at the newest close, fees and funding left out."""
        return self.positions[market, QUANTITY] * (self.positions[market, LAST] - self.positions[market, ENTRY])

    @cython.ccall
    @cython.exceptval(check=False)
    def liquidation(self, market: cython.Py_ssize_t) -> cython.double:
        """The price at which what is held is liquidated; 0 where there is none."""
        return self._liquidation(market)

    @cython.ccall
    @cython.exceptval(check=False)
    def waiting(self, market: cython.Py_ssize_t) -> cython.longlong:
        """How many orders wait."""
        return self.times[market, WAITING]

    @cython.ccall
    @cython.exceptval(check=False)
    def equity(self) -> cython.double:
        """Cash and open profits at the newest closes."""
        total: cython.double = self.account[CASH]
        i: cython.Py_ssize_t
        m: cython.Py_ssize_t
        for i in range(self.clock[HOLDING]):
            m = self.holding[i]
            total += self.positions[m, QUANTITY] * (self.positions[m, LAST] - self.positions[m, ENTRY])
        return total

    @cython.ccall
    @cython.exceptval(check=False)
    def free(self) -> cython.double:
        """What may still become initial margin, at the newest closes."""
        total: cython.double = self.account[CASH]
        i: cython.Py_ssize_t
        m: cython.Py_ssize_t
        for i in range(self.clock[HOLDING]):
            m = self.holding[i]
            total -= self.positions[m, POSTED]
            if self.rules[m, MARGIN_MODE] != 1.0:
                total += self.positions[m, QUANTITY] * (self.positions[m, LAST] - self.positions[m, ENTRY])
        return total

    @cython.ccall
    @cython.exceptval(check=False)
    def exposure(self) -> cython.double:
        """The value of all that is held, of either side, at the newest closes."""
        total: cython.double = 0.0
        i: cython.Py_ssize_t
        m: cython.Py_ssize_t
        for i in range(self.clock[HOLDING]):
            m = self.holding[i]
            total += fabs(self.positions[m, QUANTITY]) * self.positions[m, LAST]
        return total

    # What is asked.

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
        needs_size: cython.bint = (flags & (CLOSE | TO_TARGET)) == 0
        is_fraction: cython.bint = (flags & FRACTION) != 0
        if (
            market < 0 or market >= self.positions.shape[0] or kind < 0 or kind > TRAILING or sizing < 0
            or sizing > SHARE or (side != 1 and side != -1) or flags < 0 or flags > 31 or reason < 0 or reason > BY_END
            or (flags & TO_TARGET and (kind != MARKET or flags & (REDUCE_ONLY | CLOSE)))
            or (flags & POST_ONLY and kind != LIMIT)
        ):  # fmt: skip
            self._tell(WRONG_ORDER, 0, 0, self.clock[NOW], size, 0.0, price)
            return -WRONG_ORDER
        if not (0.0 <= size < INF) or (needs_size and not size > 0.0):
            self._tell(WRONG_SIZE, 0, market, self.clock[NOW], size, 0.0, price)
            return -WRONG_SIZE
        if (
            ((kind == LIMIT or kind == STOP_LIMIT) and not 0.0 < price < INF)
            or ((kind == STOP or kind == STOP_LIMIT or kind == TAKE_PROFIT) and not 0.0 < trigger < INF)
            or (kind == TRAILING and not 0.0 < distance < (1.0 if is_fraction else INF))
            or not (0.0 <= stop < INF and 0.0 <= target < INF and 0.0 <= trail < INF)
            or (is_fraction and (stop >= 1.0 or trail >= 1.0 or (side < 0 and target >= 1.0)))
        ):
            self._tell(WRONG_PRICE, 0, market, self.clock[NOW], size, 0.0, price)
            return -WRONG_PRICE
        behind = self.clock[NOW] + self.clock[STEP]
        k = self.clock[FREE] - 1
        if k < 0:
            self._tell(NO_PLACE, 0, market, behind, size, 0.0, price)
            return -NO_PLACE
        self.clock[FREE] = self.orders[k, NEXT]
        self.clock[ISSUED] += 1
        self.orders[k, ID] = self.clock[ISSUED] * self.orders.shape[0] + k
        self.orders[k, OF_MARKET] = market
        self.orders[k, SIDE] = side
        self.orders[k, KIND] = kind
        self.orders[k, ITS_FLAGS] = flags | REDUCE_ONLY if flags & CLOSE else flags
        self.orders[k, SIZING] = sizing
        self.orders[k, NEXT] = 0
        self.orders[k, ACTIVE_AT] = behind + self.timing[market, LATENCY]
        self.orders[k, ENDS_AT] = behind + life * self.clock[STEP] if 0 < life < 1000000000 else NEVER
        self.orders[k, ITS_TAG] = tag
        self.orders[k, HELD_UNTIL] = until
        self.orders[k, REASON] = reason
        self.orders[k, LINK] = 0
        self.orders[k, STATE] = 0
        self.orders[k, DONE] = 0
        self.orders[k, TRIGGERED] = 0
        self.sizes[k, SIZE] = size
        self.sizes[k, LEFT] = 0.0
        # A limit is never worse than asked.
        self.sizes[k, PRICE] = self._tick(market, price, -way) if price > 0.0 else 0.0
        self.sizes[k, TRIGGER] = self._tick(market, trigger, 0) if trigger > 0.0 else 0.0
        self.sizes[k, DISTANCE] = distance
        self.sizes[k, EXTREME] = self.positions[market, LAST]
        self.sizes[k, WITH_STOP] = stop
        self.sizes[k, WITH_TARGET] = target
        self.sizes[k, WITH_TRAIL] = trail
        last = self.times[market, FIRST] - 1
        if last < 0:
            self.times[market, FIRST] = k + 1
        else:
            while self.orders[last, NEXT] > 0:
                last = self.orders[last, NEXT] - 1
            self.orders[last, NEXT] = k + 1
        self.times[market, WAITING] += 1
        return self.orders[k, ID]

    @cython.ccall
    @cython.exceptval(check=False)
    def protect(
        self, market: cython.longlong, stop: cython.double = -1.0, target: cython.double = -1.0,
        trail: cython.double = -1.0, until: cython.longlong = -1, is_fraction: cython.bint = False,
    ) -> cython.longlong:  # fmt: skip
        """Change what protects the position: below 0 leaves it, 0 removes it; 0, or the negated reason of a refusal."""
        if market < 0 or market >= self.positions.shape[0]:
            self._tell(WRONG_ORDER, 0, 0, self.clock[NOW], stop, 0.0, target)
            return -WRONG_ORDER
        if self.positions[market, QUANTITY] == 0.0:
            self._tell(NO_POSITION, 0, market, self.clock[NOW], stop, 0.0, target)
            return -NO_POSITION
        if not (stop < INF and target < INF and trail < INF) or (
            is_fraction and (stop >= 1.0 or trail >= 1.0 or (self.positions[market, QUANTITY] < 0.0 and target >= 1.0))
        ):
            self._tell(WRONG_PRICE, 0, market, self.clock[NOW], stop, 0.0, target)
            return -WRONG_PRICE
        if trail > 0.0:
            self.positions[market, ITS_EXTREME] = self.positions[market, LAST]
        self._guard(
            market, stop, target, trail, until, is_fraction, self.positions[market, ENTRY],
            fabs(self.positions[market, QUANTITY]) if self.positions[market, RISK] == 0.0 else 0.0,
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
        while self.times[market, FIRST] > 0:
            self._remove(self.times[market, FIRST] - 1)
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
        self.orders[k, LINK] = other
        self.orders[j, LINK] = number
        return 1

    @cython.ccall
    @cython.exceptval(check=False)
    def close(self, market: cython.longlong, reason: cython.longlong = 0) -> cython.longlong:
        """Close the whole position at the next open; as `order`."""
        if 0 <= market < self.positions.shape[0] and self.positions[market, QUANTITY] == 0.0:
            self._tell(NO_POSITION, 0, market, self.clock[NOW], 0.0, 0.0, 0.0)
            return -NO_POSITION
        side: cython.longlong = 1
        if 0 <= market < self.positions.shape[0] and self.positions[market, QUANTITY] > 0.0:
            side = -1
        return self.order(market, side, 0.0, MARKET, 0.0, 0.0, 0.0, UNITS, CLOSE, 0, 0, 0.0, 0.0, 0.0, 0, reason)

    @cython.ccall
    @cython.exceptval(check=False)
    def finish(self, market: cython.longlong) -> cython.longlong:
        """The data is over: close the position at its newest close, forget its orders; how much happened."""
        before: cython.longlong = self.clock[HAPPENED]
        if market < 0 or market >= self.positions.shape[0] or self.clock[CLOSED] >= self.trips.shape[0]:
            return 0
        self.cancel_all(market)
        self._mark()
        if self.positions[market, QUANTITY] != 0.0:
            self.clock[PIECE_NUMBER] += 1
            self.opened = self.positions[market, LAST]
            self.close_price = self.opened
            self.high = self.positions[market, LAST_HIGH]
            self.low = self.positions[market, LAST_LOW]
            self.volume = 0.0
            self.room = INF
            self.moment = self.clock[NOW] + (self.clock[STEP] - MILLISECOND if self.clock[STEP] > MILLISECOND else 0)
            # Its candles were counted already.
            self.is_within = self.is_later = False
            self._fill_own(market, self.opened, BY_END)
            self._settle_all(market)
            self._mark()
        return self.clock[HAPPENED] - before

    # Candles.

    @cython.ccall
    @cython.exceptval(check=False)
    def bar(
        self, market: cython.Py_ssize_t, time: cython.longlong, open: cython.double, high: cython.double,
        low: cython.double, close: cython.double, volume: cython.double,
    ) -> cython.longlong:  # fmt: skip
        """Take the next closed candle of a market; how much happened in it: fills, refusals and what was forgotten.

        Candles come in order of time, those of one time in any order of their markets.
        """
        before: cython.longlong = self.clock[HAPPENED]
        if time != self.clock[NOW]:
            self._mark()
            self.clock[NOW] = time
        if (
            self.times[market, FIRST] == 0
            and time < self.times[market, QUIET_UNTIL]
            and low > self.positions[market, LOW_BOUND]
            and high < self.positions[market, HIGH_BOUND]
        ):
            self._pass(market, high, low, close)
            return 0
        self._begin(market, time, open)
        self.is_later = False
        self._piece(market, time, self.clock[STEP], open, high, low, close, volume)
        self._end(market, high, low, close)
        return self.clock[HAPPENED] - before

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
        before: cython.longlong = self.clock[HAPPENED]
        i: cython.Py_ssize_t
        if sub_time.shape[0] == 0:
            return self.bar(market, time, open, high, low, close, volume)
        if time != self.clock[NOW]:
            self._mark()
            self.clock[NOW] = time
        if (
            self.times[market, FIRST] == 0
            and time < self.times[market, QUIET_UNTIL]
            and low > self.positions[market, LOW_BOUND]
            and high < self.positions[market, HIGH_BOUND]
        ):
            self._pass(market, high, low, close)
            return 0
        self._begin(market, time, open)
        for i in range(sub_time.shape[0]):
            self.is_later = i > 0
            self._piece(market, sub_time[i], sub_step, sub[i, 0], sub[i, 1], sub[i, 2], sub[i, 3], sub[i, 4])
        self._end(market, high, low, close)
        return self.clock[HAPPENED] - before

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
        return self.clock[CLOSED] + 2 * self.orders.shape[0] + 2 <= self.trips.shape[0] or self.clock[CLOSED] == 0

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
        wanted: cython.int = self.times[m, WANTED]
        now: cython.int
        until: cython.longlong = self.times[m, QUIET_UNTIL]
        cash: cython.double = self.account[CASH]
        quantity: cython.double = self.positions[m, QUANTITY]
        entry: cython.double = self.positions[m, ENTRY]
        low_bound: cython.double = self.positions[m, LOW_BOUND]
        high_bound: cython.double = self.positions[m, HIGH_BOUND]
        most: cython.double = self.positions[m, LAST_HIGH]
        least: cython.double = self.positions[m, LAST_LOW]
        value: cython.double
        has_equity: cython.bint = equity.shape[0] > 0
        self.is_asked = False
        if self.times[m, FIRST] != 0 or begin >= end or not (low_bound < high_bound):
            return begin
        if quantity == 0.0:
            while i < end and time[i] < until:
                if has_equity:
                    equity[i] = cash
                now = want[i]
                i += 1
                if now != wanted:
                    wanted = now
                    if now != NOTHING and now != 0:
                        self.is_asked = True
                        break
            if i > begin:
                self._note(cash)
        else:
            side = 1 if quantity > 0.0 else -1
            value = self.equity()
            most = -INF
            least = INF
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
                    if now != NOTHING and now != side:
                        self.is_asked = True
                        break
            if i > begin:
                self.times[m, BARS_HELD] += i - begin
                if side > 0:
                    if most > self.positions[m, BEST]:
                        self.positions[m, BEST] = most
                    if least < self.positions[m, WORST]:
                        self.positions[m, WORST] = least
                else:
                    if least < self.positions[m, BEST]:
                        self.positions[m, BEST] = least
                    if most > self.positions[m, WORST]:
                        self.positions[m, WORST] = most
        if i > begin:
            self.times[m, WANTED] = wanted
            self.clock[NOW] = time[i - 1]
            self.positions[m, LAST] = close[i - 1]
            self.positions[m, LAST_HIGH] = high[i - 1]
            self.positions[m, LAST_LOW] = low[i - 1]
        return i

    @cython.cfunc
    @cython.exceptval(check=False)
    def wants(self, m: cython.Py_ssize_t, now: cython.int) -> cython.bint:
        """Whether the vectorised mode is to order: the candle wants what the one before did not, and is not held."""
        before: cython.longlong = self.times[m, WANTED]
        quantity: cython.double = self.positions[m, QUANTITY]
        self.times[m, WANTED] = now
        if now == before or now == NOTHING:
            return False
        return now != (1 if quantity > 0.0 else -1 if quantity < 0.0 else 0)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _mark(self) -> cython.void:
        self._note(self.equity() if self.clock[HOLDING] else self.account[CASH])

    @cython.cfunc
    @cython.inline
    @cython.exceptval(check=False)
    def _note(self, equity: cython.double) -> cython.void:
        if equity > self.account[PEAK]:
            self.account[PEAK] = equity
        elif self.account[PEAK] - equity > self.account[DRAWDOWN] * self.account[PEAK]:
            self.account[DRAWDOWN] = (self.account[PEAK] - equity) / self.account[PEAK]
        if equity < self.account[LEAST]:
            self.account[LEAST] = equity

    @cython.cfunc
    @cython.inline
    @cython.exceptval(check=False)
    def _pass(self, m: cython.Py_ssize_t, high: cython.double, low: cython.double, close: cython.double) -> cython.void:
        """A candle in which nothing happens."""
        if self.positions[m, QUANTITY] > 0.0:
            self.times[m, BARS_HELD] += 1
            if high > self.positions[m, BEST]:
                self.positions[m, BEST] = high
            if low < self.positions[m, WORST]:
                self.positions[m, WORST] = low
        elif self.positions[m, QUANTITY] < 0.0:
            self.times[m, BARS_HELD] += 1
            if low < self.positions[m, BEST]:
                self.positions[m, BEST] = low
            if high > self.positions[m, WORST]:
                self.positions[m, WORST] = high
        self.positions[m, LAST] = close
        self.positions[m, LAST_HIGH] = high
        self.positions[m, LAST_LOW] = low

    @cython.cfunc
    @cython.exceptval(check=False)
    def _begin(self, m: cython.Py_ssize_t, time: cython.longlong, open: cython.double) -> cython.void:
        """What is due before anything is filled: funding, and orders whose life is over."""
        k: cython.Py_ssize_t
        behind: cython.longlong
        if self.positions[m, QUANTITY] != 0.0:
            self._fund(m, time, open)
        k = self.times[m, FIRST] - 1
        while k >= 0:
            behind = self.orders[k, NEXT]
            if time >= self.orders[k, ENDS_AT]:
                self._tell(EXPIRED, self.orders[k, ID], m, time, self.sizes[k, SIZE], 0.0, self.sizes[k, PRICE])
                self._remove(k)
            k = behind - 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _piece(
        self, m: cython.Py_ssize_t, time: cython.longlong, span: cython.longlong, open: cython.double,
        high: cython.double, low: cython.double, close: cython.double, volume: cython.double,
    ) -> cython.void:  # fmt: skip
        """Fill what a candle, or a part of one, fills."""
        self.clock[PIECE_NUMBER] += 1
        self.begun = time
        self.span = span
        self.opened = open
        self.high = high
        self.low = low
        self.close_price = close
        self.volume = volume
        self.room = volume * self.rules[m, FILL_SHARE] if self.rules[m, FILL_SHARE] > 0.0 else INF
        self.moment = time
        self.is_within = False
        if self.times[m, FIRST] == 0 and self.positions[m, QUANTITY] == 0.0:
            return
        self._open_phase(m)
        self.moment = time + (span - MILLISECOND if span > MILLISECOND else 0)
        self.is_within = True
        self._within_phase(m)
        self._trail(m)
        self._reach(m)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _end(self, m: cython.Py_ssize_t, high: cython.double, low: cython.double, close: cython.double) -> cython.void:
        if self.positions[m, QUANTITY] != 0.0:
            self.times[m, BARS_HELD] += 1
        self.positions[m, LAST] = close
        self.positions[m, LAST_HIGH] = high
        self.positions[m, LAST_LOW] = low
        self._settle_all(m)

    # Funding.

    @cython.cfunc
    @cython.exceptval(check=False)
    def _fund(self, m: cython.Py_ssize_t, time: cython.longlong, open: cython.double) -> cython.void:
        """Pay what fell due until the candle opens: at its open where that is the time, else at the last close."""
        rate: cython.double
        paid: cython.double
        while self.times[m, NEXT_DUE] <= time:
            rate = self.rules[m, FUNDING_RATE]
            if self.timing[m, FUNDING_INTERVAL] == 0:
                rate = self.due_rate[self.times[m, CURSOR]]
            paid = self.positions[m, QUANTITY] * (
                open if self.times[m, NEXT_DUE] == time else self.positions[m, LAST]
            ) * rate  # fmt: skip
            self.account[CASH] -= paid
            self.account[ALL_FUNDING] += paid
            self.positions[m, FUNDED] += paid
            self._next_due(m)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _next_due(self, m: cython.Py_ssize_t) -> cython.void:
        if self.timing[m, FUNDING_INTERVAL] > 0:
            self.times[m, NEXT_DUE] += self.timing[m, FUNDING_INTERVAL]
            return
        self.times[m, CURSOR] += 1
        if self.times[m, CURSOR] < self.timing[m, DUE_END]:
            self.times[m, NEXT_DUE] = self.due_at[self.times[m, CURSOR]]
        else:
            self.times[m, NEXT_DUE] = NEVER

    @cython.cfunc
    @cython.exceptval(check=False)
    def _first_due(self, m: cython.Py_ssize_t, after: cython.longlong) -> cython.void:
        """The first time that is later than *after*."""
        interval: cython.longlong = self.timing[m, FUNDING_INTERVAL]
        due: cython.longlong
        at: cython.longlong
        if interval > 0:
            due = after // interval * interval
            # Division of what is below 0 is cut in C and floored in Python.
            if due > after:
                due -= interval
            self.times[m, NEXT_DUE] = due + interval
            return
        at = self.times[m, CURSOR]
        if at < self.timing[m, DUE_BEGIN]:
            at = self.timing[m, DUE_BEGIN]
        while at < self.timing[m, DUE_END] and self.due_at[at] <= after:
            at += 1
        self.times[m, CURSOR] = at
        self.times[m, NEXT_DUE] = self.due_at[at] if at < self.timing[m, DUE_END] else NEVER

    # Which order is next.

    @cython.cfunc
    @cython.exceptval(check=False)
    def _open_phase(self, m: cython.Py_ssize_t) -> cython.void:
        """Fill at the open: orders by age, then what protects the position."""
        k: cython.Py_ssize_t
        while self.clock[CLOSED] < self.trips.shape[0]:
            k = self._at_open(m)
            if k >= 0:
                self._fill_order(m, k, self.level, self.is_maker)
            elif not self._own_at_open(m):
                return

    @cython.cfunc
    @cython.exceptval(check=False)
    def _at_open(self, m: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The oldest order that the open fills, -1 for none; `level` and `is_maker` say how."""
        k: cython.Py_ssize_t = self.times[m, FIRST] - 1
        behind: cython.Py_ssize_t
        kind: cython.longlong
        side: cython.double
        price: cython.double
        position: cython.double = self.positions[m, QUANTITY]
        is_late: cython.bint
        while k >= 0:
            behind = self.orders[k, NEXT] - 1
            kind = self.orders[k, KIND]
            side = self.orders[k, SIDE]
            is_late = self.orders[k, ACTIVE_AT] > self.begun
            if self.orders[k, DONE] == self.clock[PIECE_NUMBER] or self.orders[k, ACTIVE_AT] >= self.begun + self.span:
                k = behind
                continue
            price = self.opened
            if is_late:
                # The price goes against whoever is on the way, as far as that takes of the candle.
                price += (
                    (self.orders[k, ACTIVE_AT] - self.begun) / cython.cast(cython.double, self.span)
                    * (self.high - price if side > 0.0 else self.low - price)
                )  # fmt: skip
            if kind == MARKET or (self.orders[k, STATE] & IS_TRIGGERED and kind != STOP_LIMIT):
                self.level = price
                self.is_maker = False
                return k
            if self.orders[k, ITS_FLAGS] & REDUCE_ONLY and not position * side < 0.0:
                k = behind
                continue
            if kind == STOP:
                if side * (price - self.sizes[k, TRIGGER]) >= 0.0:
                    self.level = price
                    self.is_maker = False
                    return k
            elif is_late:
                k = behind
                continue
            elif kind == TRAILING:
                if self.sizes[k, EXTREME] == 0.0:
                    self.sizes[k, EXTREME] = price
                if side * (price - self._order_level(m, k)) >= 0.0:
                    self.level = price
                    self.is_maker = False
                    return k
                if side * (price - self.sizes[k, EXTREME]) < 0.0:
                    self.sizes[k, EXTREME] = price
            elif kind == TAKE_PROFIT:
                if side * (self.sizes[k, TRIGGER] - price) >= 0.0:
                    self.level = price
                    self.is_maker = False
                    return k
            else:
                if kind == STOP_LIMIT and not self.orders[k, STATE] & IS_TRIGGERED:
                    if side * (price - self.sizes[k, TRIGGER]) < 0.0:
                        k = behind
                        continue
                    self.orders[k, STATE] |= IS_TRIGGERED
                if side * (self.sizes[k, PRICE] - price) >= 0.0:
                    self.is_maker = (self.orders[k, STATE] & IS_RESTING) != 0
                    if self.orders[k, ITS_FLAGS] & POST_ONLY and not self.is_maker:
                        self._tell(
                            WOULD_TAKE, self.orders[k, ID], m, self.moment, self.sizes[k, SIZE], 0.0,
                            self.sizes[k, PRICE],
                        )  # fmt: skip
                        self._remove(k)
                    else:
                        self.level = price
                        return k
            k = behind
        return NO_ORDER

    @cython.cfunc
    @cython.exceptval(check=False)
    def _own_at_open(self, m: cython.Py_ssize_t) -> cython.bint:
        """Let the open close the position where its protection says so."""
        quantity: cython.double = self.positions[m, QUANTITY]
        side: cython.double = 1.0 if quantity > 0.0 else -1.0
        level: cython.double
        if quantity == 0.0:
            return False
        level = self._liquidation(m)
        if level > 0.0 and side * (self.opened - level) <= 0.0:
            return self._fill_own(m, self.opened, BY_LIQUIDATION)
        if self.times[m, TRIED] == self.clock[PIECE_NUMBER]:
            return False
        if self.times[m, CLOSING] == 0 and 0 < self.times[m, UNTIL] <= self.begun:
            self.times[m, CLOSING] = BY_TIME + 1
        if self.times[m, CLOSING]:
            return self._fill_own(m, self.opened, self.times[m, CLOSING] - 1)
        level = self.positions[m, ITS_STOP]
        if level > 0.0 and side * (self.opened - level) <= 0.0:
            return self._fill_own(m, self.opened, BY_STOP)
        if self.positions[m, ITS_TRAIL] > 0.0:
            if side * (self.opened - self._trail_level(m)) <= 0.0:
                return self._fill_own(m, self.opened, BY_TRAIL)
            if side * (self.opened - self.positions[m, ITS_EXTREME]) > 0.0:
                self.positions[m, ITS_EXTREME] = self.opened
        level = self.positions[m, ITS_TARGET]
        if level > 0.0 and side * (self.opened - level) >= 0.0:
            return self._fill_own(m, self.opened, BY_TARGET)
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def _within_phase(self, m: cython.Py_ssize_t) -> cython.void:
        """Fill within the candle: all that stops, then all that takes a profit or waits for a better price."""
        while self.clock[CLOSED] < self.trips.shape[0]:
            if not self._touched_stop(m) and not self._touched_limit(m):
                return

    @cython.cfunc
    @cython.exceptval(check=False)
    def _touched_stop(self, m: cython.Py_ssize_t) -> cython.bint:
        """Fill the stop nearest to the open of those that were touched; false where there is none."""
        quantity: cython.double = self.positions[m, QUANTITY]
        way: cython.double = 1.0 if quantity > 0.0 else -1.0
        side: cython.double
        level: cython.double
        nearest: cython.double = INF
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
                code = BY_LIQUIDATION
        if quantity != 0.0 and self.times[m, TRIED] != self.clock[PIECE_NUMBER]:
            level = self._not_past(self.positions[m, ITS_STOP], way)
            if level > 0.0 and self._reaches(-way, level) and fabs(level - self.opened) < nearest:
                is_found = True
                nearest = fabs(level - self.opened)
                code = BY_STOP
            if self.positions[m, ITS_TRAIL] > 0.0:
                level = self._trail_level(m)
                if self._reaches(-way, level) and fabs(level - self.opened) < nearest:
                    is_found = True
                    nearest = fabs(level - self.opened)
                    code = BY_TRAIL
        k = self.times[m, FIRST] - 1
        while k >= 0:
            kind = self.orders[k, KIND]
            side = self.orders[k, SIDE]
            if (
                (kind == STOP or (kind == STOP_LIMIT and not self.orders[k, STATE] & IS_TRIGGERED) or kind == TRAILING)
                and self.orders[k, DONE] != self.clock[PIECE_NUMBER]
                and self.orders[k, ACTIVE_AT] < self.begun + (self.span if kind == STOP else 1)
                and not (self.orders[k, ITS_FLAGS] & REDUCE_ONLY and not quantity * side < 0.0)
            ):
                level = self._order_level(m, k)
                if self.orders[k, ITS_FLAGS] & REDUCE_ONLY:
                    level = self._not_past(level, way)
                if self._reaches(side, level) and fabs(level - self.opened) < nearest:
                    is_found = True
                    nearest = fabs(level - self.opened)
                    best = k
            k = self.orders[k, NEXT] - 1
        if not is_found:
            return False
        if best < 0:
            level = self._liquidation(m)
            if code == BY_STOP:
                level = self.positions[m, ITS_STOP]
            elif code == BY_TRAIL:
                level = self._trail_level(m)
            self._fill_own(m, self._not_past(level, way), code)
        elif self.orders[best, KIND] == STOP_LIMIT:
            self.orders[best, STATE] |= IS_TRIGGERED
            self.orders[best, TRIGGERED] = self.clock[PIECE_NUMBER]
            side = self.orders[best, SIDE]
            level = self.sizes[best, TRIGGER]
            if self.orders[best, ITS_FLAGS] & REDUCE_ONLY:
                level = self._not_past(level, way)
            if side * (self.sizes[best, PRICE] - level) >= 0.0:
                self._fill_order(m, best, level, False)
        else:
            level = self._order_level(m, best)
            if self.orders[best, ITS_FLAGS] & REDUCE_ONLY:
                level = self._not_past(level, way)
            self._fill_order(m, best, level, False)
        return True

    @cython.cfunc
    @cython.exceptval(check=False)
    def _touched_limit(self, m: cython.Py_ssize_t) -> cython.bint:
        """The same of whatever fills at a better price."""
        quantity: cython.double = self.positions[m, QUANTITY]
        way: cython.double = 1.0 if quantity > 0.0 else -1.0
        side: cython.double
        level: cython.double
        own: cython.double = 0.0
        nearest: cython.double = INF
        best: cython.Py_ssize_t = -1
        k: cython.Py_ssize_t
        kind: cython.longlong
        is_found: cython.bint = False
        is_touched: cython.bint
        if quantity != 0.0 and self.times[m, TRIED] != self.clock[PIECE_NUMBER]:
            level = self.positions[m, ITS_TARGET]
            if level > 0.0:
                if self.times[m, BORN] == self.clock[PIECE_NUMBER]:
                    level = self._if_proved(level, way)
                    is_touched = level > 0.0
                else:
                    is_touched = self._reaches(way, level)
                if is_touched:
                    is_found = True
                    own = level
                    nearest = fabs(level - self.opened)
        k = self.times[m, FIRST] - 1
        while k >= 0:
            kind = self.orders[k, KIND]
            side = self.orders[k, SIDE]
            if (
                (kind == LIMIT or kind == TAKE_PROFIT or (kind == STOP_LIMIT and self.orders[k, STATE] & IS_TRIGGERED))
                and self.orders[k, DONE] != self.clock[PIECE_NUMBER]
                and self.orders[k, ACTIVE_AT] <= self.begun
                and not (self.orders[k, ITS_FLAGS] & REDUCE_ONLY and not quantity * side < 0.0)
            ):
                level = self.sizes[k, TRIGGER] if kind == TAKE_PROFIT else self.sizes[k, PRICE]
                if self.orders[k, ITS_FLAGS] & REDUCE_ONLY and self.times[m, ENTERED] == self.clock[PIECE_NUMBER]:
                    level = self._if_proved(level, way)
                    is_touched = level > 0.0
                elif self.orders[k, TRIGGERED] == self.clock[PIECE_NUMBER]:
                    is_touched = side * (level - self.close_price) >= 0.0
                elif kind == TAKE_PROFIT:
                    is_touched = self._reaches(-side, level)
                else:
                    is_touched = self._reaches(-side, level - side * self.rules[m, FILL_THROUGH])
                if is_touched and fabs(level - self.opened) < nearest:
                    is_found = True
                    own = level
                    nearest = fabs(level - self.opened)
                    best = k
            k = self.orders[k, NEXT] - 1
        if not is_found:
            return False
        if best < 0:
            self._fill_own(m, own, BY_TARGET)
        else:
            self._fill_order(m, best, own, self.orders[best, KIND] != TAKE_PROFIT)
        return True

    @cython.cfunc
    @cython.exceptval(check=False)
    def _not_past(self, level: cython.double, way: cython.double) -> cython.double:
        """Where a stop is touched; one that was past when the candle opened the position is, at the price of that."""
        if self.added == self.clock[PIECE_NUMBER] and level > 0.0 and way * (level - self.added_at) > 0.0:
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
        k: cython.Py_ssize_t = self.times[m, FIRST] - 1
        behind: cython.Py_ssize_t
        side: cython.double
        way: cython.double
        level: cython.double
        best: cython.double
        while k >= 0:
            behind = self.orders[k, NEXT] - 1
            side = self.orders[k, SIDE]
            if self.orders[k, ACTIVE_AT] < self.begun + self.span and (
                self.orders[k, KIND] == LIMIT or self.orders[k, STATE] & IS_TRIGGERED
            ):
                self.orders[k, STATE] |= IS_RESTING
            if (
                self.orders[k, KIND] == TRAILING
                and self.orders[k, ACTIVE_AT] <= self.begun
                and self.orders[k, DONE] != self.clock[PIECE_NUMBER]
            ):
                best = self.low if side > 0.0 else self.high
                if side * (best - self.sizes[k, EXTREME]) < 0.0:
                    self.sizes[k, EXTREME] = best
                if (
                    side * (self.close_price - self._order_level(m, k)) >= 0.0
                    and self.clock[CLOSED] < self.trips.shape[0]
                    and not (self.orders[k, ITS_FLAGS] & REDUCE_ONLY and not self.positions[m, QUANTITY] * side < 0.0)
                ):
                    # A fill may take others with it, so it begins anew; each is filled once in a piece.
                    level = self._order_level(m, k)
                    if self.orders[k, ITS_FLAGS] & REDUCE_ONLY:
                        level = self._not_past(level, -side)
                    self._fill_order(m, k, level, False)
                    behind = self.times[m, FIRST] - 1
            k = behind
        if self.positions[m, QUANTITY] != 0.0 and self.positions[m, ITS_TRAIL] > 0.0:
            way = 1.0 if self.positions[m, QUANTITY] > 0.0 else -1.0
            best = self.high if way > 0.0 else self.low
            if self.times[m, BORN] == self.clock[PIECE_NUMBER]:
                best = self.close_price
            if way * (best - self.positions[m, ITS_EXTREME]) > 0.0:
                self.positions[m, ITS_EXTREME] = best
            if (
                way * (self.close_price - self._trail_level(m)) <= 0.0
                and self.clock[CLOSED] < self.trips.shape[0]
                and self.times[m, TRIED] != self.clock[PIECE_NUMBER]
            ):
                self._fill_own(m, self._trail_level(m), BY_TRAIL)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _reach(self, m: cython.Py_ssize_t) -> cython.void:
        """How far the price went for the position and against it: of a candle within which it was opened the worse."""
        if self.positions[m, QUANTITY] > 0.0:
            if self.low < self.positions[m, WORST]:
                self.positions[m, WORST] = self.low
            if self.times[m, ENTERED] == self.clock[PIECE_NUMBER]:
                if self.close_price > self.positions[m, BEST]:
                    self.positions[m, BEST] = self.close_price
            elif self.high > self.positions[m, BEST]:
                self.positions[m, BEST] = self.high
        elif self.positions[m, QUANTITY] < 0.0:
            if self.high > self.positions[m, WORST]:
                self.positions[m, WORST] = self.high
            if self.times[m, ENTERED] == self.clock[PIECE_NUMBER]:
                if self.close_price < self.positions[m, BEST]:
                    self.positions[m, BEST] = self.close_price
            elif self.low < self.positions[m, BEST]:
                self.positions[m, BEST] = self.low

    # Fills.

    @cython.cfunc
    @cython.exceptval(check=False)
    def _fill_own(self, m: cython.Py_ssize_t, reference: cython.double, code: cython.int) -> cython.bint:
        """Close the whole position; what finds no volume is closed at the next open. False where nothing was closed."""
        quantity: cython.double = self.positions[m, QUANTITY]
        side: cython.double = -1.0 if quantity > 0.0 else 1.0
        held: cython.double = fabs(quantity)
        filled: cython.double = self._trade(m, NO_ORDER, side, held, reference, False, 0.0, code)
        if self.positions[m, QUANTITY] != 0.0:
            self.times[m, TRIED] = self.clock[PIECE_NUMBER]
            self.times[m, CLOSING] = code + 1
        return filled > 0.0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _fill_order(
        self, m: cython.Py_ssize_t, k: cython.Py_ssize_t, reference: cython.double, is_maker: cython.bint
    ) -> cython.void:
        """Fill an order as far as there is volume and margin."""
        number: cython.longlong = self.orders[k, ID]
        other: cython.longlong = self.orders[k, LINK]
        kind: cython.longlong = self.orders[k, KIND]
        side: cython.double
        quantity: cython.double
        filled: cython.double
        limit: cython.double = 0.0
        held: cython.double = self.positions[m, QUANTITY]
        linked: cython.Py_ssize_t
        code: cython.int = self.orders[k, REASON]
        self.orders[k, DONE] = self.clock[PIECE_NUMBER]
        if self.orders[k, ITS_FLAGS] & REDUCE_ONLY and not held * self.orders[k, SIDE] < 0.0:
            self._tell(NO_POSITION, number, m, self.moment, self.sizes[k, SIZE], 0.0, reference)
            self._remove(k)
            return
        if not self.orders[k, STATE] & IS_SIZED:
            self.refused = self._size(m, k, reference)
            if self.refused:
                self._tell(self.refused, number, m, self.moment, self.sizes[k, SIZE], 0.0, reference)
                self._remove(k)
                return
            self.orders[k, STATE] |= IS_SIZED
        side = self.orders[k, SIDE]
        quantity = self.sizes[k, LEFT]
        if self.orders[k, ITS_FLAGS] & CLOSE or (self.orders[k, ITS_FLAGS] & REDUCE_ONLY and quantity > fabs(held)):
            quantity = fabs(held)
        if kind == LIMIT or kind == STOP_LIMIT:
            limit = self.sizes[k, PRICE]
        else:
            # What is left of it goes on as a market order.
            self.orders[k, STATE] |= IS_TRIGGERED
        if code == 0:
            if kind == STOP or kind == STOP_LIMIT:
                code = BY_STOP
            elif kind == TAKE_PROFIT:
                code = BY_TARGET
            elif kind == TRAILING:
                code = BY_TRAIL
        if self.orders[k, ACTIVE_AT] > self.moment:
            self.moment = self.orders[k, ACTIVE_AT]
            filled = self._trade(m, k, side, quantity, reference, is_maker, limit, code)
            self.moment = self.begun
        else:
            filled = self._trade(m, k, side, quantity, reference, is_maker, limit, code)
        if filled > 0.0 and other:
            linked = self._find(other)
            if linked >= 0:
                self._tell(
                    LINKED, other, self.orders[linked, OF_MARKET], self.moment, self.sizes[linked, SIZE], 0.0,
                    self.sizes[linked, PRICE],
                )  # fmt: skip
                self._remove(linked)
        # A position that is closed takes the orders with it that could only reduce it.
        if self.orders[k, ID] != number:
            return
        self.sizes[k, LEFT] -= filled
        if self.refused or filled >= quantity or self.sizes[k, LEFT] <= DUST * quantity:
            self._remove(k)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _size(self, m: cython.Py_ssize_t, k: cython.Py_ssize_t, reference: cython.double) -> cython.int:
        """How much an order is to fill at *reference*; gives why it is refused, 0 where it is not."""
        held: cython.double = self.positions[m, QUANTITY]
        wanted: cython.double = self.sizes[k, SIZE]
        side: cython.double = self.orders[k, SIDE]
        if self.orders[k, ITS_FLAGS] & CLOSE:
            self.sizes[k, LEFT] = fabs(held)
            return 0
        if self.orders[k, SIZING] == VALUE:
            wanted = wanted / reference
        elif self.orders[k, SIZING] == SHARE:
            wanted = wanted * self._equity_at(m, reference) / reference
        wanted = self._floor(m, wanted) if wanted > 0.0 else 0.0
        if self.orders[k, ITS_FLAGS] & TO_TARGET:
            if wanted == 0.0 and self.sizes[k, SIZE] > 0.0 and not held * side < 0.0:
                return TOO_SMALL
            wanted = side * wanted - held
            if fabs(wanted) <= DUST * fabs(held):
                return UNCHANGED
            self.orders[k, SIDE] = 1 if wanted > 0.0 else -1
            side = self.orders[k, SIDE]
            wanted = self._whole(m, fabs(wanted)) if wanted * held < 0.0 and fabs(wanted) > fabs(held) else fabs(wanted)
        if wanted <= 0.0:
            return TOO_SMALL
        self.sizes[k, LEFT] = wanted
        # What closes a position may be as small as that is.
        if not (held * side < 0.0 and wanted >= fabs(held) - DUST) and (
            wanted < self.rules[m, LEAST_QUANTITY]
            or (wanted * reference < self.rules[m, LEAST_VALUE] and not self.orders[k, ITS_FLAGS] & REDUCE_ONLY)
        ):
            return TOO_SMALL
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _trade(
        self, m: cython.Py_ssize_t, k: cython.Py_ssize_t, side: cython.double, quantity: cython.double,
        reference: cython.double, is_maker: cython.bint, limit: cython.double, code: cython.int,
    ) -> cython.double:  # fmt: skip
        """Fill *quantity* at *reference* as far as it goes; gives how much. `refused`: no more of it ever will be."""
        held: cython.double = self.positions[m, QUANTITY]
        price: cython.double = reference
        rate: cython.double = self.rules[m, MAKER] if is_maker else self.rules[m, TAKER]
        closing: cython.double = 0.0
        opening: cython.double
        given: cython.double
        fee: cython.double
        lost: cython.double
        level: cython.double
        row: cython.Py_ssize_t = -1
        self.refused = 0
        if code == BY_LIQUIDATION:
            rate = self.rules[m, LIQUIDATION_FEE]
        elif quantity > self.room:
            quantity = self._floor(m, self.room)
            if quantity <= 0.0:
                return 0.0
        if not is_maker and code != BY_LIQUIDATION:
            price = self._slipped(m, side, quantity, reference, limit)
        if held * side < 0.0:
            closing = fabs(held)
            if quantity < closing - DUST * closing:
                closing = quantity
        opening = quantity - closing
        if opening <= DUST * quantity:
            opening = 0.0
        elif closing > 0.0:
            opening = self._whole(m, opening)
        if self.room < INF and code != BY_LIQUIDATION:
            self.room -= quantity
        if closing > 0.0:
            if code == BY_LIQUIDATION:
                # The exchange's insurance pays for what is beyond the margin.
                lost = self.positions[m, POSTED]
                if self.rules[m, MARGIN_MODE] == 2.0:
                    lost = self._equity_at(m, self.positions[m, ENTRY])
                if lost < 0.0:
                    lost = 0.0
                level = self.positions[m, ENTRY] + side * lost / closing
                if side * (price - level) > 0.0:
                    price = level
                    reference = level
                fee = closing * price * rate
                lost -= closing * fabs(price - self.positions[m, ENTRY])
                if fee > lost:
                    fee = lost if lost > 0.0 else 0.0
                self._tell(LIQUIDATED, 0, m, self.moment, closing, closing, price)
            else:
                fee = closing * price * rate
            self._log(m, k, side, closing, price, reference, fee, is_maker)
            if opening > 0.0 and code == BY_SIGNAL:
                code = BY_REVERSAL
            row = self.clock[CLOSED]
            self._reduce(m, closing, price, reference, fee, code)
        if opening > 0.0 and k >= 0:
            given = self._afford(m, opening, price, rate, reference)
            if given < opening:
                if given <= 0.0 or (
                    given < self.rules[m, LEAST_QUANTITY] or given * price < self.rules[m, LEAST_VALUE]
                ):
                    self._tell(NO_MARGIN, self.orders[k, ID], m, self.moment, opening, 0.0, price)
                    given = 0.0
                elif self.orders[k, SIZING] != SHARE or given < WORTH_TELLING * opening:
                    self._tell(SHRUNK, self.orders[k, ID], m, self.moment, opening, given, price)
                self.refused = NO_MARGIN
            opening = given
            if opening > 0.0:
                fee = opening * price * rate
                self._log(m, k, side, opening, price, reference, fee, is_maker)
                self._add(m, k, side, opening, price, reference, fee)
            elif row >= 0 and self.clock[CLOSED] > row and self.trip_times[row, 6] == BY_REVERSAL:
                self.trip_times[row, 6] = BY_SIGNAL
        return closing + opening

    @cython.cfunc
    @cython.exceptval(check=False)
    def _slipped(
        self, m: cython.Py_ssize_t, side: cython.double, quantity: cython.double, reference: cython.double,
        limit: cython.double,
    ) -> cython.double:  # fmt: skip
        """The price that a taker of *quantity* gets where the market is at *reference*."""
        away: cython.double = reference * self.rules[m, SLIP_FIXED]
        share: cython.double
        price: cython.double
        if away < self.rules[m, SLIP_DISTANCE]:
            away = self.rules[m, SLIP_DISTANCE]
        if self.rules[m, SLIP_IMPACT] > 0.0:
            share = quantity / self.volume if self.volume > quantity else 1.0
            away += reference * self.rules[m, SLIP_IMPACT] * power(share, self.rules[m, SLIP_POWER])
        if away > reference * self.rules[m, SLIP_MOST]:
            away = reference * self.rules[m, SLIP_MOST]
        if away <= 0.0:
            return reference
        price = self._tick(m, reference + side * away, 1 if side > 0.0 else -1)
        if self.rules[m, SLIP_IS_CLAMPED] != 0.0:
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
        if self.rules[m, MARGIN_MODE] == 0.0:
            return quantity
        there = self.account[CASH]
        for i in range(self.clock[HOLDING]):
            one = self.holding[i]
            there -= self.positions[one, POSTED]
            if self.rules[m, MARGIN_MODE] == 2.0:
                there += self.positions[one, QUANTITY] * (
                    (reference if one == m else self.positions[one, LAST]) - self.positions[one, ENTRY]
                )
        each = price / self.rules[m, LEVERAGE] + price * (rate if rate > 0.0 else 0.0)
        if self.rules[m, MARGIN_MODE] == 2.0:
            each += fabs(price - reference)
        if quantity * each <= there:
            return quantity
        return self._floor(m, there / each) if there > 0.0 else 0.0

    @cython.cfunc
    @cython.exceptval(check=False)
    def _reduce(
        self, m: cython.Py_ssize_t, quantity: cython.double, price: cython.double, reference: cython.double,
        fee: cython.double, code: cython.int,
    ) -> cython.void:  # fmt: skip
        """Close *quantity* of the position, and write its round trip where nothing is left of it."""
        held: cython.double = self.positions[m, QUANTITY]
        side: cython.double = 1.0 if held > 0.0 else -1.0
        gain: cython.double = side * quantity * (price - self.positions[m, ENTRY])
        left: cython.double = fabs(held) - quantity
        is_over: cython.bint = left <= DUST * quantity
        self.account[CASH] += gain
        self.account[CASH] -= fee
        self.positions[m, REALISED] += gain
        self.positions[m, FEES] += fee
        self.positions[m, SLIPPED] += side * (reference - price) * quantity
        self.positions[m, OUT_QUANTITY] += quantity
        self.positions[m, OUT_PRICE] += (
            (price - self.positions[m, OUT_PRICE]) * (quantity / self.positions[m, OUT_QUANTITY])
        )  # fmt: skip
        if side * (price - self.positions[m, BEST]) > 0.0:
            self.positions[m, BEST] = price
        if side * (price - self.positions[m, WORST]) < 0.0:
            self.positions[m, WORST] = price
        if not is_over:
            self.positions[m, POSTED] -= self.positions[m, POSTED] * (quantity / fabs(held))
            self.positions[m, QUANTITY] = side * self._whole(m, left)
            return
        if self.is_within and code != BY_STOP and code != BY_TRAIL and code != BY_LIQUIDATION:
            # What it left at a better price may have been at its worst before.
            if side > 0.0 and self.low < self.positions[m, WORST]:
                self.positions[m, WORST] = self.low
            elif side < 0.0 and self.high > self.positions[m, WORST]:
                self.positions[m, WORST] = self.high
        self._write_trip(m, side, code)
        self._forget_position(m, side)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _write_trip(self, m: cython.Py_ssize_t, side: cython.double, code: cython.int) -> cython.void:
        row: cython.Py_ssize_t = self.clock[CLOSED]
        entry: cython.double = self.positions[m, IN_PRICE]
        best: cython.double = side * (self.positions[m, BEST] - entry) / entry
        worst: cython.double = side * (self.positions[m, WORST] - entry) / entry
        self.clock[TRIPS] += 1
        self.trips[row, 0] = self.positions[m, MOST_HELD]
        self.trips[row, 1] = entry
        self.trips[row, 2] = self.positions[m, OUT_PRICE]
        self.trips[row, 3] = self.positions[m, FEES]
        self.trips[row, 4] = self.positions[m, FUNDED]
        self.trips[row, 5] = self.positions[m, SLIPPED]
        self.trips[row, 6] = self.positions[m, REALISED] - self.positions[m, FEES] - self.positions[m, FUNDED]
        self.trips[row, 7] = self.positions[m, RISK]
        self.trips[row, 8] = best if best > 0.0 else 0.0
        self.trips[row, 9] = worst if worst < 0.0 else 0.0
        self.trip_times[row, 0] = self.clock[TRIPS]
        self.trip_times[row, 1] = m
        self.trip_times[row, 2] = 1 if side > 0.0 else -1
        self.trip_times[row, 3] = self.times[m, TAG]
        self.trip_times[row, 4] = self.times[m, OPENED_AT]
        self.trip_times[row, 5] = self.moment
        self.trip_times[row, 6] = code
        self.trip_times[row, 7] = self.times[m, BARS_HELD] + (1 if self.is_within or self.is_later else 0)
        self.clock[CLOSED] = row + 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _forget_position(self, m: cython.Py_ssize_t, side: cython.double) -> cython.void:
        """Nothing is held any more; orders that could only reduce it go with it."""
        c: cython.int
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t = self.times[m, FIRST] - 1
        behind: cython.Py_ssize_t
        for c in range(ITS_EXTREME + 1):
            self.positions[m, c] = 0.0
        for c in range(IN_QUANTITY, RISK + 1):
            self.positions[m, c] = 0.0
        self.times[m, UNTIL] = 0
        self.times[m, TRAILS_BY_FRACTION] = 0
        self.times[m, CLOSING] = 0
        self.times[m, BARS_HELD] = 0
        while k >= 0:
            behind = self.orders[k, NEXT] - 1
            if self.orders[k, ITS_FLAGS] & REDUCE_ONLY and self.orders[k, SIDE] * side < 0.0:
                self._remove(k)
            k = behind
        for i in range(self.clock[HOLDING]):
            if self.holding[i] == m:
                self.clock[HOLDING] -= 1
                # The others stay in their order, in which they are added up.
                for k in range(i, self.clock[HOLDING]):
                    self.holding[k] = self.holding[k + 1]
                break

    @cython.cfunc
    @cython.exceptval(check=False)
    def _add(
        self, m: cython.Py_ssize_t, k: cython.Py_ssize_t, side: cython.double, quantity: cython.double,
        price: cython.double, reference: cython.double, fee: cython.double,
    ) -> cython.void:  # fmt: skip
        """Open a position, or add to it."""
        held: cython.double = fabs(self.positions[m, QUANTITY])
        piece: cython.longlong = self.clock[PIECE_NUMBER]
        if held == 0.0:
            self.holding[self.clock[HOLDING]] = m
            self.clock[HOLDING] += 1
            self.times[m, OPENED_AT] = self.moment
            self.times[m, BARS_HELD] = 0
            self.times[m, TAG] = self.orders[k, ITS_TAG]
            self.times[m, ENTERED] = piece if self.is_within else 0
            self.times[m, BORN] = 0
            self.times[m, TRIED] = 0
            self.positions[m, BEST] = price
            self.positions[m, WORST] = price
            self.positions[m, ENTRY] = price
            self._first_due(m, self.clock[NOW])
        else:
            self.positions[m, ENTRY] += (price - self.positions[m, ENTRY]) * (quantity / (held + quantity))
            # The worst price is behind the mean where it is added at a better one.
            if side * (price - self.positions[m, BEST]) > 0.0:
                self.positions[m, BEST] = price
            if side * (price - self.positions[m, WORST]) < 0.0:
                self.positions[m, WORST] = price
        self.positions[m, IN_QUANTITY] += quantity
        self.positions[m, IN_PRICE] += (
            (price - self.positions[m, IN_PRICE]) * (quantity / self.positions[m, IN_QUANTITY])
        )  # fmt: skip
        self.positions[m, QUANTITY] = side * self._whole(m, held + quantity)
        self.positions[m, POSTED] += quantity * price / self.rules[m, LEVERAGE]
        self.positions[m, FEES] += fee
        self.positions[m, SLIPPED] += side * (price - reference) * quantity
        self.account[CASH] -= fee
        if held + quantity > self.positions[m, MOST_HELD]:
            self.positions[m, MOST_HELD] = self._whole(m, held + quantity)
        if self.is_within:
            self.added = piece
            self.added_at = price
        if self.sizes[k, WITH_STOP] > 0.0 or self.sizes[k, WITH_TARGET] > 0.0 or self.sizes[k, WITH_TRAIL] > 0.0:
            if self.is_within:
                self.times[m, BORN] = piece
            if self.sizes[k, WITH_TRAIL] > 0.0:
                self.positions[m, ITS_EXTREME] = price
        self._guard(
            m, self.sizes[k, WITH_STOP] if self.sizes[k, WITH_STOP] > 0.0 else -1.0,
            self.sizes[k, WITH_TARGET] if self.sizes[k, WITH_TARGET] > 0.0 else -1.0,
            self.sizes[k, WITH_TRAIL] if self.sizes[k, WITH_TRAIL] > 0.0 else -1.0,
            self.orders[k, HELD_UNTIL] if self.orders[k, HELD_UNTIL] > 0 else -1,
            (self.orders[k, ITS_FLAGS] & FRACTION) != 0, price, quantity,
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def _guard(
        self, m: cython.Py_ssize_t, stop: cython.double, target: cython.double, trail: cython.double,
        until: cython.longlong, is_fraction: cython.bint, price: cython.double, quantity: cython.double,
    ) -> cython.void:  # fmt: skip
        """Set what protects the position, of which *quantity* came in at *price* and is at risk now."""
        side: cython.double = 1.0 if self.positions[m, QUANTITY] > 0.0 else -1.0
        if stop >= 0.0:
            if is_fraction and stop > 0.0:
                stop = price - side * stop * price
            self.positions[m, ITS_STOP] = self._tick(m, stop, 0) if stop > 0.0 else 0.0
        if target >= 0.0:
            if is_fraction and target > 0.0:
                target = price + side * target * price
            self.positions[m, ITS_TARGET] = self._tick(m, target, 0) if target > 0.0 else 0.0
        if trail >= 0.0:
            self.positions[m, ITS_TRAIL] = trail
            self.times[m, TRAILS_BY_FRACTION] = 1 if is_fraction else 0
        if until >= 0:
            self.times[m, UNTIL] = until
        stop = self.positions[m, ITS_STOP]
        if stop == 0.0 and self.positions[m, ITS_TRAIL] > 0.0:
            stop = self._trail_level(m)
        if stop > 0.0 and side * (price - stop) > 0.0:
            self.positions[m, RISK] += quantity * (side * (price - stop))

    # Prices and quantities.

    @cython.cfunc
    @cython.exceptval(check=False)
    def _settle_all(self, m: cython.Py_ssize_t) -> cython.void:
        """What stands in one market of a cross account moves where the others are liquidated."""
        i: cython.Py_ssize_t
        self._settle(m)
        if self.rules[m, MARGIN_MODE] == 2.0:
            for i in range(self.clock[HOLDING]):
                self._settle(self.holding[i])

    @cython.cfunc
    @cython.exceptval(check=False)
    def _settle(self, m: cython.Py_ssize_t) -> cython.void:
        """Between which prices and until when nothing happens to the position."""
        quantity: cython.double = self.positions[m, QUANTITY]
        near: cython.double
        far: cython.double = 0.0
        side: cython.double = 1.0 if quantity > 0.0 else -1.0
        level: cython.double
        if quantity == 0.0:
            self.positions[m, LOW_BOUND] = -INF
            self.positions[m, HIGH_BOUND] = INF
            self.times[m, QUIET_UNTIL] = NEVER
            return
        self.times[m, QUIET_UNTIL] = self.times[m, NEXT_DUE]
        if 0 < self.times[m, UNTIL] < self.times[m, QUIET_UNTIL]:
            self.times[m, QUIET_UNTIL] = self.times[m, UNTIL]
        if self.times[m, CLOSING] or (self.rules[m, MARGIN_MODE] == 2.0 and self.clock[HOLDING] > 1):
            self.times[m, QUIET_UNTIL] = -NEVER
        # As prices that are better the larger they are.
        near = -INF
        level = self._liquidation(m)
        if level > 0.0:
            near = side * level
        level = self.positions[m, ITS_STOP]
        if level > 0.0 and side * level > near:
            near = side * level
        far = INF
        level = self.positions[m, ITS_TARGET]
        if level > 0.0:
            far = side * level
        if self.positions[m, ITS_TRAIL] > 0.0:
            level = self._trail_level(m)
            if side * level > near:
                near = side * level
            # A new extreme is to be followed.
            if side * self.positions[m, ITS_EXTREME] < far:
                far = side * self.positions[m, ITS_EXTREME]
        if side > 0.0:
            self.positions[m, LOW_BOUND] = near
            self.positions[m, HIGH_BOUND] = far
        else:
            self.positions[m, LOW_BOUND] = -far
            self.positions[m, HIGH_BOUND] = -near

    @cython.cfunc
    @cython.exceptval(check=False)
    def _liquidation(self, m: cython.Py_ssize_t) -> cython.double:
        """Where what is left of the margin is the maintenance margin: of the position alone, or of the account."""
        quantity: cython.double = self.positions[m, QUANTITY]
        side: cython.double = 1.0 if quantity > 0.0 else -1.0
        rate: cython.double = self.rules[m, MAINTENANCE]
        there: cython.double = self.positions[m, POSTED]
        price: cython.double
        i: cython.Py_ssize_t
        one: cython.Py_ssize_t
        if quantity == 0.0 or self.rules[m, MARGIN_MODE] == 0.0:
            return 0.0
        if self.rules[m, MARGIN_MODE] == 2.0:
            there = self.account[CASH]
            for i in range(self.clock[HOLDING]):
                one = self.holding[i]
                if one != m:
                    there += self.positions[one, QUANTITY] * (self.positions[one, LAST] - self.positions[one, ENTRY])
                    there -= (
                        fabs(self.positions[one, QUANTITY]) * self.positions[one, LAST] * (self.rules[one, MAINTENANCE])
                    )
                    there += self.rules[one, MAINTENANCE_AMOUNT]
        price = (side * self.positions[m, ENTRY] - (there + self.rules[m, MAINTENANCE_AMOUNT]) / fabs(quantity)) / (
            side - rate
        )
        if price > 0.0:
            return price
        return 0.0 if side > 0.0 else DUST

    @cython.cfunc
    @cython.exceptval(check=False)
    def _trail_level(self, m: cython.Py_ssize_t) -> cython.double:
        extreme: cython.double = self.positions[m, ITS_EXTREME]
        away: cython.double = self.positions[m, ITS_TRAIL]
        if self.times[m, TRAILS_BY_FRACTION]:
            away = away * extreme
        return self._tick(m, extreme - away if self.positions[m, QUANTITY] > 0.0 else extreme + away, 0)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _order_level(self, m: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.double:
        """Where a stop, a stop-limit or a trailing stop is touched."""
        away: cython.double = self.sizes[k, DISTANCE]
        if self.orders[k, KIND] != TRAILING:
            return self.sizes[k, TRIGGER]
        if self.orders[k, ITS_FLAGS] & FRACTION:
            away = away * self.sizes[k, EXTREME]
        return self._tick(m, self.sizes[k, EXTREME] + (away if self.orders[k, SIDE] > 0 else -away), 0)

    @cython.cfunc
    @cython.exceptval(check=False)
    def _equity_at(self, m: cython.Py_ssize_t, price: cython.double) -> cython.double:
        """The equity where the market is at *price*."""
        total: cython.double = self.account[CASH]
        i: cython.Py_ssize_t
        one: cython.Py_ssize_t
        for i in range(self.clock[HOLDING]):
            one = self.holding[i]
            total += self.positions[one, QUANTITY] * (
                (price if one == m else self.positions[one, LAST]) - self.positions[one, ENTRY]
            )
        return total

    @cython.cfunc
    @cython.exceptval(check=False)
    def _floor(self, m: cython.Py_ssize_t, quantity: cython.double) -> cython.double:
        """The lots that are in a quantity."""
        if self.rules[m, LOT_DIV] == 0.0:
            return quantity
        return (
            floor(quantity * self.rules[m, LOT_DIV] / self.rules[m, LOT_MUL] + NEARLY)
            * self.rules[m, LOT_MUL] / self.rules[m, LOT_DIV]
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def _whole(self, m: cython.Py_ssize_t, quantity: cython.double) -> cython.double:
        """The lots that a sum or a difference of lots is, without the error of doubles."""
        if self.rules[m, LOT_DIV] == 0.0:
            return quantity
        return (
            rint(quantity * self.rules[m, LOT_DIV] / self.rules[m, LOT_MUL])
            * self.rules[m, LOT_MUL] / self.rules[m, LOT_DIV]
        )  # fmt: skip

    @cython.cfunc
    @cython.exceptval(check=False)
    def _tick(self, m: cython.Py_ssize_t, price: cython.double, way: cython.int) -> cython.double:
        """The price on a tick: the one above (*way* 1), below (-1), or the nearest (0)."""
        ticks: cython.double
        if self.rules[m, TICK_DIV] == 0.0:
            return price
        ticks = price * self.rules[m, TICK_DIV] / self.rules[m, TICK_MUL]
        if way > 0:
            ticks = ceil(ticks - NEARLY * (1.0 + ticks * NEARLY))
        elif way < 0:
            ticks = floor(ticks + NEARLY * (1.0 + ticks * NEARLY))
        else:
            ticks = rint(ticks)
        if ticks < 1.0:
            ticks = 1.0
        return ticks * self.rules[m, TICK_MUL] / self.rules[m, TICK_DIV]

    # Books.

    @cython.cfunc
    @cython.exceptval(check=False)
    def _find(self, number: cython.longlong) -> cython.Py_ssize_t:
        """The place of the order of that number, -1 where it does not wait."""
        k: cython.Py_ssize_t
        if number <= 0:
            return NO_ORDER
        k = number % self.orders.shape[0]
        return k if self.orders[k, ID] == number else NO_ORDER

    @cython.cfunc
    @cython.exceptval(check=False)
    def _remove(self, k: cython.Py_ssize_t) -> cython.void:
        """Forget an order; its place is free."""
        m: cython.Py_ssize_t = self.orders[k, OF_MARKET]
        at: cython.Py_ssize_t = self.times[m, FIRST] - 1
        if at == k:
            self.times[m, FIRST] = self.orders[k, NEXT]
        else:
            while self.orders[at, NEXT] - 1 != k:
                at = self.orders[at, NEXT] - 1
            self.orders[at, NEXT] = self.orders[k, NEXT]
        self.times[m, WAITING] -= 1
        self.orders[k, ID] = 0
        self.orders[k, NEXT] = self.clock[FREE]
        self.clock[FREE] = k + 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _tell(
        self, reason: cython.int, number: cython.longlong, m: cython.Py_ssize_t, at: cython.longlong,
        asked: cython.double, given: cython.double, price: cython.double,
    ) -> cython.void:  # fmt: skip
        row: cython.Py_ssize_t = self.clock[TOLD]
        self.clock[HAPPENED] += 1
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
        self.clock[TOLD] = row + 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def _log(
        self, m: cython.Py_ssize_t, k: cython.Py_ssize_t, side: cython.double, quantity: cython.double,
        price: cython.double, reference: cython.double, fee: cython.double, is_maker: cython.bint,
    ) -> cython.void:  # fmt: skip
        """Count a fill, and write it where there is room for it."""
        row: cython.Py_ssize_t = self.clock[FILLED]
        self.clock[HAPPENED] += 1
        self.clock[FILLS] += 1
        self.account[ALL_FEES] += fee
        self.account[ALL_SLIPPAGE] += side * (price - reference) * quantity
        self.account[TURNOVER] += quantity * price
        if row >= self.fill_times.shape[0]:
            return
        self.fill_times[row, 0] = self.orders[k, ID] if k >= 0 else 0
        self.fill_times[row, 1] = m
        self.fill_times[row, 2] = self.moment
        self.fill_times[row, 3] = 1 if side > 0.0 else -1
        self.fill_times[row, 4] = 1 if is_maker else 0
        self.fill_sizes[row, 0] = quantity
        self.fill_sizes[row, 1] = price
        self.fill_sizes[row, 2] = reference
        self.fill_sizes[row, 3] = fee
        self.clock[FILLED] = row + 1
