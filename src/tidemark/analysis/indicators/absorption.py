# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Aggression that the price did not follow: positive where sellers were absorbed, negative where buyers were.

Source: R. Wyckoff, The Richard D. Wyckoff Method of Trading and Investing in Stocks (1931): effort against result. A
candle's effort is how far the size of its delta exceeds the mean size of 20 candles, in such means, 0 where it does not
and at most 4. What was not followed is 1 less the way from open to close in the direction of the delta, in mean ranges
of 20 candles, within [0, 1]. `absorption` is the sum of effort times that, against the side of the delta, a candle
before counting 0.8 of the one after it. `usual_delta` is the mean size of a delta before this candle.

Reads: open, high, low, close, delta. Memory: 32 bytes a series.
"""

import cython

READS = ("open", "high", "low", "close", "delta")
GIVES = ("absorption", "usual_delta")
WARM_UP = 21
WIDTH = 4
PERIOD = cython.declare(cython.int, 20)
LARGEST = cython.declare(cython.double, 4.0)
KEPT = cython.declare(cython.double, 0.8)
SEEN = cython.declare(cython.int, 0)
SIZE = cython.declare(cython.int, 1)
RANGE = cython.declare(cython.int, 2)
ABSORBED = cython.declare(cython.int, 3)


def update(
    state: cython.double[:, :],
    rows: cython.int[:],
    opened: cython.double[:],
    high: cython.double[:],
    low: cython.double[:],
    close: cython.double[:],
    delta: cython.double[:],
    out: cython.double[:, :],
    commits: cython.bint,
) -> None:
    """See base.Indicator.update."""
    i: cython.Py_ssize_t
    r: cython.int
    for i in range(rows.shape[0]):
        r = rows[i]
        seen: cython.double = state[r, SEEN]
        usual: cython.double = state[r, SIZE]
        reach: cython.double = state[r, RANGE]
        absorbed: cython.double = state[r, ABSORBED] * KEPT
        side: cython.double = 1.0 if delta[i] > 0 else -1.0
        size: cython.double = delta[i] * side
        if seen >= PERIOD and size > usual > 0:
            effort: cython.double = size / usual - 1.0
            if effort > LARGEST:
                effort = LARGEST
            way: cython.double = (close[i] - opened[i]) * side
            followed: cython.double = way / reach if way < reach else 1.0
            if way <= 0:
                followed = 0.0
            absorbed -= side * effort * (1.0 - followed)
        out[i, 0] = absorbed
        out[i, 1] = usual
        if commits:
            count: cython.double = seen + 1.0 if seen < PERIOD else PERIOD
            state[r, SIZE] = usual + (size - usual) / count
            state[r, RANGE] = reach + (high[i] - low[i] - reach) / count
            state[r, ABSORBED] = absorbed
            state[r, SEEN] = seen + 1
