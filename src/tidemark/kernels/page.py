# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A page of frames of the local exchange: their texts one behind the other, and what each of them is.

Writers put texts and numbers behind each other, and a frame is what was written between `begin` and `end`. Numbers are
written as `"%.*f"` writes them, to the last digit: that of the double, rounded half to even.

Memory: a page grows to the largest that was written, 64 KiB and a frame at the local exchange, and 36 bytes a frame.
"""

from typing import Any

import cython
import numpy as np

if cython.compiled:
    from cython.cimports.cpython.bytearray import PyByteArray_AS_STRING, PyByteArray_Resize
    from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
    from cython.cimports.libc.math import copysign, fabs, fma
    from cython.cimports.libc.string import memcpy

TEXT = 0x81
# Below this a double has a digit behind the point, and a product of two is split exactly into a rounded one and a rest.
WHOLE_FROM = cython.declare(cython.double, 4503599627370496.0)
MOST_DECIMALS = cython.declare(cython.int, 18)
POWERS = cython.declare(cython.double[::1], np.array([10.0**k for k in range(19)]))
KEY_BITS = cython.declare(cython.ulonglong, (1 << 62) - 1)


def view(array: Any) -> Any:
    """The memory of *array* with Python's own numbers in it, whether a kernel is compiled or not."""
    return memoryview(array)


@cython.cfunc
@cython.exceptval(-1)
def scaled(value: cython.double, decimals: cython.int) -> cython.longlong:
    """What tells apart the texts of numbers that are not negative: the digits of `"%.*f" % (decimals, value)`.

    Exact below 2**52; above, the lowest 62 bits.
    """
    if cython.compiled:
        product: cython.double = value * POWERS[decimals]
        if 0.0 <= product < WHOLE_FROM:
            return rounded(value, product, decimals)
    digits: object = int(("%.*f" % (decimals, value)).replace(".", ""))  # noqa: UP031 - a width that is given
    return digits & KEY_BITS


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def rounded(value: cython.double, product: cython.double, decimals: cython.int) -> cython.longlong:
    """*value* times a power of ten, rounded half to even from its exact value; *product* is the rounded one."""
    n: cython.longlong = cython.cast(cython.longlong, product)
    rest: cython.double = product - n
    if rest == 0.5:
        # What rounding took from the product decides; without it half goes to even.
        rest = fma(value, POWERS[decimals], -product)
        if rest > 0.0 or (rest == 0.0 and n & 1):
            n += 1
    elif rest > 0.5:
        n += 1
    return n


def digits_of(value: cython.double, decimals: cython.int) -> int:
    """`scaled`, for whoever is not a kernel."""
    return scaled(value, decimals)


@cython.cclass
class Grids:
    """Ticks and lots of *slots* markets, and with how many decimals they are written."""

    if not cython.compiled:
        tick: object
        price_decimals: object
        lot: object
        lot_decimals: object

    def __init__(self, slots: cython.Py_ssize_t) -> None:
        self.tick, self.lot = np.ones(slots), np.ones(slots)
        self.price_decimals, self.lot_decimals = np.zeros(slots, np.int32), np.zeros(slots, np.int32)
        self.ticks = view(self.tick)
        self.lots = view(self.lot)
        self.price_digits = view(self.price_decimals)
        self.lot_digits = view(self.lot_decimals)

    def place(
        self, slot: cython.Py_ssize_t, tick: cython.double, price_decimals: cython.int, lot: cython.double,
        lot_decimals: cython.int,
    ) -> None:  # fmt: skip
        """Give *slot* to a market."""
        self.ticks[slot] = tick
        self.price_digits[slot] = price_decimals
        self.lots[slot] = lot
        self.lot_digits[slot] = lot_decimals


@cython.cclass
class Page:
    """Frames in order of time: at `at_ns` the frame of topic `number`.

    It is full with more than `limit` bytes. Writers stop before what is due after `until_ns`, and say in `next_ns` when
    that is.
    """

    def __init__(self, limit: cython.Py_ssize_t, until_ns: cython.longlong = 1 << 62) -> None:
        self.limit = limit
        self.until_ns = until_ns
        self.next_ns = 0
        self.buffer = bytearray()  # bounded: the largest page
        self.room = 0
        self.payload = 0
        self.count = 0
        self.used = 0
        self.begun = 0
        self.at_ns = np.zeros(16, np.int64)
        self.number = np.zeros(16, np.int32)
        self.start = np.zeros(16, np.int64)
        self.length = np.zeros(16, np.int64)
        self.envelope = np.zeros(16, np.int64)

    @property
    def is_full(self) -> bool:
        """Whether it is to be handed over."""
        return self.payload > self.limit

    def clear(self) -> None:
        """Begin anew."""
        self.payload = 0
        self.count = 0
        self.used = 0
        if not cython.compiled:
            self.buffer.clear()

    def put(self, at_ns: cython.longlong, number: cython.int, payload: bytes, envelope: object = None) -> None:
        """Write a whole frame; *envelope* is the payload with its envelope where it is known verbatim."""
        self.begin()
        self.text(payload)
        self.end(at_ns, number)
        if envelope is not None:
            self.begin()
            self.text(envelope)
            self.envelope[self.count - 1] = self.used - self.begun

    def frames(self) -> list:
        """Each frame: when it is due, the number of its topic, its payload, and its envelope or None."""
        i: cython.Py_ssize_t
        found: list = []
        for i in range(self.count):
            begin: cython.Py_ssize_t = self.start[i]
            end: cython.Py_ssize_t = begin + self.length[i]
            after: cython.Py_ssize_t = self.envelope[i]
            payload = bytes(self.buffer[begin:end])
            envelope = bytes(self.buffer[end : end + after]) if after else None
            found.append((int(self.at_ns[i]), int(self.number[i]), payload, envelope))
        return found

    def take(self) -> bytes:
        """All that was written, as one text; the page is empty then."""
        told: bytes = bytes(self.buffer[: self.used])
        self.clear()
        return told

    def last_ns(self) -> int:
        """When the last frame is due; there is one."""
        return int(self.at_ns[self.count - 1])

    def add_to(self, sent: cython.longlong[::1]) -> None:
        """Count the frames by the numbers of their topics."""
        i: cython.Py_ssize_t
        for i in range(self.count):
            sent[self.number[i]] += 1

    def gather(self, wanted: cython.uchar[::1], is_combined: cython.bint, names: list) -> Any:
        """The frames of the topics in *wanted* (1 by number) as they go over the wire, or None when there are none.

        Two texts: all frames but the last, and the payload of that. *is_combined*: in the envelope of a combined
        stream, with the names (bytes) of the topics by their numbers.
        """
        i: cython.Py_ssize_t
        last: cython.Py_ssize_t = -1
        total: cython.Py_ssize_t = 0
        size: cython.Py_ssize_t
        for i in range(self.count):
            if wanted[self.number[i]]:
                size = self.sent_length(i, is_combined, names)
                total += size + (2 if size < 126 else 4 if size < 65536 else 10)
                last = i
        if last < 0:
            return None
        size = self.sent_length(last, is_combined, names)
        total -= size + (2 if size < 126 else 4 if size < 65536 else 10)
        if cython.compiled:
            body: bytes = PyBytes_FromStringAndSize(cython.NULL, total)
            chars: cython.p_uchar = cython.cast(cython.p_uchar, PyBytes_AS_STRING(body))
            at: cython.Py_ssize_t = 0
            for i in range(last):
                if wanted[self.number[i]]:
                    at = write_header(chars, at, self.sent_length(i, is_combined, names))
                    at = self.write_payload(chars, at, i, is_combined, names)
            tail: bytes = PyBytes_FromStringAndSize(cython.NULL, size)
            self.write_payload(cython.cast(cython.p_uchar, PyBytes_AS_STRING(tail)), 0, last, is_combined, names)
            return body, tail
        parts: list = []
        for i in range(last):
            if wanted[self.number[i]]:
                payload = self.sent_payload(i, is_combined, names)
                parts += [header(len(payload)), payload]
        return b"".join(parts), self.sent_payload(last, is_combined, names)

    @cython.cfunc
    @cython.exceptval(-1)
    def sent_length(self, i: cython.Py_ssize_t, is_combined: cython.bint, names: list) -> cython.Py_ssize_t:
        """How long a payload is where it is sent."""
        if not is_combined:
            return self.length[i]
        if self.envelope[i] > 0:
            return self.envelope[i]
        name: bytes = names[self.number[i]]
        return self.length[i] + len(name) + 21

    def sent_payload(self, i: int, is_combined: bool, names: list) -> bytes:
        """A payload as it is sent."""
        begin, end = int(self.start[i]), int(self.start[i] + self.length[i])
        payload = bytes(self.buffer[begin:end])
        if not is_combined:
            return payload
        if self.envelope[i] > 0:
            return bytes(self.buffer[end : end + int(self.envelope[i])])
        return b'{"stream":"%b","data":%b}' % (names[self.number[i]], payload)

    @cython.cfunc
    @cython.exceptval(-1)
    def write_payload(
        self, chars: cython.p_uchar, at: cython.Py_ssize_t, i: cython.Py_ssize_t, is_combined: cython.bint, names: list
    ) -> cython.Py_ssize_t:
        """Write a payload as it is sent; gives the place behind it."""
        begin: cython.Py_ssize_t = self.start[i]
        length: cython.Py_ssize_t = self.length[i]
        if is_combined and self.envelope[i] > 0:
            begin += length
            length = self.envelope[i]
        elif is_combined:
            name: bytes = names[self.number[i]]
            memcpy(chars + at, cython.cast(cython.p_char, b'{"stream":"'), 11)
            at += 11
            memcpy(chars + at, cython.cast(cython.p_char, name), len(name))
            at += len(name)
            memcpy(chars + at, cython.cast(cython.p_char, b'","data":'), 9)
            at += 9
            memcpy(chars + at, self.chars + begin, length)
            at += length
            chars[at] = 125
            return at + 1
        memcpy(chars + at, self.chars + begin, length)
        return at + length

    @cython.cfunc
    @cython.exceptval(-1)
    def grow(self, more: cython.Py_ssize_t) -> cython.int:
        """Room for so many bytes more."""
        self.room = 2 * (self.used + more) + 4096
        PyByteArray_Resize(self.buffer, self.room)
        self.chars = cython.cast(cython.p_uchar, PyByteArray_AS_STRING(self.buffer))
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def grow_index(self) -> cython.int:
        """Room for twice as many frames."""
        self.at_ns = np.concatenate((self.at_ns, np.zeros(self.count, np.int64)))
        self.number = np.concatenate((self.number, np.zeros(self.count, np.int32)))
        self.start = np.concatenate((self.start, np.zeros(self.count, np.int64)))
        self.length = np.concatenate((self.length, np.zeros(self.count, np.int64)))
        self.envelope = np.concatenate((self.envelope, np.zeros(self.count, np.int64)))
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def begin(self) -> cython.int:
        """A frame begins."""
        self.begun = self.used
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def drop(self) -> cython.int:
        """Forget what was written since `begin`."""
        self.used = self.begun
        if not cython.compiled:
            del self.buffer[self.used :]
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def shorten(self, count: cython.int) -> cython.int:
        """Take back the last characters."""
        self.used -= count
        if not cython.compiled:
            del self.buffer[self.used :]
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def end(self, at_ns: cython.longlong, number: cython.int) -> cython.int:
        """The frame that began is whole."""
        if self.count == self.at_ns.shape[0]:
            self.grow_index()
        self.at_ns[self.count] = at_ns
        self.number[self.count] = number
        self.start[self.count] = self.begun
        self.length[self.count] = self.used - self.begun
        self.envelope[self.count] = 0
        self.payload += self.used - self.begun
        self.count += 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def text(self, words: bytes) -> cython.int:
        """Write *words*."""
        size: cython.Py_ssize_t = len(words)
        if cython.compiled:
            if self.used + size > self.room:
                self.grow(size)
            memcpy(self.chars + self.used, PyBytes_AS_STRING(words), size)
        else:
            self.buffer += words
        self.used += size
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def whole(self, value: cython.longlong) -> cython.int:
        """Write a whole number."""
        if cython.compiled:
            is_negative: cython.bint = value < 0
            self.digits(cython.cast(cython.ulonglong, -value if is_negative else value), 0, is_negative)
        else:
            self.text(b"%d" % value)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def digits(self, value: cython.ulonglong, decimals: cython.int, is_negative: cython.bint) -> cython.int:
        """Write a whole number with a point before its last *decimals* digits."""
        some = cython.declare(cython.uchar[24])
        i: cython.int = 24
        left: cython.int = decimals
        if self.used + 24 > self.room:
            self.grow(24)
        while left > 0:
            i -= 1
            some[i] = 48 + value % 10
            value //= 10
            left -= 1
        if decimals > 0:
            i -= 1
            some[i] = 46
        while True:
            i -= 1
            some[i] = 48 + value % 10
            value //= 10
            if value == 0:
                break
        if is_negative:
            i -= 1
            some[i] = 45
        memcpy(self.chars + self.used, cython.address(some[i]), 24 - i)
        self.used += 24 - i
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def fixed(self, value: cython.double, decimals: cython.int) -> cython.int:
        """Write a number as `"%.*f" % (decimals, value)` does."""
        if cython.compiled:
            if decimals <= MOST_DECIMALS:
                magnitude: cython.double = fabs(value)
                product: cython.double = magnitude * POWERS[decimals]
                if product < WHOLE_FROM:
                    self.digits(rounded(magnitude, product, decimals), decimals, copysign(1.0, value) < 0.0)
                    return 0
        self.text(("%.*f" % (decimals, value)).encode())  # noqa: UP031 - a width that is given
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def hexadecimal(self, value: cython.ulonglong, width: cython.int) -> cython.int:
        """Write the lowest *width* hexadecimal digits."""
        if cython.compiled:
            i: cython.int
            nibble: cython.int
            if self.used + width > self.room:
                self.grow(width)
            for i in range(width):
                nibble = (value >> (4 * (width - 1 - i))) & 15
                self.chars[self.used + i] = 48 + nibble if nibble < 10 else 87 + nibble
            self.used += width
        else:
            self.text(b"%0*x" % (width, value))
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def price(self, grids: Grids, slot: cython.Py_ssize_t, ticks: cython.longlong) -> cython.int:
        """Write a price."""
        return self.fixed(ticks * grids.ticks[slot], grids.price_digits[slot])

    @cython.cfunc
    @cython.exceptval(-1)
    def size(self, grids: Grids, slot: cython.Py_ssize_t, lots: cython.longlong) -> cython.int:
        """Write a size."""
        return self.fixed(lots * grids.lots[slot], grids.lot_digits[slot])

    @cython.cfunc
    @cython.exceptval(-1)
    def value(self, grids: Grids, slot: cython.Py_ssize_t, tick_lots: cython.longlong) -> cython.int:
        """Write a turnover."""
        return self.fixed(tick_lots * grids.ticks[slot] * grids.lots[slot], 4)

    def figure(self, value: cython.double, decimals: cython.int) -> None:
        """`fixed`, for whoever is not a kernel."""
        self.fixed(value, decimals)


def header(length: int) -> bytes:
    """The header of a whole, unmasked text frame (RFC 6455, 5.2)."""
    if length < 126:
        return bytes((TEXT, length))
    if length < 65536:
        return bytes((TEXT, 126)) + length.to_bytes(2, "big")
    return bytes((TEXT, 127)) + length.to_bytes(8, "big")


@cython.cfunc
@cython.exceptval(check=False)
def write_header(chars: cython.p_uchar, at: cython.Py_ssize_t, length: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Write the header of a frame; gives the place behind it."""
    i: cython.int
    chars[at] = 0x81
    if length < 126:
        chars[at + 1] = length
        return at + 2
    if length < 65536:
        chars[at + 1] = 126
        chars[at + 2] = length >> 8
        chars[at + 3] = length & 255
        return at + 4
    chars[at + 1] = 127
    for i in range(8):
        chars[at + 2 + i] = (length >> (8 * (7 - i))) & 255
    return at + 10
