# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The tape: the newest trades of every series in a ring, and what they say at a glance.

Nothing is checked here: whoever calls validates slots. Ring columns are of shape (series, rows), all others (series,).
"""

import cython


def append(
    slot: cython.int[::1], ts_event: cython.longlong[::1], ts_recv: cython.longlong[::1],
    price: cython.double[::1], size: cython.double[::1], is_buy: cython.uchar[::1], fresh: cython.uchar[::1],
    count: cython.Py_ssize_t, head: cython.longlong[::1], ring_ts: cython.longlong[:, ::1],
    ring_price: cython.double[:, ::1], ring_size: cython.float[:, ::1], ring_buy: cython.uchar[:, ::1],
    last_price: cython.double[::1], last_event: cython.longlong[::1], last_recv: cython.longlong[::1],
    trades: cython.longlong[::1], turnover: cython.double[::1],
) -> int:  # fmt: skip
    """Write the fresh trades of rows [0, count) behind the newest of their series; give how many there were."""
    i: cython.Py_ssize_t
    s: cython.Py_ssize_t
    r: cython.Py_ssize_t
    rows: cython.longlong = ring_ts.shape[1]
    added: cython.Py_ssize_t = 0
    for i in range(count):
        if fresh[i] == 0:
            continue
        s = slot[i]
        head[s] += 1
        r = head[s] % rows
        ring_ts[s, r] = ts_event[i]
        ring_price[s, r] = price[i]
        ring_size[s, r] = size[i]
        ring_buy[s, r] = is_buy[i]
        if ts_event[i] >= last_event[s]:
            last_event[s] = ts_event[i]
            last_price[s] = price[i]
        last_recv[s] = ts_recv[i]
        trades[s] += 1
        turnover[s] += price[i] * size[i]
        added += 1
    return added
