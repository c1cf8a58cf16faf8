# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What each side of the aggressors traded, that of large trades apart, and what is large for each market.

Large is what exceeds the 99th percentile of a market's own sizes: R. Jain, I. Chlamtac, The P2 Algorithm for Dynamic
Calculation of Quantiles and Histograms Without Storing Observations (1985), over five markers. When FULL sizes are
counted the markers move to where they would stand after half of them: what is older counts less and less.

`sums` is float64 (series, 4), in base currency since it was read last: bought, sold, and of large trades bought and
sold; `newest` float64 (series,) the price of the newest trade.
`sizes` is float64 (series, 11): how many were counted, the heights of the markers, their positions from 0. Nothing is
checked here: whoever calls validates slots, and passes C-contiguous arrays.
"""

import cython

# Nothing is large before so many sizes were counted.
LEAST = 500
ENOUGH = cython.declare(cython.double, LEAST)
FULL = cython.declare(cython.double, 20000.0)
SUMS = 4
SIZES = 11
HEIGHTS = cython.declare(cython.int, 1)
POSITIONS = cython.declare(cython.int, 6)
# The height of the marker in the middle, which is the quantile.
LARGE = 3
QUANTILE_AT = cython.declare(cython.int, LARGE)
QUANTILE = cython.declare(cython.double, 0.99)


def hear(
    slot: cython.int[::1], price: cython.double[::1], size: cython.double[::1], is_buy: cython.uchar[::1],
    fresh: cython.uchar[::1], count: cython.Py_ssize_t, sums: cython.double[:, ::1], newest: cython.double[::1],
    sizes: cython.double[:, ::1],
) -> None:  # fmt: skip
    """Add the trades of rows [0, count) that are *fresh*; each is held against the sizes before it."""
    i: cython.Py_ssize_t
    s: cython.Py_ssize_t
    side: cython.int
    for i in range(count):
        if fresh[i] == 0:
            continue
        s = slot[i]
        side = 0 if is_buy[i] else 1
        newest[s] = price[i]
        sums[s, side] += size[i]
        if sizes[s, 0] >= ENOUGH and size[i] > sizes[s, QUANTILE_AT]:
            sums[s, 2 + side] += size[i]
        take(sizes, s, size[i])


@cython.cfunc
@cython.exceptval(check=False)
def take(sizes: cython.double[:, ::1], s: cython.Py_ssize_t, size: cython.double) -> cython.void:
    """Count one size."""
    j: cython.int
    seen: cython.double = sizes[s, 0]
    if seen < 5:
        # The first five, sorted, are the markers.
        j = cython.cast(cython.int, seen)
        while j > 0 and sizes[s, HEIGHTS + j - 1] > size:
            sizes[s, HEIGHTS + j] = sizes[s, HEIGHTS + j - 1]
            j -= 1
        sizes[s, HEIGHTS + j] = size
        sizes[s, POSITIONS + cython.cast(cython.int, seen)] = seen
        sizes[s, 0] = seen + 1
        return
    if size < sizes[s, HEIGHTS]:
        sizes[s, HEIGHTS] = size
    elif size > sizes[s, HEIGHTS + 4]:
        sizes[s, HEIGHTS + 4] = size
    for j in range(1, 4):
        if size < sizes[s, HEIGHTS + j]:
            sizes[s, POSITIONS + j] += 1
    sizes[s, POSITIONS + 4] += 1
    sizes[s, 0] = seen + 1
    adjust(sizes, s, 1, 0.5 * QUANTILE * seen)
    adjust(sizes, s, 2, QUANTILE * seen)
    adjust(sizes, s, 3, 0.5 * (1.0 + QUANTILE) * seen)
    if seen + 1 >= FULL:
        for j in range(1, 5):
            sizes[s, POSITIONS + j] *= 0.5
        sizes[s, 0] = sizes[s, POSITIONS + 4] + 1


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def adjust(sizes: cython.double[:, ::1], s: cython.Py_ssize_t, j: cython.int, wanted: cython.double) -> cython.void:
    """Move marker *j* by one towards the position that is *wanted*, where there is room for it."""
    h: cython.int = HEIGHTS + j
    p: cython.int = POSITIONS + j
    away: cython.double = wanted - sizes[s, p]
    before: cython.double = sizes[s, p] - sizes[s, p - 1]
    after: cython.double = sizes[s, p + 1] - sizes[s, p]
    step: cython.double
    height: cython.double
    if away >= 1.0 and after > 1.0:
        step = 1.0
    elif away <= -1.0 and before > 1.0:
        step = -1.0
    else:
        return
    rise: cython.double = (sizes[s, h + 1] - sizes[s, h]) / after
    fall: cython.double = (sizes[s, h] - sizes[s, h - 1]) / before
    height = sizes[s, h] + step / (before + after) * ((before + step) * rise + (after - step) * fall)
    if not sizes[s, h - 1] < height < sizes[s, h + 1]:
        # The parabola leaves its neighbours: a straight line to the one on that side.
        height = sizes[s, h] + (rise if step > 0 else -fall)
    sizes[s, h] = height
    sizes[s, p] += step
