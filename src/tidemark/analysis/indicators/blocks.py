# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Order blocks: the last candle against a displacement, as a zone to which the price may come back.

A displacement is a candle whose body is at least two and a half times the mean body of the 14 candles before it. Up, it
makes a block of the last falling candle, if that is at most five candles ago and the close is above it: from the lowest
price since then to its high. Down likewise. The newest three of each side are kept; a block is void when a candle
reaches through it, and its strength, 1 at first, is halved every 50 candles and gone below 0.01. Of the nearest block
of each side it gives the strength, and how far the close is from it in prices, 0 within it; 0 without one.

Source: M. Huddleston (as the Inner Circle Trader) has the name. The bounds and the decay are ours.

Reads: open, high, low, close. Memory: 256 bytes a series.
"""

import cython

READS = ("open", "high", "low", "close")
GIVES = ("block_below", "block_below_distance", "block_above", "block_above_distance")
WARM_UP = 15
WIDTH = 32
PERIOD = cython.declare(cython.int, 14)
COUNT = cython.declare(cython.int, 3)
TIMES = cython.declare(cython.double, 2.5)
LOOKBACK = cython.declare(cython.int, 5)
# 2 ** (-1 / 50).
KEPT = cython.declare(cython.double, 0.9862327044933592)
FAINT = cython.declare(cython.double, 0.01)
SEEN = cython.declare(cython.int, 0)
# The mean body: until there are 14, their sum.
MEAN = cython.declare(cython.int, 1)
# Of the blocks below and behind them of those above: the last opposite candle's edge near the price, the furthest price
# since then, how many candles ago it was, and 0 before the first; how many blocks were made, and three times the edge
# near the price, the other one, and the strength.
BLOCKS = cython.declare(cython.int, 2)
OWN = cython.declare(cython.int, 15)


def update(
    state: cython.double[:, :],
    rows: cython.int[:],
    opened: cython.double[:],
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
        mean: cython.double = state[r, MEAN]
        for k in range(2):
            # Blocks above are blocks below upside down.
            sign: cython.double = 1.0 if k == 0 else -1.0
            front: cython.double = low[i] if k == 0 else high[i]
            back: cython.double = high[i] if k == 0 else low[i]
            body: cython.double = sign * (close[i] - opened[i])
            own: cython.int = BLOCKS + OWN * k
            last_near: cython.double = state[r, own]
            last_far: cython.double = state[r, own + 1]
            ago: cython.double = state[r, own + 2]
            made: cython.longlong = int(state[r, own + 3])
            if ago > 0 and sign * front < sign * last_far:
                last_far = front
            is_made: cython.bint = (
                seen >= PERIOD
                and body >= TIMES * mean
                and body > 0
                and 0 < ago <= LOOKBACK
                and sign * close[i] > sign * last_near
            )
            place: cython.int = made % COUNT if is_made else -1
            strongest: cython.double = 0.0
            nearest: cython.double = 0.0
            for j in range(COUNT):
                block: cython.int = own + 4 + 3 * j
                near: cython.double = state[r, block]
                far: cython.double = state[r, block + 1]
                strength: cython.double = state[r, block + 2] * KEPT
                if j == place:
                    near = last_near
                    far = last_far
                    strength = 1.0
                elif strength < FAINT or sign * front < sign * far:
                    strength = 0.0
                if strength > 0 and (strongest == 0 or sign * near > sign * nearest):
                    strongest = strength
                    nearest = near
                if commits:
                    state[r, block] = near
                    state[r, block + 1] = far
                    state[r, block + 2] = strength
            distance: cython.double = sign * (close[i] - nearest) if strongest > 0 else 0.0
            out[i, 2 * k] = strongest
            out[i, 2 * k + 1] = distance if distance > 0 else 0.0
            if commits:
                if body < 0:
                    last_near = back
                    last_far = front
                    ago = 0.0
                if body < 0 or ago > 0:
                    ago += 1.0
                state[r, own] = last_near
                state[r, own + 1] = last_far
                state[r, own + 2] = ago
                state[r, own + 3] = made + is_made
        if commits:
            size: cython.double = close[i] - opened[i] if close[i] > opened[i] else opened[i] - close[i]
            if seen >= PERIOD:
                mean = (mean * (PERIOD - 1) + size) / PERIOD
            else:
                mean += size
                if seen == PERIOD - 1:
                    mean /= PERIOD
            state[r, SEEN] = seen + 1
            state[r, MEAN] = mean
