# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Trades from the bytes of a frame straight into columns, for frames written exactly as the exchange writes them.

The decoder builds an object for each row and each text; here nothing is built. Only what is plain is read: no white
space, ASCII without escapes, numbers that one division rounds correctly. Everything else is left to the decoder, which
also says what is wrong with it; so the two never disagree.
"""

import cython

# As in kernels.columns: the key of a textual id, and the milliseconds that are believed.
FNV_OFFSET = cython.declare(cython.ulonglong, 0xCBF29CE484222325)
FNV_PRIME = cython.declare(cython.ulonglong, 0x100000001B3)
FIRST_MS = cython.declare(cython.longlong, 1230768000000)
LAST_MS = cython.declare(cython.longlong, 9214646399999)
# One byte each, eight times.
ONES = cython.declare(cython.ulonglong, 0x0101010101010101)
SPACES = cython.declare(cython.ulonglong, 0x2020202020202020)
QUOTES = cython.declare(cython.ulonglong, 0x2222222222222222)
ESCAPES = cython.declare(cython.ulonglong, 0x5C5C5C5C5C5C5C5C)
TOPS = cython.declare(cython.ulonglong, 0x8080808080808080)
# The most rows that one frame may bring.
FRAME_ROWS = cython.declare(cython.int, 4096)
# Whole numbers below this are exact in a double, and so is a power of ten up to this one.
EXACT = cython.declare(cython.longlong, 9007199254740992)
EXACT_POWER = cython.declare(cython.int, 22)

# The fields of a row, a bit each.
HAS_TIME = cython.declare(cython.int, 1)
HAS_SYMBOL = cython.declare(cython.int, 2)
HAS_SIDE = cython.declare(cython.int, 4)
HAS_SIZE = cython.declare(cython.int, 8)
HAS_PRICE = cython.declare(cython.int, 16)
HAS_ID = cython.declare(cython.int, 32)
HAS_SEQUENCE = cython.declare(cython.int, 64)
REQUIRED = cython.declare(cython.int, 63)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def word(p: cython.p_uchar, at: cython.Py_ssize_t) -> cython.ulonglong:
    """The eight bytes from *at* on, the first one lowest; compilers make one load of it."""
    low: cython.ulonglong = p[at] | (p[at + 1] << 8) | (p[at + 2] << 16) | (cython.cast(cython.uint, p[at + 3]) << 24)
    high: cython.ulonglong = (
        p[at + 4] | (p[at + 5] << 8) | (p[at + 6] << 16) | (cython.cast(cython.uint, p[at + 7]) << 24)
    )
    return low | (high << 32)


@cython.cfunc
@cython.exceptval(check=False)
def hash_chars(p: cython.p_uchar, at: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.ulonglong:
    """kernels.columns.hash_text of the bytes [at, end)."""
    h: cython.ulonglong = FNV_OFFSET ^ cython.cast(cython.ulonglong, end - at)
    last: cython.ulonglong = 0
    shift: cython.int = 0
    while at + 8 <= end:
        h = (h ^ word(p, at)) * FNV_PRIME
        h ^= h >> 32
        at += 8
    while at < end:
        last |= cython.cast(cython.ulonglong, p[at]) << shift
        shift += 8
        at += 1
    h = (h ^ last) * FNV_PRIME
    h = (h ^ (h >> 33)) * cython.cast(cython.ulonglong, 0xFF51AFD7ED558CCD)
    h = (h ^ (h >> 33)) * cython.cast(cython.ulonglong, 0xC4CEB9FE1A85EC53)
    return h ^ (h >> 33)


@cython.cfunc
@cython.exceptval(check=False)
def text_end(p: cython.p_uchar, at: cython.Py_ssize_t, n: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The closing quote of the text that begins at *at*; -1 when it is anything but plain ASCII without escapes."""
    w: cython.ulonglong
    quote: cython.ulonglong
    escape: cython.ulonglong
    # Eight bytes at once while none of them is a quote, a backslash, a control character, or beyond ASCII.
    while at + 8 <= n:
        w = word(p, at)
        quote = w ^ QUOTES
        escape = w ^ ESCAPES
        if (((quote - ONES) | (escape - ONES) | (w - SPACES) | w) & TOPS) != 0:
            break
        at += 8
    while at < n:
        if p[at] == 34:
            return at
        if p[at] < 32 or p[at] > 127 or p[at] == 92:
            return -1
        at += 1
    return -1


@cython.cfunc
@cython.exceptval(check=False)
def whole_end(p: cython.p_uchar, at: cython.Py_ssize_t, n: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Behind the whole number at *at*; -1 when there is none, when it begins with a needless 0, or has 19 digits."""
    first: cython.Py_ssize_t = at
    while at < n and 48 <= p[at] <= 57:
        at += 1
    if at == first or at - first > 18 or (p[first] == 48 and at - first > 1):
        return -1
    return at


@cython.cfunc
@cython.exceptval(check=False)
def whole(p: cython.p_uchar, at: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.longlong:
    """The whole number that whole_end has found."""
    value: cython.longlong = 0
    while at < end:
        value = value * 10 + (p[at] - 48)
        at += 1
    return value


@cython.cfunc
@cython.exceptval(check=False)
def decimal(p: cython.p_uchar, at: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.double:
    """The decimal number in [at, end), rounded correctly; -1 when that takes more than one division."""
    point: cython.Py_ssize_t = whole_end(p, at, end)
    value: cython.longlong
    power: cython.double = 1.0
    if point < 0:
        return -1.0
    value = whole(p, at, point)
    if point < end:
        at = point + 1
        if p[point] != 46 or at == end or end - at > EXACT_POWER:
            return -1.0
        while at < end:
            if p[at] < 48 or p[at] > 57 or value >= EXACT:
                return -1.0
            value = value * 10 + (p[at] - 48)
            power *= 10.0
            at += 1
    if value > EXACT:
        return -1.0
    return cython.cast(cython.double, value) / power


@cython.cfunc
@cython.exceptval(check=False)
def value_end(p: cython.p_uchar, at: cython.Py_ssize_t, n: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Behind the plain text, whole number, true or false at *at*; -1 when it is anything else."""
    if at < n and p[at] == 34:
        at = text_end(p, at + 1, n)
        return -1 if at < 0 else at + 1
    if at + 4 <= n and p[at] == 116 and p[at + 1] == 114 and p[at + 2] == 117 and p[at + 3] == 101:
        return at + 4
    if at + 5 <= n and p[at] == 102 and p[at + 1] == 97 and p[at + 2] == 108 and p[at + 3] == 115 and p[at + 4] == 101:
        return at + 5
    return whole_end(p, at, n)


@cython.cclass
class TradeScanner:
    """Writes into *arrays*, the `arrays` of TradeColumns, which stay alive and in place as long as this does."""

    slot: cython.int[::1]
    ts_event: cython.longlong[::1]
    ts_recv: cython.longlong[::1]
    trade_id: cython.ulonglong[::1]
    sequence: cython.longlong[::1]
    price: cython.double[::1]
    size: cython.double[::1]
    is_buy: cython.uchar[::1]
    capacity: cython.Py_ssize_t
    rows: cython.Py_ssize_t

    def __init__(self, arrays: tuple) -> None:
        slot, ts_event, ts_recv, trade_id, sequence, price, size, is_buy = arrays
        self.slot = slot
        self.ts_event = ts_event
        self.ts_recv = ts_recv
        self.trade_id = trade_id
        self.sequence = sequence
        self.price = price
        self.size = size
        self.is_buy = is_buy
        self.capacity = len(slot)
        self.rows = 0

    def scan(self, frame: bytes, slots: dict, ts_recv: cython.longlong, count: cython.Py_ssize_t) -> int:
        """Write the rows of Bybit's publicTrade message behind row *count*; give how many, or -1 to have it decoded.

        The topic comes first; the other fields may be more, or in another order. slots: symbol to slot. -1 is given for
        all that is not plain, for a row that `TradeColumns.extend` would refuse, and for more rows than there is room;
        what was written behind *count* then means nothing. Else the rows are what the decoder and `extend` would write.
        Uncompiled it always gives -1: byte by byte, the decoder is faster.
        """
        if cython.compiled:
            chars: cython.p_uchar = frame
            return self.scan_frame(chars, len(frame), slots, ts_recv, count)
        return -1

    @cython.cfunc
    @cython.exceptval(-2)
    def scan_frame(
        self, p: cython.p_uchar, n: cython.Py_ssize_t, slots: dict, ts_recv: cython.longlong, count: cython.Py_ssize_t
    ) -> cython.Py_ssize_t:
        """The members of the frame; the rows are one of them."""
        at: cython.Py_ssize_t = 22
        key: cython.Py_ssize_t
        rows: cython.Py_ssize_t = -1
        prefix: cython.p_uchar = b'{"topic":"publicTrade.'
        i: cython.Py_ssize_t
        if n < 32:
            return -1
        for i in range(22):
            if p[i] != prefix[i]:
                return -1
        at = text_end(p, at, n) + 1
        if at == 0:
            return -1
        while at < n and p[at] == 44:
            key = at + 2
            if key >= n or p[at + 1] != 34:
                break
            at = text_end(p, key, n)
            if at < 0 or at + 2 >= n or p[at + 1] != 58:
                at = n
                break
            if at - key == 4 and p[key] == 100 and p[key + 1] == 97 and p[key + 2] == 116 and p[key + 3] == 97:
                if rows >= 0 or p[at + 2] != 91:
                    at = n
                    break
                at = self.scan_rows(p, at + 3, n, slots, ts_recv, count)
                rows = self.rows
            else:
                at = value_end(p, at + 2, n)
            if at < 0:
                break
        if rows < 1 or at != n - 1 or p[at] != 125:
            return -1
        return rows

    @cython.cfunc
    @cython.exceptval(-2)
    def scan_rows(
        self, p: cython.p_uchar, at: cython.Py_ssize_t, n: cython.Py_ssize_t, slots: dict, ts_recv: cython.longlong,
        count: cython.Py_ssize_t,
    ) -> cython.Py_ssize_t:  # fmt: skip
        """Behind the `]` of the rows that begin at *at*, with their number in `rows`; -1 when one cannot be read."""
        first: cython.Py_ssize_t = count
        last: cython.Py_ssize_t = count + FRAME_ROWS
        key: cython.Py_ssize_t
        width: cython.Py_ssize_t
        start: cython.Py_ssize_t
        end: cython.Py_ssize_t
        known: cython.Py_ssize_t = 0
        known_end: cython.Py_ssize_t = 0
        i: cython.Py_ssize_t
        field: cython.int
        has: cython.int
        slot: cython.int = -1
        ts_ms: cython.longlong = 0
        sequence: cython.longlong = 0
        trade_id: cython.ulonglong = 0
        price: cython.double = 0.0
        size: cython.double = 0.0
        is_buy: cython.bint = False
        is_known: cython.bint
        if last > self.capacity:
            last = self.capacity
        while True:
            if count >= last or at >= n or p[at] != 123:
                return -1
            has = 0
            sequence = 0
            while True:
                # *at* is the brace or comma before a key.
                key = at + 2
                if key >= n or p[at + 1] != 34:
                    return -1
                at = text_end(p, key, n)
                if at < 0 or at + 2 >= n or p[at + 1] != 58:
                    return -1
                width = at - key
                start = at + 3
                at = value_end(p, at + 2, n)
                if at < 0 or at >= n:
                    return -1
                field = 0
                if width == 1 and p[key] == 84:
                    field = HAS_TIME
                    if p[start - 1] < 48 or p[start - 1] > 57:
                        return -1
                    ts_ms = whole(p, start - 1, at)
                elif width == 1:
                    end = at - 1
                    if p[key] == 115:
                        field = HAS_SYMBOL
                    elif p[key] == 83:
                        field = HAS_SIDE
                    elif p[key] == 118:
                        field = HAS_SIZE
                    elif p[key] == 112:
                        field = HAS_PRICE
                    elif p[key] == 105:
                        field = HAS_ID
                    if field != 0 and p[start - 1] != 34:
                        return -1
                    if field == HAS_SYMBOL:
                        is_known = known_end - known == end - start
                        i = 0
                        while is_known and i < end - start:
                            is_known = p[known + i] == p[start + i]
                            i += 1
                        if not is_known:
                            known, known_end = start, end
                            found = slots.get(cython.cast(cython.p_char, p)[start:end].decode("ascii"))
                            slot = -1 if found is None else found
                    elif field == HAS_SIDE:
                        is_buy = end - start == 3 and p[start] == 66 and p[start + 1] == 117 and p[start + 2] == 121
                        if not is_buy and not (
                            end - start == 4
                            and p[start] == 83
                            and p[start + 1] == 101
                            and p[start + 2] == 108
                            and p[start + 3] == 108
                        ):
                            return -1
                    elif field == HAS_SIZE:
                        size = decimal(p, start, end)
                    elif field == HAS_PRICE:
                        price = decimal(p, start, end)
                    elif field == HAS_ID:
                        trade_id = hash_chars(p, start, end)
                elif width == 3 and p[key] == 115 and p[key + 1] == 101 and p[key + 2] == 113:
                    field = HAS_SEQUENCE
                    if p[start - 1] < 48 or p[start - 1] > 57:
                        return -1
                    sequence = whole(p, start - 1, at)
                if has & field:
                    return -1
                has |= field
                if p[at] == 125:
                    break
                if p[at] != 44:
                    return -1
            if has & REQUIRED != REQUIRED or slot < 0 or not (0.0 < price and 0.0 < size):
                return -1
            if not (FIRST_MS <= ts_ms <= LAST_MS):
                return -1
            self.slot[count] = slot
            self.ts_event[count] = ts_ms * 1000000
            self.ts_recv[count] = ts_recv
            self.trade_id[count] = trade_id
            self.sequence[count] = sequence
            self.price[count] = price
            self.size[count] = size
            self.is_buy[count] = is_buy
            count += 1
            at += 1
            if at < n and p[at] == 93:
                self.rows = count - first
                return at + 1
            if at >= n or p[at] != 44:
                return -1
            at += 1
