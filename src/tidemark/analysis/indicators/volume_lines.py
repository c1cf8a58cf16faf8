# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""On-balance volume and the accumulation/distribution line, each with its slope.

On-balance volume counts a candle's volume for the side to which the close moved (J. Granville, Granville's New Key to
Stock Market Profits, 1963); accumulation/distribution counts it by where the close lies in the range, from -1 at the
low to 1 at the high, and nothing without a range (M. Chaikin). A slope is that of the straight line through the latest
14 values (least squares), over their mean volume: 1 where each candle adds all of the usual volume.

Reads: high, low, close, volume. Memory: 368 bytes a series.
"""

import cython

READS = ("high", "low", "close", "volume")
GIVES = ("obv", "obv_slope", "accumulation", "accumulation_slope")
WARM_UP = 14
WIDTH = 46
PERIOD = cython.declare(cython.int, 14)
# The sum of the squared distances of 0, 1, .. 13 from their mean.
SPREAD = cython.declare(cython.double, 227.5)
SEEN = cython.declare(cython.int, 0)
PRICE = cython.declare(cython.int, 1)
VOLUMES = cython.declare(cython.int, 2)
# Fourteen values of each line, and behind them the newest once more.
LINES = cython.declare(cython.int, 16)


def update(
    state: cython.double[:, :],
    rows: cython.int[:],
    high: cython.double[:],
    low: cython.double[:],
    close: cython.double[:],
    volume: cython.double[:],
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
        seen: cython.longlong = int(state[r, SEEN])
        at: cython.int = seen % PERIOD
        total: cython.double = volume[i]
        for j in range(PERIOD):
            if j != at:
                total += state[r, VOLUMES + j]
        for k in range(2):
            first: cython.int = LINES + k * (PERIOD + 1)
            line: cython.double = state[r, first + PERIOD]
            if k == 0:
                if seen == 0 or close[i] > state[r, PRICE]:
                    line += volume[i]
                elif close[i] < state[r, PRICE]:
                    line -= volume[i]
            elif high[i] > low[i]:
                line += ((close[i] - low[i]) - (high[i] - close[i])) / (high[i] - low[i]) * volume[i]
            slope: cython.double = 0.0
            if seen >= PERIOD - 1 and total > 0:
                for j in range(PERIOD):
                    # Candles ago, 0 for this one. Against the newest value, which is of no account to a slope: a long
                    # sum keeps its precision.
                    ago: cython.int = (at - j + PERIOD) % PERIOD
                    if ago:
                        slope += (0.5 * (PERIOD - 1) - ago) * (state[r, first + j] - line)
                slope = slope / SPREAD / (total / PERIOD)
            out[i, 2 * k] = line
            out[i, 2 * k + 1] = slope
            if commits:
                state[r, first + at] = line
                state[r, first + PERIOD] = line
        if commits:
            state[r, SEEN] = seen + 1
            state[r, PRICE] = close[i]
            state[r, VOLUMES + at] = volume[i]
