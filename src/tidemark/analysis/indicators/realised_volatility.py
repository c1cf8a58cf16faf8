# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""How much the price moves from close to close, against what it usually does, and how much of that came in jumps.

The root of the mean square of the changes, the newest counting 1/20 (in percent of the close, and over the same with
1/200); the first 20 and 200 changes count alike. The share of jumps is what the mean square has beyond the bipower
variation, pi / 2 times the mean product of the sizes of two changes in a row, both with 1/50: one large change makes
the former large and not the latter.

Source: J. P. Morgan, RiskMetrics Technical Document (1996), its exponentially weighted variance, about 0; O.
Barndorff-Nielsen, N. Shephard, Power and Bipower Variation with Stochastic Volatility and Jumps (2004).

Reads: close. Memory: 56 bytes a series.
"""

import cython

if cython.compiled:
    from cython.cimports.libc.math import sqrt
else:
    from math import sqrt

READS = ("close",)
GIVES = ("realised_volatility", "volatility_ratio", "jump_share")
WARM_UP = 51
WIDTH = 7
SHORT = cython.declare(cython.double, 20.0)
MIDDLE = cython.declare(cython.double, 50.0)
LONG = cython.declare(cython.double, 200.0)
HALF_PI = cython.declare(cython.double, 1.5707963267948966)
SEEN = cython.declare(cython.int, 0)
PRICE = cython.declare(cython.int, 1)
SIZE = cython.declare(cython.int, 2)
NEAR = cython.declare(cython.int, 3)
USUAL = cython.declare(cython.int, 4)
SQUARE = cython.declare(cython.int, 5)
BIPOWER = cython.declare(cython.int, 6)


def update(
    state: cython.double[:, :],
    rows: cython.int[:],
    close: cython.double[:],
    out: cython.double[:, :],
    commits: cython.bint,
) -> None:
    """See base.Indicator.update."""
    i: cython.Py_ssize_t
    r: cython.int
    for i in range(rows.shape[0]):
        r = rows[i]
        seen: cython.double = state[r, SEEN]
        size: cython.double = 0.0
        near: cython.double = state[r, NEAR]
        usual: cython.double = state[r, USUAL]
        square: cython.double = state[r, SQUARE]
        bipower: cython.double = state[r, BIPOWER]
        if seen > 0:
            # The first candle has no change, and the first change none before it.
            size = close[i] - state[r, PRICE]
            if size < 0:
                size = -size
            near += (size * size - near) / (seen if seen < SHORT else SHORT)
            usual += (size * size - usual) / (seen if seen < LONG else LONG)
            square += (size * size - square) / (seen if seen < MIDDLE else MIDDLE)
        if seen > 1:
            bipower += (HALF_PI * size * state[r, SIZE] - bipower) / (seen - 1 if seen - 1 < MIDDLE else MIDDLE)
        is_ready: cython.bint = seen >= WARM_UP - 1
        out[i, 0] = 100.0 * sqrt(near) / close[i] if is_ready and close[i] > 0 else 0.0
        out[i, 1] = sqrt(near / usual) if is_ready and usual > 0 else 1.0
        out[i, 2] = 1.0 - bipower / square if is_ready and square > 0 and bipower < square else 0.0
        if commits:
            state[r, SEEN] = seen + 1
            state[r, PRICE] = close[i]
            state[r, SIZE] = size
            state[r, NEAR] = near
            state[r, USUAL] = usual
            state[r, SQUARE] = square
            state[r, BIPOWER] = bipower
