# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Binance's aggTrade and trade messages, from the bytes of a frame straight into columns; see scan_bybit_trades."""

import cython

if cython.compiled:
    from cython.cimports.tidemark.kernels.columns import TradeColumns
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
        read_decimal,
        read_whole,
        slot_of,
        text_end,
        value_end,
    )
else:
    from tidemark.kernels.columns import TradeColumns

# The fields of a message, a bit each.
HAS_TIME = cython.declare(cython.int, 1)
HAS_SYMBOL = cython.declare(cython.int, 2)
HAS_ID = cython.declare(cython.int, 4)
HAS_PRICE = cython.declare(cython.int, 8)
HAS_SIZE = cython.declare(cython.int, 16)
HAS_MAKER = cython.declare(cython.int, 32)
HAS_SOURCE = cython.declare(cython.int, 64)
HAS_MARKET = cython.declare(cython.int, 128)
REQUIRED = cython.declare(cython.int, 63)


@cython.cclass
class BinanceTradeScanner:
    """Reads for the symbols in *slots*, symbol to slot, whose owner keeps it up to date."""

    slots: dict

    def __init__(self, slots: dict) -> None:
        self.slots = slots

    def scan(self, frame: object, ts_recv: cython.longlong, columns: TradeColumns) -> int:
        """Add the trade in *frame*, bytes or a view of them, to *columns*: 1 when that is done.

        0 when it is no aggTrade or trade message or is one of a symbol without a slot, -1 when it is one and is not
        written as usual, or is refused (spot, coin-margined, met by no order), or has no room: nothing is added then,
        and the decoder is to read it. The kind comes first; other fields may be more, or in another order. Uncompiled
        it always gives 0.
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
        """The message, in its envelope or without one."""
        stream: cython.Py_ssize_t = 0
        stream_end: cython.Py_ssize_t = 0
        at: cython.Py_ssize_t = message_start(p, n, cython.address(stream), cython.address(stream_end))
        start: cython.Py_ssize_t
        row: cython.Py_ssize_t = columns.count
        c: cython.uchar
        id_key: cython.uchar = b"a"
        field: cython.int
        has: cython.int = 0
        slot: cython.int = -1
        ts_ms: cython.longlong = 0
        trade_id: cython.longlong = 0
        market: cython.longlong = 1
        price: cython.double = 0.0
        size: cython.double = 0.0
        is_sell: cython.bint = False
        if at < 0:
            return OTHER
        if begins(p, at, n, b'{"e":"aggTrade"', 15):
            at += 15
        elif begins(p, at, n, b'{"e":"trade"', 12):
            at += 12
            id_key = b"t"
        else:
            return OTHER
        while at < n and p[at] == b",":
            if n - at < 6 or p[at + 1] != b'"':
                return SURPRISE
            c = p[at + 2]
            field = 0
            if p[at + 3] == b'"':
                if p[at + 4] != b":" or not is_plain(c) or c == b"e" or c == b"M":
                    return SURPRISE
                at += 5
                if c == b"T":
                    field = HAS_TIME
                    at = read_whole(p, at, n, cython.address(ts_ms))
                elif c == id_key:
                    field = HAS_ID
                    at = read_whole(p, at, n, cython.address(trade_id))
                elif c == b"p":
                    field = HAS_PRICE
                    at = read_decimal(p, at, n, cython.address(price))
                elif c == b"q":
                    field = HAS_SIZE
                    at = read_decimal(p, at, n, cython.address(size))
                elif c == b"m":
                    field = HAS_MAKER
                    is_sell = begins(p, at, n, b"true", 4)
                    if is_sell:
                        at += 4
                    elif begins(p, at, n, b"false", 5):
                        at += 5
                    else:
                        return SURPRISE
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
                elif c == b"X" and id_key == b"t":
                    field = HAS_SOURCE
                    if not begins(p, at, n, b'"MARKET"', 8):
                        return SURPRISE
                    at += 8
                else:
                    at = value_end(p, at, n)
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
        if market != 1 or row >= columns.capacity:
            return SURPRISE
        if not (0.0 < price and 0.0 < size) or not is_believed(ts_ms):
            return SURPRISE
        columns.slot[row] = slot
        columns.ts_event[row] = ts_ms * 1000000
        columns.ts_recv[row] = ts_recv
        columns.trade_id[row] = trade_id
        columns.sequence[row] = trade_id
        columns.price[row] = price
        columns.size[row] = size
        columns.is_buy[row] = not is_sell
        columns.count = row + 1
        return READ
