# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""By how many points the relative strength index of 14 candles went apart from the price between confirmed swings.

A swing high is a high above those of the three candles before it and not below those of the three after it, known when
the third of these has closed. Where it is above the swing high before it, the index is held against what it was there:
the points that it is lower by, or 0. Lows likewise, upside down. Both are halved every ten candles.

Source: J. W. Wilder, New Concepts in Technical Trading Systems (1978), who holds tops and bottoms of both together.

Reads: high, low, close. Memory: 216 bytes a series.
"""

import cython

READS = ("high", "low", "close")
GIVES = ("divergence_at_highs", "divergence_at_lows")
WARM_UP = 22
WIDTH = 27
PERIOD = cython.declare(cython.int, 14)
SPAN = cython.declare(cython.int, 3)
# 2 ** (-1 / 10).
KEPT = cython.declare(cython.double, 0.9330329915368074)
SEEN = cython.declare(cython.int, 0)
PRICE = cython.declare(cython.int, 1)
GAIN = cython.declare(cython.int, 2)
LOSS = cython.declare(cython.int, 3)
# The index at the latest three candles, the oldest first.
INDEXES = cython.declare(cython.int, 4)
# Six highs and behind them six lows, the oldest first.
REACHES = cython.declare(cython.int, 7)
# Of the highs and behind them of the lows: the newest swing, the index there, whether there is one, and how far apart.
SWINGS = cython.declare(cython.int, 19)


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
        gain: cython.double = state[r, GAIN]
        loss: cython.double = state[r, LOSS]
        change: cython.double = close[i] - state[r, PRICE] if seen > 0 else 0.0
        up: cython.double = change if change > 0 else 0.0
        down: cython.double = -change if change < 0 else 0.0
        if seen > PERIOD:
            gain = (gain * (PERIOD - 1) + up) / PERIOD
            loss = (loss * (PERIOD - 1) + down) / PERIOD
        else:
            gain += up
            loss += down
            if seen == PERIOD:
                gain /= PERIOD
                loss /= PERIOD
        index: cython.double = 100.0 * gain / (gain + loss) if gain + loss > 0 else 50.0
        index_there: cython.double = state[r, INDEXES]
        for k in range(2):
            # Lows are highs upside down.
            sign: cython.double = 1.0 if k == 0 else -1.0
            reach: cython.double = high[i] if k == 0 else low[i]
            first: cython.int = REACHES + 6 * k
            own: cython.int = SWINGS + 4 * k
            turn: cython.double = state[r, first + SPAN]
            apart: cython.double = state[r, own + 3] * KEPT
            is_turn: cython.bint = seen >= PERIOD + SPAN and sign * turn >= sign * reach
            for j in range(SPAN):
                if sign * state[r, first + j] >= sign * turn or sign * state[r, first + SPAN + j] > sign * turn:
                    is_turn = False
            if is_turn and state[r, own + 2] > 0 and sign * turn > sign * state[r, own]:
                apart = sign * (state[r, own + 1] - index_there)
                apart = apart if apart > 0 else 0.0
            out[i, k] = apart
            if commits:
                for j in range(2 * SPAN - 1):
                    state[r, first + j] = state[r, first + j + 1]
                state[r, first + 2 * SPAN - 1] = reach
                if is_turn:
                    state[r, own] = turn
                    state[r, own + 1] = index_there
                    state[r, own + 2] = 1
                state[r, own + 3] = apart
        if commits:
            state[r, SEEN] = seen + 1
            state[r, PRICE] = close[i]
            state[r, GAIN] = gain
            state[r, LOSS] = loss
            state[r, INDEXES] = state[r, INDEXES + 1]
            state[r, INDEXES + 1] = state[r, INDEXES + 2]
            state[r, INDEXES + 2] = index
