# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Bybit's publicTrade messages, from the bytes of a frame straight into columns.

The decoder builds an object for each row and each text; here nothing is built but the symbol that is looked up. Only
what is plain is read (see scan_text.pxd). Everything else is left to the decoder, which also says what is wrong with
it; so the two never disagree.
"""

import cython

if cython.compiled:
    from cython.cimports.tidemark.kernels.columns import TradeColumns
    from cython.cimports.tidemark.kernels.scan_text import (
        FRAME_BYTES,
        FRAME_ROWS,
        OTHER,
        READ,
        SURPRISE,
        begins,
        chars_of,
        hash_chars,
        is_believed,
        is_plain,
        member_end,
        read_decimal,
        read_whole,
        slot_of,
        text_end,
        value_end,
    )
else:
    from tidemark.kernels.columns import TradeColumns

# The fields of a row, a bit each.
HAS_TIME = cython.declare(cython.int, 1)
HAS_SYMBOL = cython.declare(cython.int, 2)
HAS_SIDE = cython.declare(cython.int, 4)
HAS_SIZE = cython.declare(cython.int, 8)
HAS_PRICE = cython.declare(cython.int, 16)
HAS_ID = cython.declare(cython.int, 32)
HAS_SEQUENCE = cython.declare(cython.int, 64)
REQUIRED = cython.declare(cython.int, 63)


@cython.cclass
class BybitTradeScanner:
    """Reads for the symbols in *slots*, symbol to slot, whose owner keeps it up to date."""

    slots: dict

    def __init__(self, slots: dict) -> None:
        self.slots = slots

    def scan(self, frame: object, ts_recv: cython.longlong, columns: TradeColumns) -> int:
        """Add the rows of *frame*, bytes or a view of them, to *columns*: 1 when that is done.

        0 when it is no publicTrade message or is one of a symbol without a slot, -1 when it is one and is not written
        as usual, or is refused, or has no room: nothing is added then, and the decoder is to read it. The topic comes
        first; other fields may be more, or in another order. What is added is what the decoder and
        `TradeColumns.extend` would add. Uncompiled it always gives 0: byte by byte, the decoder is faster.
        """
        if cython.compiled:
            n: cython.Py_ssize_t = 0
            p: cython.p_const_uchar = chars_of(frame, cython.address(n))
            return self.read(p, n, ts_recv, columns) if n <= FRAME_BYTES else 0
        return 0

    @cython.cfunc
    @cython.exceptval(-2)
    def read(
        self, p: cython.p_const_uchar, n: cython.Py_ssize_t, ts_recv: cython.longlong, columns: TradeColumns
    ) -> cython.int:
        """The members of the frame; the rows are one of them."""
        at: cython.Py_ssize_t
        key: cython.Py_ssize_t
        rows: cython.Py_ssize_t = 0
        if not begins(p, 0, n, b'{"topic":"publicTrade.', 22):
            return OTHER
        at = text_end(p, 22, n) + 1
        # As the exchange writes it; the loop takes anything else.
        if begins(p, at, n, b',"type":"snapshot","ts":', 24):
            at = value_end(p, at + 24, n)
        while 0 < at < n and p[at] == b",":
            key = at + 2
            if key >= n or p[at + 1] != b'"':
                return SURPRISE
            at = text_end(p, key, n)
            if at < 0 or n - at < 2 or p[at + 1] != b":":
                return SURPRISE
            at += 2
            if at - key == 6 and begins(p, key, n, b"data", 4):
                if rows > 0:
                    return SURPRISE
                at = self.read_rows(p, at, n, ts_recv, columns, cython.address(rows))
                if rows < 0:
                    return OTHER
            else:
                at = value_end(p, at, n)
        if rows < 1 or at != n - 1 or p[at] != b"}":
            return SURPRISE
        columns.count += rows
        return READ

    @cython.cfunc
    @cython.exceptval(-2)
    def read_rows(
        self, p: cython.p_const_uchar, at: cython.Py_ssize_t, n: cython.Py_ssize_t, ts_recv: cython.longlong,
        columns: TradeColumns, rows: cython.p_Py_ssize_t,
    ) -> cython.Py_ssize_t:  # fmt: skip
        """Behind the rows at *at*, whose number goes into *rows*; -1 when one cannot be read.

        *rows* is -1 when one is of a symbol without a slot.
        """
        row: cython.Py_ssize_t = columns.count
        first: cython.Py_ssize_t = row
        last: cython.Py_ssize_t = columns.capacity
        start: cython.Py_ssize_t
        known: cython.Py_ssize_t = 0
        known_width: cython.Py_ssize_t = -1
        c: cython.uchar
        field: cython.int
        has: cython.int
        slot: cython.int = -1
        ts_ms: cython.longlong = 0
        sequence: cython.longlong = 0
        trade_id: cython.ulonglong = 0
        price: cython.double = 0.0
        size: cython.double = 0.0
        is_buy: cython.bint = False
        if last - row > FRAME_ROWS:
            last = row + FRAME_ROWS
        if at >= n or p[at] != b"[":
            return -1
        while True:
            at += 1
            if row >= last or at >= n or p[at] != b"{":
                return -1
            has = 0
            sequence = 0
            while True:
                # *at* is the brace or comma before a key.
                if n - at < 6 or p[at + 1] != b'"':
                    return -1
                c = p[at + 2]
                field = 0
                if p[at + 3] == b'"':
                    if p[at + 4] != b":" or not is_plain(c):
                        return -1
                    at += 5
                    if c == b"T":
                        field = HAS_TIME
                        at = read_whole(p, at, n, cython.address(ts_ms))
                    elif c == b"p":
                        field = HAS_PRICE
                        at = read_decimal(p, at, n, cython.address(price))
                    elif c == b"v":
                        field = HAS_SIZE
                        at = read_decimal(p, at, n, cython.address(size))
                    elif c == b"S":
                        field = HAS_SIDE
                        is_buy = begins(p, at, n, b'"Buy"', 5)
                        if is_buy:
                            at += 5
                        elif begins(p, at, n, b'"Sell"', 6):
                            at += 6
                        else:
                            return -1
                    elif c == b"s" or c == b"i":
                        start = at + 1
                        if p[at] != b'"':
                            return -1
                        at = text_end(p, start, n)
                        if at < 0:
                            return -1
                        if c == b"i":
                            field = HAS_ID
                            trade_id = hash_chars(p, start, at)
                        else:
                            field = HAS_SYMBOL
                            if at - start != known_width or not begins(
                                p, start, n, cython.cast(cython.p_const_char, p) + known, known_width
                            ):
                                known, known_width = start, at - start
                                slot = slot_of(p, start, at, self.slots)
                                if slot < 0:
                                    rows[0] = -1
                                    return -1
                        at += 1
                    else:
                        at = value_end(p, at, n)
                elif begins(p, at + 2, n, b'seq":', 5):
                    field = HAS_SEQUENCE
                    at = read_whole(p, at + 7, n, cython.address(sequence))
                else:
                    at = member_end(p, at + 2, n)
                if at < 0 or at >= n or has & field:
                    return -1
                has |= field
                if p[at] != b",":
                    break
            if p[at] != b"}" or has & REQUIRED != REQUIRED:
                return -1
            if not (0.0 < price and 0.0 < size) or not is_believed(ts_ms):
                return -1
            columns.slot[row] = slot
            columns.ts_event[row] = ts_ms * 1000000
            columns.ts_recv[row] = ts_recv
            columns.trade_id[row] = trade_id
            columns.sequence[row] = sequence
            columns.price[row] = price
            columns.size[row] = size
            columns.is_buy[row] = is_buy
            row += 1
            at += 1
            if at >= n:
                return -1
            if p[at] == b"]":
                rows[0] = row - first
                return at + 1
            if p[at] != b",":
                return -1
