# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Fair value gaps: prices between the first and the third of three candles that neither of them reached, unfilled.

A rise leaves a gap below the price, between the first candle's high and the third one's low; a fall one above it. It
is kept where it is wider than a tenth of the average true range of 14 candles, the newest four of each side; a later
candle that reaches into it takes that part away, and after 300 candles it is forgotten. Of the nearest gap of each side
it gives the width that is left and how far the close is from it, in prices, and its age in candles: 0 without one.

Source: M. Huddleston (as the Inner Circle Trader) has the name. The bounds are ours.

Reads: high, low, close. Memory: 264 bytes a series.
"""

import cython

READS = ("high", "low", "close")
GIVES = (
    "gap_below_width", "gap_below_distance", "gap_below_age",
    "gap_above_width", "gap_above_distance", "gap_above_age",
)  # fmt: skip
WARM_UP = 17
WIDTH = 33
PERIOD = cython.declare(cython.int, 14)
COUNT = cython.declare(cython.int, 4)
LEAST = cython.declare(cython.double, 0.1)
OLDEST = cython.declare(cython.int, 300)
SEEN = cython.declare(cython.int, 0)
PRICE = cython.declare(cython.int, 1)
RANGE = cython.declare(cython.int, 2)
# High and low of two candles ago, and of the one before this.
CANDLES = cython.declare(cython.int, 3)
# Of the gaps below and behind them of those above: how many were made, and four times the edge near the price, the
# other one, and the candle that made it. A gap without width is none.
GAPS = cython.declare(cython.int, 7)


def update(
    state: cython.double[:, :],
    rows: cython.int[:],
    high: cython.double[:],
    low: cython.double[:],
    close: cython.double[:],
    out: cython.double[:, :],
    commits: cython.bint,
) -> None:
    """See base.Indicator.update."""
    i: cython.Py_ssize_t
    j: cython.int
    k: cython.int
    r: cython.int
    for i in range(rows.shape[0]):
        r = rows[i]
        seen: cython.double = state[r, SEEN]
        before: cython.double = state[r, PRICE]
        average: cython.double = state[r, RANGE]
        if seen > 0:
            top: cython.double = high[i] if high[i] > before else before
            bottom: cython.double = low[i] if low[i] < before else before
            if seen > PERIOD:
                average = (average * (PERIOD - 1) + top - bottom) / PERIOD
            else:
                average += top - bottom
                if seen == PERIOD:
                    average /= PERIOD
        for k in range(2):
            # Gaps above are gaps below upside down.
            sign: cython.double = 1.0 if k == 0 else -1.0
            front: cython.double = low[i] if k == 0 else high[i]
            behind: cython.double = state[r, CANDLES] if k == 0 else state[r, CANDLES + 1]
            own: cython.int = GAPS + 13 * k
            made: cython.longlong = int(state[r, own])
            is_made: cython.bint = seen >= PERIOD + 2 and sign * (front - behind) > LEAST * average
            place: cython.int = made % COUNT if is_made else -1
            width: cython.double = 0.0
            nearest: cython.double = 0.0
            age: cython.double = 0.0
            for j in range(COUNT):
                gap: cython.int = own + 1 + 3 * j
                near: cython.double = state[r, gap]
                far: cython.double = state[r, gap + 1]
                born: cython.double = state[r, gap + 2]
                if j == place:
                    near = front
                    far = behind
                    born = seen
                elif sign * front < sign * near:
                    near = front
                if sign * near <= sign * far or seen - born > OLDEST:
                    near = 0.0
                    far = 0.0
                elif width == 0 or sign * near > sign * nearest:
                    width = sign * (near - far)
                    nearest = near
                    age = seen - born
                if commits:
                    state[r, gap] = near
                    state[r, gap + 1] = far
                    state[r, gap + 2] = born
            out[i, 3 * k] = width
            out[i, 3 * k + 1] = sign * (close[i] - nearest) if width > 0 else 0.0
            out[i, 3 * k + 2] = age
            if commits and is_made:
                state[r, own] = made + 1
        if commits:
            state[r, SEEN] = seen + 1
            state[r, PRICE] = close[i]
            state[r, RANGE] = average
            state[r, CANDLES] = state[r, CANDLES + 2]
            state[r, CANDLES + 1] = state[r, CANDLES + 3]
            state[r, CANDLES + 2] = high[i]
            state[r, CANDLES + 3] = low[i]
