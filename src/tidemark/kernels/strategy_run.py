# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Candles through a broker and a strategy, one after the other: the loop, and what the strategy sees of it."""

from collections.abc import Callable

import cython
import numpy as np

from tidemark.kernels.page import view

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tidemark.kernels import broker_columns as c
    from cython.cimports.tidemark.kernels.broker import Broker
else:
    from tidemark.kernels import broker_columns as c
    from tidemark.kernels.broker import Broker

    fabs = abs

# Columns of candles that are kept for `Context.history`.
KEPT = {"open": 0, "high": 1, "low": 2, "close": 3, "volume": 4}
_FIGURES = cython.declare(cython.int, 5)


@cython.cclass
class Context:
    """What a strategy is given after each closed candle of its market: figures to read, and orders to give.

    What is ordered is done with the next candle at the earliest. An order that cannot be given, for want of money or
    because it is smaller than the market takes, changes nothing: it gives 0, and is counted with its reason in the
    result. Sizes are one of: `share` of the equity (0.5: half; above 1 with leverage), `value` in quote currency,
    `quantity` in base currency.
    """

    broker: Broker
    tag_of: Callable
    market: cython.int
    names: dict
    symbol = cython.declare(object, visibility="readonly")
    columns: cython.double[:, ::1]
    figures: cython.double[:, ::1]
    times: cython.longlong[::1]
    ring: cython.double[:, ::1]
    span: cython.Py_ssize_t
    seen: cython.longlong
    i: cython.Py_ssize_t

    def __init__(
        self, broker: Broker, tag_of: Callable, market: cython.int, symbol: str, names: tuple, span: int, ring: object
    ) -> None:
        self.broker = broker
        self.tag_of = tag_of
        self.market = market
        self.symbol = symbol
        self.names = {name: number for number, name in enumerate(names)}
        self.span = span
        self.ring = ring
        self.seen = 0
        self.i = 0

    def __getitem__(self, name: str) -> float:
        """The value of an indicator after this candle, by the name that the strategy gave it."""
        number: object = self.names.get(name)
        if number is None:
            raise KeyError(f"{name!r} is not among the indicators: {', '.join(self.names) or 'there are none'}")
        return self.columns[cython.cast(cython.Py_ssize_t, number), self.i]

    @property
    def time(self) -> int:
        """When the candle opened (ns since the epoch)."""
        return self.times[self.i]

    @property
    def open(self) -> float:
        """The candle's first price."""
        return self.figures[0, self.i]

    @property
    def high(self) -> float:
        """The candle's highest price."""
        return self.figures[1, self.i]

    @property
    def low(self) -> float:
        """The candle's lowest price."""
        return self.figures[2, self.i]

    @property
    def close(self) -> float:
        """The candle's last price."""
        return self.figures[3, self.i]

    @property
    def volume(self) -> float:
        """What was traded in the candle, base currency."""
        return self.figures[4, self.i]

    @property
    def candles(self) -> int:
        """How many candles of this market there were, with this one."""
        return self.seen

    @property
    def position(self) -> float:
        """What is held of this market, base currency: above 0 long, below 0 short."""
        held: float = self.broker.position(self.market)
        return held

    @property
    def entry_price(self) -> float:
        """The mean price at which it is held; 0 where nothing is."""
        price: float = self.broker.entry(self.market)
        return price

    @property
    def profit(self) -> float:
        """What the position would gain at this close, before costs of leaving, quote currency."""
        gained: float = self.broker.profit(self.market)
        return gained

    @property
    def waiting(self) -> int:
        """How many orders of this market wait."""
        count: int = self.broker.waiting(self.market)
        return count

    @property
    def equity(self) -> float:
        """What the whole account is worth at the last closes, quote currency."""
        worth: float = self.broker.equity()
        return worth

    @property
    def cash(self) -> float:
        """The account without what open positions gain or lose, quote currency."""
        held: float = self.broker.cash
        return held

    def history(self, name: str, count: int) -> np.ndarray:
        """The last *count* of open, high, low, close or volume, this candle last: float64 (count,), a copy.

        Fewer where there were fewer candles. A strategy says how many it looks at by its field `HISTORY`.
        """
        if name not in KEPT:
            raise KeyError(f"{name!r} is not kept; there are {', '.join(KEPT)}")
        if count > self.span:
            raise IndexError(
                f"{count} candles were asked for, and {self.span} are kept; set HISTORY = {count} in the class"
            )
        there: cython.longlong = min(self.seen, count)
        at: object = (np.arange(self.seen - there, self.seen)) % self.span
        return np.asarray(self.ring)[KEPT[name]][at]

    def target(
        self, share: cython.double, stop: cython.double = 0.0, target: cython.double = 0.0, tag: str = ""
    ) -> int:
        """Hold so large a share of the equity from the next open on: 1.0 all of it long, -1.0 short, 0.0 nothing.

        stop, target: as fractions of the entry price, 0.02 for 2 % away; 0 for none.
        """
        side: cython.int = 1 if share >= 0 else -1
        given: int = self.broker.order(
            self.market, side, share * side, c.MARKET, 0.0, 0.0, 0.0, c.SHARE, c.TO_TARGET | c.FRACTION, 0,
            self._tag(tag), stop, target,
        )  # fmt: skip
        return max(given, 0)

    def buy(
        self, *, share: float | None = None, value: float | None = None, quantity: float | None = None,
        limit: float = 0.0, trigger: float = 0.0, stop: float = 0.0, target: float = 0.0, trail: float = 0.0,
        fraction: bool = False, reduce_only: bool = False, post_only: bool = False, life: int = 0, tag: str = "",
    ) -> int:  # fmt: skip
        """Order to buy: at the next open, at *limit*, or when the price reaches *trigger*; give the order's id, or 0.

        stop, target, trail: what protects the position then, as prices, or with *fraction* as fractions of its entry
        price. life: candles that the order waits, 0 until it is cancelled.
        """
        return self._order(
            1, share, value, quantity, limit, trigger, stop, target, trail, fraction, reduce_only, post_only, life, tag
        )

    def sell(
        self, *, share: float | None = None, value: float | None = None, quantity: float | None = None,
        limit: float = 0.0, trigger: float = 0.0, stop: float = 0.0, target: float = 0.0, trail: float = 0.0,
        fraction: bool = False, reduce_only: bool = False, post_only: bool = False, life: int = 0, tag: str = "",
    ) -> int:  # fmt: skip
        """Order to sell, as `buy`."""
        return self._order(
            -1, share, value, quantity, limit, trigger, stop, target, trail, fraction, reduce_only, post_only, life, tag
        )

    def close_position(self) -> int:
        """Close what is held, at the next open; 0 where nothing is."""
        given: int = self.broker.close(self.market)
        return max(given, 0)

    def protect(self, stop: float = -1.0, target: float = -1.0, trail: float = -1.0, fraction: bool = False) -> bool:
        """Move the stop, the target or the trailing distance of the position; 0 removes, what is left out stays."""
        return bool(self.broker.protect(self.market, stop, target, trail, -1, fraction) >= 0)

    def cancel(self, order: int = 0) -> int:
        """Cancel an order, or all of this market; give how many were."""
        count: int = self.broker.cancel(order) if order else self.broker.cancel_all(self.market)
        return max(count, 0)

    @cython.cfunc
    def _tag(self, tag: str) -> cython.int:
        return cython.cast(cython.int, self.tag_of(tag)) if tag else 0

    @cython.cfunc
    def _order(
        self, side: cython.int, share: object, value: object, quantity: object, limit: cython.double,
        trigger: cython.double, stop: cython.double, target: cython.double, trail: cython.double, fraction: object,
        reduce_only: object, post_only: object, life: cython.int, tag: str,
    ) -> object:  # fmt: skip
        given: list = [one for one in (share, value, quantity) if one is not None]
        if len(given) != 1:
            raise ValueError("an order has one of share, value and quantity")
        sizing: cython.int = c.SHARE if share is not None else (c.VALUE if value is not None else c.UNITS)
        kind: cython.int = c.MARKET
        if trigger > 0:
            kind = c.STOP_LIMIT if limit > 0 else c.STOP
        elif limit > 0:
            kind = c.LIMIT
        flags: cython.int = (
            (c.FRACTION if fraction else 0) | (c.REDUCE_ONLY if reduce_only else 0) | (c.POST_ONLY if post_only else 0)
        )
        made: int = self.broker.order(
            self.market, side, given[0], kind, limit, trigger, 0.0, sizing, flags, life, self._tag(tag), stop, target,
            trail,
        )  # fmt: skip
        return max(made, 0)


@cython.cclass
class Loop:
    """Candles of all markets through the broker, and each to the strategy of its market.

    deciders: one function a market, called with its context. warm_up: candles of a market before it is asked. room:
    round trips that the broker's table has to have place for; else the loop stops for them to be taken out.
    """

    broker: Broker
    contexts: list
    deciders: list
    warm_up: cython.longlong
    most_closed: cython.longlong
    last: cython.longlong
    nothing: cython.double[::1]
    i = cython.declare(cython.Py_ssize_t, visibility="readonly")
    points = cython.declare(cython.Py_ssize_t, visibility="readonly")

    def __init__(self, broker: Broker, contexts: list, deciders: list, warm_up: int, most_closed: int) -> None:
        self.broker = broker
        self.contexts = contexts
        self.deciders = deciders
        self.warm_up = warm_up
        self.most_closed = most_closed
        self.last = -1
        self.i = 0
        self.points = 0
        self.nothing = view(np.zeros(0))

    def take(
        self, market: cython.int[::1], times: cython.longlong[::1], figures: cython.double[:, ::1],
        columns: cython.double[:, ::1], begin: cython.Py_ssize_t, at: cython.longlong[::1],
        worth: cython.double[:, ::1],
    ) -> int:  # fmt: skip
        """Take candles from *begin* on; give how far it came, and in `points` how many points of equity were written.

        figures: (5, n) open, high, low, close and volume. columns: (indicators, n). at (n + 1,) and worth (n + 1, 3):
        after all candles of a time its open time, and equity, cash and exposure. Where a strategy raises, `i` is the
        candle.
        """
        i: cython.Py_ssize_t
        k: cython.int
        which: cython.int
        n: cython.Py_ssize_t = market.shape[0]
        context: Context
        before: cython.int = -1
        self.points = 0
        for i in range(begin, n):
            self.i = i
            if times[i] != self.last:
                if self.last >= 0:
                    self._point(at, worth)
                self.last = times[i]
            which = market[i]
            happened: cython.int = self.broker.bar(
                which, times[i], figures[0, i], figures[1, i], figures[2, i], figures[3, i], figures[4, i]
            )
            context = self.contexts[which]
            if before != which:
                context.columns = columns
                context.figures = figures
                context.times = times
                before = which
            context.i = i
            if context.span > 0:
                for k in range(_FIGURES):
                    context.ring[k, context.seen % context.span] = figures[k, i]
            context.seen += 1
            if context.seen >= self.warm_up:
                self.deciders[which](context)
            if happened and self.broker.clock[c.CLOSED] >= self.most_closed:
                return i + 1
        return n

    def follow(
        self, market: cython.int[::1], times: cython.longlong[::1], figures: cython.double[:, ::1],
        want: cython.schar[::1], share: cython.double, stop: cython.double, target: cython.double,
        begin: cython.Py_ssize_t, at: cython.longlong[::1], worth: cython.double[:, ::1],
    ) -> int:  # fmt: skip
        """As `take`, where what is wanted of each candle is known: 1 long, -1 short, 0 nothing held, 2 nothing new.

        share: of the equity that is held; stop, target: fractions of the entry price, 0 for none.
        """
        i: cython.Py_ssize_t = begin
        n: cython.Py_ssize_t = market.shape[0]
        is_alone: cython.bint = len(self.contexts) == 1
        is_asked: cython.bint
        self.points = 0
        while i < n and self.broker.clock[c.CLOSED] < self.most_closed:
            is_asked = False
            if is_alone:
                i = self._skim(times, figures, want, i, at, worth)
                is_asked = self.broker.is_asked
                if not is_asked and i >= n:
                    break
            if not is_asked:
                if times[i] != self.last and self.last >= 0:
                    self._point(at, worth)
                self.last = times[i]
                self.broker.bar(
                    market[i], times[i], figures[0, i], figures[1, i], figures[2, i], figures[3, i], figures[4, i]
                )
                is_asked = self.broker.wants(market[i], want[i])
                i += 1
            if is_asked:
                self._want(market[i - 1], want[i - 1], share, stop, target)
        self.i = i - 1
        return i

    @cython.cfunc
    def _want(
        self, which: cython.int, now: cython.int, share: cython.double, stop: cython.double, target: cython.double
    ) -> cython.void:
        """What waits is forgotten, and what is wanted is ordered for the next open."""
        side: cython.int = 1 if now > 0 or (now == 0 and self.broker.position(which) < 0) else -1
        self.broker.cancel_all(which)
        self.broker.order(
            which, side, share if now != 0 else 0.0, c.MARKET, 0.0, 0.0, 0.0, c.SHARE, c.TO_TARGET | c.FRACTION, 0, 0,
            stop if now != 0 else 0.0, target if now != 0 else 0.0,
        )  # fmt: skip

    @cython.cfunc
    def _skim(
        self, times: cython.longlong[::1], figures: cython.double[:, ::1], want: cython.schar[::1],
        begin: cython.Py_ssize_t, at: cython.longlong[::1], worth: cython.double[:, ::1],
    ) -> cython.Py_ssize_t:  # fmt: skip
        """Pass candles of the only market while nothing can happen, with their points; the first not passed."""
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        passed: cython.Py_ssize_t
        cash: cython.double = self.broker.account[c.CASH]
        quantity: cython.double = self.broker.positions[0, c.QUANTITY]
        entry: cython.double = self.broker.positions[0, c.ENTRY]
        waits: cython.longlong = self.last
        equity: cython.double = self.broker.equity()
        exposure: cython.double = self.broker.exposure()
        i = self.broker.skim(0, times, figures[1], figures[2], figures[3], want, self.nothing, begin, times.shape[0])
        if i == begin:
            return i
        k = self.points
        if waits >= 0:
            at[k] = waits
            worth[k, 0] = equity
            worth[k, 1] = cash
            worth[k, 2] = exposure
            k += 1
        self.last = times[i - 1]
        # The newest is told with the candle behind it, as all are.
        for passed in range(begin, i - 1):
            at[k] = times[passed]
            worth[k, 0] = cash + quantity * (figures[3, passed] - entry)
            worth[k, 1] = cash
            worth[k, 2] = fabs(quantity) * figures[3, passed]
            k += 1
        self.points = k
        return i

    def end(self, at: cython.longlong[::1], worth: cython.double[:, ::1]) -> int:
        """Write the point after the last candle of all, as the first; give how many there are: 0 or 1."""
        self.points = 0
        if self.last >= 0:
            self._point(at, worth)
            self.last = -1
        return self.points

    @cython.cfunc
    @cython.exceptval(check=False)
    def _point(self, at: cython.longlong[::1], worth: cython.double[:, ::1]) -> cython.void:
        at[self.points] = self.last
        worth[self.points, 0] = self.broker.equity()
        worth[self.points, 1] = self.broker.account[c.CASH]
        worth[self.points, 2] = self.broker.exposure()
        self.points += 1
