# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The mean square of values of many factors and series, the newer counting more: read as it was, then moved on.

Nothing is checked here: whoever calls validates the rows, and passes C-contiguous arrays.
"""

import cython


def squares(
    rows: cython.int[::1], values: cython.double[:, ::1], present: cython.uchar[:, ::1], memory: cython.double,
    least: cython.uint, outer: cython.double, square: cython.double[:, ::1], seen: cython.uint[:, ::1],
    before: cython.double[:, ::1], count: cython.double[:, ::1], commits: cython.bint,
) -> None:  # fmt: skip
    """Write to *before* and *count* (n, factors) what `square` and `seen` of (series, factors) were; take the values.

    A row may come again; each is met by what those before it left. What is not present changes nothing. Once *least*
    values were seen, one of more than *outer* times the mean square counts as that much. A value this many updates old
    as *memory* has lost 63 % of its weight; before that all count the same.
    """
    i: cython.Py_ssize_t
    f: cython.Py_ssize_t
    r: cython.int
    mean: cython.double
    taken: cython.double
    n: cython.double
    for i in range(rows.shape[0]):
        r = rows[i]
        for f in range(values.shape[1]):
            mean = square[r, f]
            before[i, f] = mean
            count[i, f] = seen[r, f]
            if present[i, f] == 0 or not commits:
                continue
            taken = values[i, f] * values[i, f]
            # Where all has been 0 so far nothing is far out.
            if seen[r, f] >= least and mean > 0.0 and taken > outer * mean:
                taken = outer * mean
            n = seen[r, f] + 1.0
            square[r, f] = mean + (taken - mean) / (n if n < memory else memory)
            if n <= memory:
                seen[r, f] += 1
