# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Columns of book messages: what a parser fills and the book kernel applies, without one object per level.

A row of the messages is one snapshot or delta: `slot` (which series), `is_snapshot`, `ts_event`, `ts_recv` (ns),
`first_id` and `update_id` (the updates that it covers), `previous_id` (the update that it follows), -1 where the
exchange does not say; `start`, `bids` and `asks`: its levels are [start, start + bids) and, behind them, as many as
`asks` says. A level is `price` (quote currency) and `size` (base currency); size 0 removes it. The arrays never grow.
"""

import cython
import numpy as np

FINITE = cython.declare(cython.double, 1e300)


@cython.cclass
class BookColumns:
    """Messages [0, count) and levels [0, filled) are in use."""

    def __init__(self, messages: int, levels: int) -> None:
        slot = np.zeros(messages, np.int32)
        is_snapshot = np.zeros(messages, np.uint8)
        ts_event, ts_recv, first_id, update_id, previous_id = (np.zeros(messages, np.int64) for _ in range(5))
        start, bids, asks = (np.zeros(messages, np.int32) for _ in range(3))
        price, size = np.zeros(levels, np.float64), np.zeros(levels, np.float64)
        self.slot = slot
        self.is_snapshot = is_snapshot
        self.ts_event = ts_event
        self.ts_recv = ts_recv
        self.first_id = first_id
        self.update_id = update_id
        self.previous_id = previous_id
        self.start = start
        self.bids = bids
        self.asks = asks
        self.price = price
        self.size = size
        arrays: tuple = (
            slot, is_snapshot, ts_event, ts_recv, first_id, update_id, previous_id, start, bids, asks, price, size,
        )  # fmt: skip
        self.arrays = arrays
        self.capacity = messages
        self.room = levels
        self.count = 0
        self.filled = 0

    def append(
        self,
        slot: cython.int,
        is_snapshot: cython.bint,
        ts_event: cython.longlong,
        ts_recv: cython.longlong,
        first_id: cython.longlong,
        update_id: cython.longlong,
        previous_id: cython.longlong,
        bids: tuple,
        asks: tuple,
    ) -> bool:
        """Add one message; false, with nothing added, when a number is not believed or there is no room.

        bids, asks: (price, size) pairs, in any order. Not believed: a price that is not positive and finite, a size
        that is negative or not finite, and a size of 0 in a snapshot.
        """
        n: cython.Py_ssize_t = self.count
        at: cython.Py_ssize_t = self.filled
        count: cython.Py_ssize_t = len(bids)
        i: cython.Py_ssize_t
        price: cython.double
        size: cython.double
        levels: tuple = bids
        level: tuple
        if n >= self.capacity or at + count + len(asks) > self.room:
            return False
        for _ in range(2):
            for i in range(count):
                level = levels[i]
                price = level[0]
                size = level[1]
                if not (0.0 < price < FINITE and 0.0 <= size < FINITE) or (is_snapshot and size == 0.0):
                    return False
                self.price[at] = price
                self.size[at] = size
                at += 1
            levels = asks
            count = len(asks)
        self.slot[n] = slot
        self.is_snapshot[n] = is_snapshot
        self.ts_event[n] = ts_event
        self.ts_recv[n] = ts_recv
        self.first_id[n] = first_id
        self.update_id[n] = update_id
        self.previous_id[n] = previous_id
        self.start[n] = self.filled
        self.bids[n] = len(bids)
        self.asks[n] = len(asks)
        self.filled = at
        self.count = n + 1
        return True

    def newest(self) -> int:
        """The event time of the last message; there is one."""
        return self.ts_event[self.count - 1]

    def clear(self) -> None:
        """Forget the contents, keep the memory."""
        self.count = 0
        self.filled = 0
