# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Columns of trades: what a parser fills and every later kernel reads, without one object per trade.

A row is one trade: `slot` (which series), `ts_event`, `ts_recv` (ns), `trade_id` (the exchange's number, or a 64-bit
hash of its text), `sequence` (order within one time), `price` (quote currency), `size` (base currency), `is_buy` (1
when the aggressor bought). Rows [0, count) are filled; the arrays never grow.
"""

import cython
import numpy as np

FNV_OFFSET = cython.declare(cython.ulonglong, 0xCBF29CE484222325)
FNV_PRIME = cython.declare(cython.ulonglong, 0x100000001B3)
U64 = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
FINITE = cython.declare(cython.double, 1e300)
# Milliseconds since the epoch that are believed: from 2009 on, and before int64 nanoseconds end in 2262.
FIRST_MS = cython.declare(cython.longlong, 1230768000000)
LAST_MS = cython.declare(cython.longlong, 9214646399999)


@cython.cfunc
@cython.exceptval(check=False)
def hash_text(data: bytes) -> cython.ulonglong:
    """FNV-1a over words of eight bytes, then murmur3's finaliser, so that every bit of the id reaches the low bits.

    The words are little-endian, the last one filled up with zeros; the length goes first, to tell those zeros apart.
    """
    n: cython.Py_ssize_t = len(data)
    i: cython.Py_ssize_t
    if cython.compiled:
        h: cython.ulonglong = FNV_OFFSET ^ cython.cast(cython.ulonglong, n)
        chars: cython.p_uchar = data
        last: cython.ulonglong = 0
        for i in range(n):
            last |= cython.cast(cython.ulonglong, chars[i]) << (8 * (i & 7))
            if i & 7 == 7:
                h = (h ^ last) * FNV_PRIME
                h ^= h >> 32
                last = 0
        h = (h ^ last) * FNV_PRIME
        h = (h ^ (h >> 33)) * cython.cast(cython.ulonglong, 0xFF51AFD7ED558CCD)
        h = (h ^ (h >> 33)) * cython.cast(cython.ulonglong, 0xC4CEB9FE1A85EC53)
        return h ^ (h >> 33)
    h = FNV_OFFSET ^ n
    for i in range(0, n - 7, 8):
        h = ((h ^ int.from_bytes(data[i : i + 8], "little")) * FNV_PRIME) & U64
        h ^= h >> 32
    h = ((h ^ int.from_bytes(data[n - n % 8 :], "little")) * FNV_PRIME) & U64
    h = ((h ^ (h >> 33)) * 0xFF51AFD7ED558CCD) & U64
    h = ((h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53) & U64
    return h ^ (h >> 33)


def hash_id(trade_id: str) -> int:
    """The 64-bit key of a textual trade id; the same on every machine and in every run."""
    return hash_text(trade_id.encode())


@cython.cclass
class TradeColumns:
    """Columns of at most *capacity* trades."""

    def __init__(self, capacity: cython.Py_ssize_t) -> None:
        slot = np.zeros(capacity, np.int32)
        ts_event = np.zeros(capacity, np.int64)
        ts_recv = np.zeros(capacity, np.int64)
        trade_id = np.zeros(capacity, np.uint64)
        sequence = np.zeros(capacity, np.int64)
        price = np.zeros(capacity, np.float64)
        size = np.zeros(capacity, np.float64)
        is_buy = np.zeros(capacity, np.uint8)
        self.slot = slot
        self.ts_event = ts_event
        self.ts_recv = ts_recv
        self.trade_id = trade_id
        self.sequence = sequence
        self.price = price
        self.size = size
        self.is_buy = is_buy
        arrays: tuple = (slot, ts_event, ts_recv, trade_id, sequence, price, size, is_buy)
        self.arrays = arrays
        self.capacity = capacity
        self.count = 0

    def append(
        self,
        slot: cython.int,
        ts_event: cython.longlong,
        ts_recv: cython.longlong,
        trade_id: cython.ulonglong,
        sequence: cython.longlong,
        price: cython.double,
        size: cython.double,
        is_buy: cython.bint,
    ) -> bool:
        """Add one trade; false, with nothing added, when a number is not finite and positive or there is no room."""
        n: cython.Py_ssize_t = self.count
        if n >= self.capacity or not (0.0 < price < FINITE and 0.0 < size < FINITE):
            return False
        self.slot[n] = slot
        self.ts_event[n] = ts_event
        self.ts_recv[n] = ts_recv
        self.trade_id[n] = trade_id
        self.sequence[n] = sequence
        self.price[n] = price
        self.size[n] = size
        self.is_buy[n] = is_buy
        self.count = n + 1
        return True

    def newest(self) -> int:
        """The event time of the last row; there is one."""
        return self.ts_event[self.count - 1]

    def extend(self, trades: list, slots: dict, ts_recv: cython.longlong) -> int:
        """Add the wire rows of one frame; return how many were refused, or -1 when there is no room for all of them.

        trades: objects with `symbol`, `ts_ms`, `price`, `size`, `side` ("Buy" or "Sell", the aggressor), `trade_id`
        (text) and `sequence`. slots: symbol to slot. Refused is a row of a symbol that is not in *slots*, with a price
        or size that is not finite and positive, with another side, a negative sequence, or a time outside 2009 to
        2262; the other rows are added all the same. At -1 nothing was added. Raises OverflowError for a time or
        sequence past int64.
        """
        n: cython.Py_ssize_t = self.count
        refused: cython.int = 0
        price: cython.double
        size: cython.double
        ts_ms: cython.longlong
        sequence: cython.longlong
        slot: cython.int = -1
        known = None
        if n + len(trades) > self.capacity:
            return -1
        for trade in trades:
            symbol = trade.symbol
            if symbol is not known:
                found = slots.get(symbol)
                slot = -1 if found is None else found
                known = symbol
            price = trade.price
            size = trade.size
            ts_ms = trade.ts_ms
            sequence = trade.sequence
            side = trade.side
            is_buy: cython.bint = side == "Buy"
            if (
                slot < 0
                or not (0.0 < price < FINITE and 0.0 < size < FINITE)
                or not (FIRST_MS <= ts_ms <= LAST_MS)
                or sequence < 0
                or not (is_buy or side == "Sell")
            ):
                refused += 1
                continue
            self.slot[n] = slot
            self.ts_event[n] = ts_ms * 1000000
            self.ts_recv[n] = ts_recv
            self.trade_id[n] = hash_text(trade.trade_id.encode())
            self.sequence[n] = sequence
            self.price[n] = price
            self.size[n] = size
            self.is_buy[n] = is_buy
            n += 1
        self.count = n
        return refused
