# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The vectorised mode of backtests: what one market wants is there for all candles before the first is taken.

It is the broker itself, fed with market orders where the side that is wanted changes; candles in which nothing can
happen are skimmed. So all that the broker knows of (costs, margin, funding, ticks) holds here, to the last bit.
"""

import cython

if cython.compiled:
    from cython.cimports.tidemark.kernels import broker_columns as c
    from cython.cimports.tidemark.kernels.broker import Broker
else:
    from tidemark.kernels import broker_columns as c
    from tidemark.kernels.broker import Broker

LONG = 1
SHORT = -1
FLAT = 0
NOTHING = 2
_NOTHING = cython.declare(cython.int, 2)


def run(
    broker: Broker, market: cython.Py_ssize_t, want: cython.schar[::1], time: cython.longlong[::1],
    open: cython.double[::1], high: cython.double[::1], low: cython.double[::1], close: cython.double[::1],
    volume: cython.double[::1], size: cython.double, sizing: cython.longlong, stop: cython.double,
    target: cython.double, tag: cython.longlong, begin: cython.Py_ssize_t, end: cython.Py_ssize_t,
    equity: cython.double[::1],
) -> int:  # fmt: skip
    """Take candles [begin, end) of the only market that is fed; how far it came: short of *end* to have trips taken.

    want: 1 long, -1 short, 0 flat, 2 nothing, known at the close of its candle; where it says another than the candle
    before it, and another side than is held, what waits is forgotten and a market order for the next open is placed.
    size, sizing: of that order. stop, target: fractions of the fill price, 0 for none. equity: of every candle's
    close, or empty.
    """
    i: cython.Py_ssize_t = begin
    now: cython.int
    side: cython.int
    held: cython.double
    is_asked: cython.bint
    has_equity: cython.bint = equity.shape[0] > 0
    while i < end:
        if not broker.has_room():
            return i
        i = broker.skim(market, time, high, low, close, want, equity, i, end)
        is_asked = broker.is_asked
        if not is_asked:
            if i >= end:
                break
            broker.bar(market, time[i], open[i], high[i], low[i], close[i], volume[i])
            if has_equity:
                equity[i] = broker.equity()
            now = want[i]
            is_asked = broker.wants(market, now)
            i += 1
        if is_asked:
            now = want[i - 1]
            held = broker.position(market)
            side = 1 if now > 0 or (now == 0 and held < 0.0) else -1
            broker.cancel_all(market)
            broker.order(
                market, side, size if now != 0 else 0.0, 0, 0.0, 0.0, 0.0, sizing, c.TO_TARGET | c.FRACTION, 0, tag,
                stop if now != 0 else 0.0, target if now != 0 else 0.0, 0.0, 0, 0,
            )  # fmt: skip
    return end
