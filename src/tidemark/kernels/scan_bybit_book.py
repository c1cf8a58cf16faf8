# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Bybit's orderbook messages, from the bytes of a frame straight into columns; see scan_bybit_trades."""

import cython

if cython.compiled:
    from cython.cimports.tidemark.kernels.book_columns import BookColumns
    from cython.cimports.tidemark.kernels.scan_text import (
        FRAME_BYTES,
        OTHER,
        READ,
        SURPRISE,
        begins,
        chars_of,
        is_believed,
        is_plain,
        member_end,
        read_levels,
        read_whole,
        slot_of,
        text_end,
        value_end,
    )
else:
    from tidemark.kernels.book_columns import BookColumns

# The members of the frame and of its data, a bit each.
HAS_TYPE = cython.declare(cython.int, 1)
HAS_TIME = cython.declare(cython.int, 2)
HAS_DATA = cython.declare(cython.int, 4)
HAS_ENGINE_TIME = cython.declare(cython.int, 8)
HAS_SYMBOL = cython.declare(cython.int, 16)
HAS_BIDS = cython.declare(cython.int, 32)
HAS_ASKS = cython.declare(cython.int, 64)
HAS_UPDATE = cython.declare(cython.int, 128)
HAS_SEQUENCE = cython.declare(cython.int, 256)
REQUIRED = cython.declare(cython.int, 247)


@cython.cclass
class BybitBookScanner:
    """Reads for the symbols in *slots*, symbol to slot, whose owner keeps it up to date."""

    slots: dict
    # What was found in the frame that is being read.
    has: cython.int
    slot: cython.int
    update_id: cython.longlong
    bids: cython.Py_ssize_t
    asks: cython.Py_ssize_t
    has_empty: cython.bint

    def __init__(self, slots: dict) -> None:
        self.slots = slots

    def scan(self, frame: object, ts_recv: cython.longlong, columns: BookColumns) -> int:
        """Add the message in *frame*, bytes or a view of them, to *columns*: 1 when that is done.

        0 when it is no orderbook message or is one of a symbol without a slot, -1 when it is one and is not written as
        usual, or is refused, or has no room: nothing is added then, and the decoder is to read it. Bids come before
        asks and the topic first; other fields may be more, or in another order. Uncompiled it always gives 0.
        """
        if cython.compiled:
            n: cython.Py_ssize_t = 0
            p: cython.p_const_uchar = chars_of(frame, cython.address(n))
            return self.read(p, n, ts_recv, columns) if n <= FRAME_BYTES else 0
        return 0

    @cython.cfunc
    @cython.exceptval(-2)
    def read(
        self, p: cython.p_const_uchar, n: cython.Py_ssize_t, ts_recv: cython.longlong, columns: BookColumns
    ) -> cython.int:
        """The members of the frame; what the book says is one of them."""
        at: cython.Py_ssize_t
        key: cython.Py_ssize_t
        field: cython.int
        is_snapshot: cython.bint = False
        ts_ms: cython.longlong = 0
        engine_ms: cython.longlong = 0
        row: cython.Py_ssize_t = columns.count
        if not begins(p, 0, n, b'{"topic":"orderbook.', 20):
            return OTHER
        self.has = 0
        self.has_empty = False
        at = text_end(p, 20, n) + 1
        while 0 < at < n and p[at] == b",":
            key = at + 2
            if key >= n or p[at + 1] != b'"':
                return SURPRISE
            at = text_end(p, key, n)
            if at < 0 or n - at < 2 or p[at + 1] != b":":
                return SURPRISE
            at += 2
            field = 0
            if at - key == 6 and begins(p, key, n, b"data", 4):
                field = HAS_DATA
                at = self.read_data(p, at, n, columns)
                if self.slot < 0:
                    return OTHER
            elif at - key == 6 and begins(p, key, n, b"type", 4):
                field = HAS_TYPE
                is_snapshot = begins(p, at, n, b'"snapshot"', 10)
                if is_snapshot:
                    at += 10
                elif begins(p, at, n, b'"delta"', 7):
                    at += 7
                else:
                    return SURPRISE
            elif at - key == 4 and begins(p, key, n, b"ts", 2):
                field = HAS_TIME
                at = read_whole(p, at, n, cython.address(ts_ms))
            elif at - key == 5 and begins(p, key, n, b"cts", 3):
                field = HAS_ENGINE_TIME
                at = read_whole(p, at, n, cython.address(engine_ms))
            else:
                at = value_end(p, at, n)
            if self.has & field:
                return SURPRISE
            self.has |= field
        if at != n - 1 or p[at] != b"}" or self.has & REQUIRED != REQUIRED or not is_believed(ts_ms):
            return SURPRISE
        if self.has & HAS_ENGINE_TIME:
            ts_ms = engine_ms
        if row >= columns.capacity or not is_believed(ts_ms) or (is_snapshot and self.has_empty):
            return SURPRISE
        columns.slot[row] = self.slot
        columns.is_snapshot[row] = is_snapshot
        columns.ts_event[row] = ts_ms * 1000000
        columns.ts_recv[row] = ts_recv
        columns.first_id[row] = -1
        columns.update_id[row] = self.update_id
        columns.previous_id[row] = -1
        columns.start[row] = columns.filled
        columns.bids[row] = self.bids
        columns.asks[row] = self.asks
        columns.filled += self.bids + self.asks
        columns.count = row + 1
        return READ

    @cython.cfunc
    @cython.exceptval(-2)
    def read_data(
        self, p: cython.p_const_uchar, at: cython.Py_ssize_t, n: cython.Py_ssize_t, columns: BookColumns
    ) -> cython.Py_ssize_t:
        """Behind the data at *at*, its levels behind those of *columns*; -1 when it cannot be read.

        `slot` is -1 when it is of a symbol without a slot.
        """
        price: cython.p_double = cython.address(columns.price[0]) + columns.filled
        size: cython.p_double = cython.address(columns.size[0]) + columns.filled
        room: cython.Py_ssize_t = columns.room - columns.filled
        start: cython.Py_ssize_t
        ignored: cython.longlong = 0
        field: cython.int
        c: cython.uchar
        self.slot = 0
        if at >= n or p[at] != b"{":
            return -1
        while True:
            # *at* is the brace or comma before a key.
            if n - at < 6 or p[at + 1] != b'"':
                return -1
            c = p[at + 2]
            field = 0
            if p[at + 3] == b'"' and p[at + 4] == b":":
                at += 5
                if c == b"b":
                    field = HAS_BIDS
                    at = read_levels(
                        p, at, n, price, size, room, cython.address(self.bids), cython.address(self.has_empty)
                    )
                elif c == b"a":
                    # They stand behind the bids.
                    if not self.has & HAS_BIDS:
                        return -1
                    field = HAS_ASKS
                    at = read_levels(
                        p, at, n, price + self.bids, size + self.bids, room - self.bids,
                        cython.address(self.asks), cython.address(self.has_empty),
                    )  # fmt: skip
                elif c == b"u":
                    field = HAS_UPDATE
                    at = read_whole(p, at, n, cython.address(self.update_id))
                elif c == b"s":
                    field = HAS_SYMBOL
                    start = at + 1
                    if p[at] != b'"':
                        return -1
                    at = text_end(p, start, n)
                    # Only USDT perpetuals are linear here, as in ingest.venues.bybit.parse.
                    if at - start < 4 or not begins(p, at - 4, n, b"USDT", 4):
                        return -1
                    self.slot = slot_of(p, start, at, self.slots)
                    if self.slot < 0:
                        return -1
                    at += 1
                elif is_plain(c):
                    at = value_end(p, at, n)
                else:
                    return -1
            elif begins(p, at + 2, n, b'seq":', 5):
                field = HAS_SEQUENCE
                at = read_whole(p, at + 7, n, cython.address(ignored))
            else:
                at = member_end(p, at + 2, n)
            if at < 0 or at >= n or self.has & field:
                return -1
            self.has |= field
            if p[at] == b"}":
                return at + 1
            if p[at] != b",":
                return -1
