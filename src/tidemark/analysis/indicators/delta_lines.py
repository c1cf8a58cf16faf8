# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What aggressors bought less what they sold: of 5 candles, its line over 14, and their longer mean.

Source: T. Chordia, R. Roll, A. Subrahmanyam, Order Imbalance, Liquidity, and Market Returns (2002). `delta_share` is
the delta of 5 candles over their volume, `taker_buy_share` what was bought of a volume in which a candle 50 candles old
has lost 63 % of its weight, `cumulative_delta_slope` that of the straight line through the latest 14 values of the sum
of deltas (least squares) over their mean volume: 1 where each candle adds all of it; `close_slope` the same of the
close, in prices a candle.

Reads: close, volume, delta. Memory: 360 bytes a series.
"""

import cython

READS = ("close", "volume", "delta")
GIVES = ("delta_share", "taker_buy_share", "cumulative_delta_slope", "close_slope")
WARM_UP = 14
WIDTH = 45
PERIOD = cython.declare(cython.int, 14)
LATEST = cython.declare(cython.int, 5)
KEPT = cython.declare(cython.double, 0.98)
# The sum of the squared distances of 0, 1, .. 13 from their mean.
SPREAD = cython.declare(cython.double, 227.5)
SEEN = cython.declare(cython.int, 0)
LONG_DELTA = cython.declare(cython.int, 1)
LONG_VOLUME = cython.declare(cython.int, 2)
DELTAS = cython.declare(cython.int, 3)
VOLUMES = cython.declare(cython.int, 17)
CLOSES = cython.declare(cython.int, 31)


def update(
    state: cython.double[:, :],
    rows: cython.int[:],
    close: cython.double[:],
    volume: cython.double[:],
    delta: cython.double[:],
    out: cython.double[:, :],
    commits: cython.bint,
) -> None:
    """See base.Indicator.update."""
    i: cython.Py_ssize_t
    j: cython.int
    r: cython.int
    for i in range(rows.shape[0]):
        r = rows[i]
        seen: cython.longlong = int(state[r, SEEN])
        at: cython.int = seen % PERIOD
        long_delta: cython.double = state[r, LONG_DELTA] * KEPT + delta[i]
        long_volume: cython.double = state[r, LONG_VOLUME] * KEPT + volume[i]
        # What the candles later than the one j candles ago added, and what was traded in them and in it.
        later: cython.double = delta[i]
        total: cython.double = volume[i]
        few_delta: cython.double = 0.0
        few_total: cython.double = 0.0
        slope: cython.double = 0.0
        rise: cython.double = 0.0
        if seen >= PERIOD - 1:
            for j in range(1, PERIOD):
                if j == LATEST:
                    few_delta = later
                    few_total = total
                k: cython.int = (at - j + PERIOD) % PERIOD
                weight: cython.double = 0.5 * (PERIOD - 1) - j
                slope -= weight * later
                rise += weight * (state[r, CLOSES + k] - close[i])
                later += state[r, DELTAS + k]
                total += state[r, VOLUMES + k]
            slope = slope / SPREAD / (total / PERIOD) if total > 0 else 0.0
            rise /= SPREAD
        out[i, 0] = few_delta / few_total if few_total > 0 else 0.0
        out[i, 1] = 0.5 + 0.5 * long_delta / long_volume if long_volume > 0 else 0.5
        out[i, 2] = slope
        out[i, 3] = rise
        if commits:
            state[r, SEEN] = seen + 1
            state[r, LONG_DELTA] = long_delta
            state[r, LONG_VOLUME] = long_volume
            state[r, DELTAS + at] = delta[i]
            state[r, VOLUMES + at] = volume[i]
            state[r, CLOSES + at] = close[i]
