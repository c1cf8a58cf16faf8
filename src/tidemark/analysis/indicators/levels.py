# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Levels at which the price turned, by touches: what holds below the close and what holds above it.

A touch is a confirmed swing: a high above those of the three candles before it and not below those of the three after
it, or a low likewise, known when the third of these has closed; a candle that is both turned nowhere. A touch within
half an average true range of 14 candles of a level moves that level to the mean of its touches, the one with the most
where several are so near; any other makes a level, in the place of the one with the least. There are twelve. Half of a
touch is gone after 200 candles. A level counts by its touches and by how near it is: not at all at the close itself,
in full a quarter of the average true range away, and from there falling to nothing at three.

Source: C. Osler, Support for Resistance: Technical Analysis and Intraday Exchange Rates (FRBNY Economic Policy Review,
2000), has that prices turn at such levels. The bounds and the decay are ours.

Reads: high, low, close. Memory: 312 bytes a series.
"""

import cython

READS = ("high", "low", "close")
GIVES = ("support", "resistance")
WARM_UP = 15
WIDTH = 39
PERIOD = cython.declare(cython.int, 14)
SPAN = cython.declare(cython.int, 3)
COUNT = cython.declare(cython.int, 12)
# 2 ** (-1 / 200).
KEPT = cython.declare(cython.double, 0.9965402628278678)
# In average true ranges: what is one level, where a level counts in full, and where not any more.
SAME = cython.declare(cython.double, 0.5)
CLEAR = cython.declare(cython.double, 0.25)
FAR = cython.declare(cython.double, 3.0)
SEEN = cython.declare(cython.int, 0)
PRICE = cython.declare(cython.int, 1)
RANGE = cython.declare(cython.int, 2)
HIGHS = cython.declare(cython.int, 3)
LOWS = cython.declare(cython.int, 9)
LEVELS = cython.declare(cython.int, 15)
TOUCHES = cython.declare(cython.int, 27)


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
        peak: cython.double = state[r, HIGHS + SPAN]
        trough: cython.double = state[r, LOWS + SPAN]
        is_peak: cython.bint = peak >= high[i]
        is_trough: cython.bint = trough <= low[i]
        for j in range(SPAN):
            if state[r, HIGHS + j] >= peak or state[r, HIGHS + SPAN + j] > peak:
                is_peak = False
            if state[r, LOWS + j] <= trough or state[r, LOWS + SPAN + j] < trough:
                is_trough = False
        touched: cython.int = -1
        level: cython.double = 0.0
        touches: cython.double = 0.0
        if seen >= PERIOD and is_peak != is_trough:
            turn: cython.double = peak if is_peak else trough
            least: cython.int = 0
            for j in range(COUNT):
                if state[r, TOUCHES + j] < state[r, TOUCHES + least]:
                    least = j
                away: cython.double = state[r, LEVELS + j] - turn
                away = away if away > 0 else -away
                if away <= SAME * average and state[r, TOUCHES + j] * KEPT > touches:
                    touched = j
                    touches = state[r, TOUCHES + j] * KEPT
            if touched < 0:
                touched = least
                level = turn
            else:
                level = (state[r, LEVELS + touched] * touches + turn) / (touches + 1.0)
            touches += 1.0
        below: cython.double = 0.0
        above: cython.double = 0.0
        scale: cython.double = 1.0 / average if seen >= PERIOD and average > 0 else 0.0
        for j in range(COUNT):
            held: cython.double = touches if j == touched else state[r, TOUCHES + j] * KEPT
            distance: cython.double = ((level if j == touched else state[r, LEVELS + j]) - close[i]) * scale
            reach: cython.double = distance if distance > 0 else -distance
            if reach < FAR:
                weight: cython.double = held * (reach / CLEAR if reach < CLEAR else (FAR - reach) / (FAR - CLEAR))
                if distance > 0:
                    above += weight
                else:
                    below += weight
            if commits:
                state[r, TOUCHES + j] = held
        out[i, 0] = below
        out[i, 1] = above
        if commits:
            state[r, SEEN] = seen + 1
            state[r, PRICE] = close[i]
            state[r, RANGE] = average
            if touched >= 0:
                state[r, LEVELS + touched] = level
            for j in range(2 * SPAN - 1):
                state[r, HIGHS + j] = state[r, HIGHS + j + 1]
                state[r, LOWS + j] = state[r, LOWS + j + 1]
            state[r, HIGHS + 2 * SPAN - 1] = high[i]
            state[r, LOWS + 2 * SPAN - 1] = low[i]
