# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Binance's depthUpdate messages, from the bytes of a frame straight into columns; see scan_bybit_trades."""

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
        is_message_end,
        is_plain,
        member_end,
        message_start,
        read_levels,
        read_whole,
        slot_of,
        text_end,
        value_end,
    )
else:
    from tidemark.kernels.book_columns import BookColumns

# The fields of a message, a bit each.
HAS_TIME = cython.declare(cython.int, 1)
HAS_SYMBOL = cython.declare(cython.int, 2)
HAS_FIRST = cython.declare(cython.int, 4)
HAS_UPDATE = cython.declare(cython.int, 8)
HAS_PREVIOUS = cython.declare(cython.int, 16)
HAS_BIDS = cython.declare(cython.int, 32)
HAS_ASKS = cython.declare(cython.int, 64)
HAS_MARKET = cython.declare(cython.int, 128)
REQUIRED = cython.declare(cython.int, 127)


@cython.cclass
class BinanceBookScanner:
    """Reads for the symbols in *slots*, symbol to slot, whose owner keeps it up to date."""

    slots: dict

    def __init__(self, slots: dict) -> None:
        self.slots = slots

    def scan(self, frame: object, ts_recv: cython.longlong, columns: BookColumns) -> int:
        """Add the changes in *frame*, bytes or a view of them, to *columns*: 1 when that is done.

        0 when it is no depthUpdate message, is one of a symbol without a slot, or the whole top of a book
        (SYMBOL@depth5 and its like). -1 when it is one and is not written as usual, or is refused (spot,
        coin-margined), or has no room: nothing is added then, and the decoder is to read it. The kind comes first, bids
        before asks; other fields may be more, or in another order. Uncompiled it always gives 0.
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
        """The message, in its envelope or without one; its levels go behind those of *columns*."""
        stream: cython.Py_ssize_t = 0
        stream_end: cython.Py_ssize_t = 0
        at: cython.Py_ssize_t = message_start(p, n, cython.address(stream), cython.address(stream_end))
        start: cython.Py_ssize_t
        row: cython.Py_ssize_t = columns.count
        price: cython.p_double = cython.address(columns.price[0]) + columns.filled
        size: cython.p_double = cython.address(columns.size[0]) + columns.filled
        room: cython.Py_ssize_t = columns.room - columns.filled
        bids: cython.Py_ssize_t = 0
        asks: cython.Py_ssize_t = 0
        c: cython.uchar
        field: cython.int
        has: cython.int = 0
        slot: cython.int = -1
        ts_ms: cython.longlong = 0
        first_id: cython.longlong = 0
        update_id: cython.longlong = 0
        previous_id: cython.longlong = 0
        market: cython.longlong = 1
        has_empty: cython.bint = False
        if at < 0 or not begins(p, at, n, b'{"e":"depthUpdate"', 18) or is_top(p, stream, stream_end):
            return OTHER
        at += 18
        while at < n and p[at] == b",":
            if n - at < 6 or p[at + 1] != b'"':
                return SURPRISE
            c = p[at + 2]
            field = 0
            if p[at + 3] == b'"':
                if p[at + 4] != b":" or not is_plain(c) or c == b"e":
                    return SURPRISE
                at += 5
                if c == b"b":
                    field = HAS_BIDS
                    at = read_levels(p, at, n, price, size, room, cython.address(bids), cython.address(has_empty))
                elif c == b"a":
                    # They stand behind the bids.
                    if not has & HAS_BIDS:
                        return SURPRISE
                    field = HAS_ASKS
                    at = read_levels(
                        p, at, n, price + bids, size + bids, room - bids, cython.address(asks),
                        cython.address(has_empty),
                    )  # fmt: skip
                elif c == b"T":
                    field = HAS_TIME
                    at = read_whole(p, at, n, cython.address(ts_ms))
                elif c == b"U":
                    field = HAS_FIRST
                    at = read_whole(p, at, n, cython.address(first_id))
                elif c == b"u":
                    field = HAS_UPDATE
                    at = read_whole(p, at, n, cython.address(update_id))
                elif c == b"s":
                    field = HAS_SYMBOL
                    start = at + 1
                    if p[at] != b'"':
                        return SURPRISE
                    at = text_end(p, start, n)
                    if at < 0:
                        return SURPRISE
                    slot = slot_of(p, start, at, self.slots)
                    if slot < 0:
                        return OTHER
                    # With an underscore it is dated or coin-margined, as in ingest.venues.binance.parse.
                    while start < at:
                        if p[start] == b"_":
                            return SURPRISE
                        start += 1
                    at += 1
                else:
                    at = value_end(p, at, n)
            elif begins(p, at + 2, n, b'pu":', 4):
                field = HAS_PREVIOUS
                at = read_whole(p, at + 6, n, cython.address(previous_id))
            elif begins(p, at + 2, n, b'st":', 4):
                field = HAS_MARKET
                at = read_whole(p, at + 6, n, cython.address(market))
            else:
                at = member_end(p, at + 2, n)
            if at < 0 or has & field:
                return SURPRISE
            has |= field
        if at >= n or p[at] != b"}" or not is_message_end(p, at + 1, n, stream) or has & REQUIRED != REQUIRED:
            return SURPRISE
        if market != 1 or row >= columns.capacity or not is_believed(ts_ms):
            return SURPRISE
        columns.slot[row] = slot
        columns.is_snapshot[row] = False
        columns.ts_event[row] = ts_ms * 1000000
        columns.ts_recv[row] = ts_recv
        columns.first_id[row] = first_id
        columns.update_id[row] = update_id
        columns.previous_id[row] = previous_id
        columns.start[row] = columns.filled
        columns.bids[row] = bids
        columns.asks[row] = asks
        columns.filled += bids + asks
        columns.count = row + 1
        return READ


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def is_top(p: cython.p_const_uchar, at: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.bint:
    """Whether a digit stands behind the first "@depth" of the stream's name in [at, end)."""
    while end - at > 6:
        if begins(p, at, end, b"@depth", 6):
            return 48 <= p[at + 6] <= 57
        at += 1
    return False
