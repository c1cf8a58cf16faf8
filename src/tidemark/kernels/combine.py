# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Readings of several timeframes as one, for many series and factors at once; see analysis.timeframes.

Nothing is checked here: whoever calls passes C-contiguous arrays of equal shapes.
"""

import cython

if cython.compiled:
    from cython.cimports.libc.math import sqrt
else:
    from math import sqrt


def combine(
    weights: cython.double[::1], direction: cython.double[:, :, ::1], quality: cython.double[:, :, ::1],
    known: cython.uchar[:, :, ::1], mean: cython.double[:, ::1], good: cython.double[:, ::1],
    present: cython.uchar[:, ::1], share: cython.double[:, :, ::1],
) -> None:  # fmt: skip
    """Write the mean direction, its quality and whether there is one, (n, factors), and the shares of the timeframes.

    Readings are (timeframes, n, factors). What is written to is 0 before.
    """
    t: cython.Py_ssize_t
    i: cython.Py_ssize_t
    f: cython.Py_ssize_t
    times: cython.Py_ssize_t = direction.shape[0]
    total: cython.double
    sums: cython.double
    middle: cython.double
    apart: cython.double
    away: cython.double
    for i in range(direction.shape[1]):
        for f in range(direction.shape[2]):
            total = 0.0
            sums = 0.0
            for t in range(times):
                if known[t, i, f]:
                    total += weights[t]
                    sums += weights[t] * quality[t, i, f]
            if total <= 0.0:
                continue
            present[i, f] = 1
            if sums <= 0.0:
                continue
            middle = 0.0
            for t in range(times):
                if known[t, i, f]:
                    share[t, i, f] = weights[t] * quality[t, i, f] / sums
                    middle += share[t, i, f] * direction[t, i, f]
            apart = 0.0
            for t in range(times):
                away = direction[t, i, f] - middle
                apart += share[t, i, f] * (away * away)
            apart = 1.0 - sqrt(apart)
            mean[i, f] = middle
            if apart > 0.0:
                good[i, f] = sums / total * (apart if apart < 1.0 else 1.0)
