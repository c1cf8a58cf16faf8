# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Confirmed swings of the price: how far the newest are from those before them, what broke them and what swept them.

A swing high is a high above those of the three candles before it and not below those of the three after it; it is
known when the third of these has closed, and not before. A close beyond the newest swing breaks it, once: `side` is 1
after a break of a high and -1 after one of a low, `breaks` how many there were in a row to that side, `age` how many
candles ago the newest was. A wick beyond a swing that no close has broken, of a candle that closes inside, sweeps it:
how far it reached, the larger of the newest sweep and what is left of those before it, halved every ten candles, and 0
when the swing is broken. A value that is not there yet is 0.

Source: B. Williams, Trading Chaos (1995), for the fractal of two candles on each side, of which this is one of three.

Reads: high, low, close. Memory: 192 bytes a series.
"""

import cython

READS = ("high", "low", "close")
GIVES = (
    "swing_high", "swing_high_change", "swept_high",
    "swing_low", "swing_low_change", "swept_low",
    "structure_side", "structure_breaks", "structure_break_age",
)  # fmt: skip
WARM_UP = 11
WIDTH = 24
SPAN = cython.declare(cython.int, 3)
# 2 ** (-1 / 10).
KEPT = cython.declare(cython.double, 0.9330329915368074)
SEEN = cython.declare(cython.int, 0)
SIDE = cython.declare(cython.int, 1)
BREAKS = cython.declare(cython.int, 2)
AGE = cython.declare(cython.int, 3)
# Six highs and behind them six lows, the oldest first.
REACHES = cython.declare(cython.int, 4)
# Of the highs and behind them of the lows: the newest swing, how far it is from the one before, 0 without a swing, 1
# with a broken one and 2 with a whole one, and how far it was swept.
SWINGS = cython.declare(cython.int, 16)


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
        side: cython.double = state[r, SIDE]
        breaks: cython.double = state[r, BREAKS]
        age: cython.double = state[r, AGE] + 1 if breaks > 0 else 0.0
        for k in range(2):
            # Lows are highs upside down.
            sign: cython.double = 1.0 if k == 0 else -1.0
            reach: cython.double = high[i] if k == 0 else low[i]
            first: cython.int = REACHES + 6 * k
            own: cython.int = SWINGS + 4 * k
            swing: cython.double = state[r, own]
            change: cython.double = state[r, own + 1]
            mark: cython.double = state[r, own + 2]
            swept: cython.double = state[r, own + 3] * KEPT
            if mark == 2:
                if sign * close[i] > sign * swing:
                    mark = 1
                    swept = 0.0
                    breaks = breaks + 1 if side == sign else 1.0
                    side = sign
                    age = 0.0
                elif sign * reach > sign * swing and sign * close[i] < sign * swing:
                    depth: cython.double = sign * (reach - swing)
                    swept = depth if depth > swept else swept
            turn: cython.double = state[r, first + SPAN]
            is_turn: cython.bint = seen >= 2 * SPAN and sign * turn >= sign * reach
            for j in range(SPAN):
                if sign * state[r, first + j] >= sign * turn or sign * state[r, first + SPAN + j] > sign * turn:
                    is_turn = False
            if is_turn:
                change = turn - swing if mark > 0 else 0.0
                swing = turn
                mark = 2
            out[i, 3 * k] = swing
            out[i, 3 * k + 1] = change
            out[i, 3 * k + 2] = swept
            if commits:
                for j in range(2 * SPAN - 1):
                    state[r, first + j] = state[r, first + j + 1]
                state[r, first + 2 * SPAN - 1] = reach
                state[r, own] = swing
                state[r, own + 1] = change
                state[r, own + 2] = mark
                state[r, own + 3] = swept
        out[i, 6] = side
        out[i, 7] = breaks
        out[i, 8] = age
        if commits:
            state[r, SEEN] = seen + 1
            state[r, SIDE] = side
            state[r, BREAKS] = breaks
            state[r, AGE] = age
