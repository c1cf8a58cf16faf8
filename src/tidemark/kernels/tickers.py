# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The fields of a ticker into the row of its series: what it does not tell stays as it was."""

from typing import Any

import cython


@cython.cclass
class Sheet:
    """One row a series, over arrays that others own.

    names, groups: the attribute of column i of `values`, and the column of `received` that has its age (int64, (i,)).
    The arrays, in order: values float64 (series, i) and received int64 (series, groups), in ns; next_funding_at and
    ts_recv int64 (series,), is_polled uint8 (series,). Nothing is checked here.
    """

    names: tuple
    groups: cython.longlong[::1]
    values: cython.double[:, ::1]
    received: cython.longlong[:, ::1]
    next_funding_at: cython.longlong[::1]
    ts_recv: cython.longlong[::1]
    is_polled: cython.uchar[::1]

    def __init__(self, names: tuple, groups: cython.longlong[::1], arrays: tuple) -> None:
        self.names = names
        self.groups = groups
        self.values, self.received, self.next_funding_at, self.ts_recv, self.is_polled = arrays

    def update(self, slot: cython.Py_ssize_t, update: Any) -> None:
        """Take the fields of *update* (TickerUpdate) that are not None."""
        i: cython.Py_ssize_t
        ts_recv: cython.longlong = update.ts_recv
        for i in range(len(self.names)):
            value = getattr(update, self.names[i])
            if value is not None:
                self.values[slot, i] = value
                self.received[slot, self.groups[i]] = ts_recv
        if update.next_funding_at is not None:
            self.next_funding_at[slot] = update.next_funding_at
        self.ts_recv[slot] = ts_recv
        self.is_polled[slot] = update.is_polled
