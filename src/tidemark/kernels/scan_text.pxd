"""What the scanners read with: texts, whole numbers and decimals in the bytes of a frame, each read bounds-checked.

Bodies stand here so that every scanner has them inlined. `p` are the bytes, `n` how many there are, `at` where to read.
A function that gives a place gives the one behind what it read, or -1 when that is anything but plain: ASCII without
escapes, numbers without sign, exponent or needless zeros that one division rounds correctly. The plain Python beside
them is the decoder of each venue.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.string cimport memcmp, memcpy

cdef extern from * nogil:
    """
    static const double TIDEMARK_POWERS[19] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
                                               1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    #define TIDEMARK_LITTLE_ENDIAN(w) __builtin_bswap64(w)
    #else
    #define TIDEMARK_LITTLE_ENDIAN(w) (w)
    #endif
    """
    unsigned long long TIDEMARK_LITTLE_ENDIAN(unsigned long long) noexcept
    const double TIDEMARK_POWERS[19]
    int __builtin_ctzll(unsigned long long) noexcept

cdef enum:
    # What a scan gives: the frame is not of its kind, is of its kind and left to the decoder, was read.
    OTHER = 0
    SURPRISE = -1
    READ = 1
    # The most rows that one frame may bring, and levels on one side of a book, as in ingest.venues.base.
    FRAME_ROWS = 4096
    # A frame with more bytes is hostile, as in ingest.venues.base.
    FRAME_BYTES = 1048576
    # A number with more digits than this may not fit into int64.
    MOST_DIGITS = 18


cdef inline const unsigned char* chars_of(object frame, Py_ssize_t* n) except? NULL:
    """The bytes of *frame*, which stay where they are as long as the caller holds it: a bytes or memoryview object."""
    cdef Py_buffer buffer
    PyObject_GetBuffer(frame, &buffer, PyBUF_SIMPLE)
    n[0] = buffer.len
    PyBuffer_Release(&buffer)
    return <const unsigned char*>buffer.buf


cdef inline bint is_believed(long long ts_ms) noexcept nogil:
    """Whether a time lies between 2009 and 2262, as in kernels.columns."""
    return 1230768000000LL <= ts_ms <= 9214646399999LL


cdef inline bint begins(
    const unsigned char* p, Py_ssize_t at, Py_ssize_t n, const char* text, Py_ssize_t width
) noexcept nogil:
    """Whether the *width* bytes of *text* stand at *at*."""
    return n - at >= width and memcmp(p + at, text, width) == 0


cdef inline unsigned long long word(const unsigned char* p, Py_ssize_t at) noexcept nogil:
    """The eight bytes from *at* on, the first one lowest."""
    cdef unsigned long long w
    memcpy(&w, p + at, 8)
    return TIDEMARK_LITTLE_ENDIAN(w)


cdef inline unsigned long long hash_chars(const unsigned char* p, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """kernels.columns.hash_text of the bytes [at, end)."""
    cdef unsigned long long h = 0xCBF29CE484222325ULL ^ <unsigned long long>(end - at)
    cdef unsigned long long last = 0
    cdef int shift = 0
    while at + 8 <= end:
        h = (h ^ word(p, at)) * 0x100000001B3ULL
        h ^= h >> 32
        at += 8
    while at < end:
        last |= <unsigned long long>p[at] << shift
        shift += 8
        at += 1
    h = (h ^ last) * 0x100000001B3ULL
    h = (h ^ (h >> 33)) * 0xFF51AFD7ED558CCDULL
    h = (h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53ULL
    return h ^ (h >> 33)


cdef inline bint is_plain(unsigned char c) noexcept nogil:
    """Whether a byte may stand in a text as it is."""
    return 32 <= c < 128 and c != 34 and c != 92


cdef inline Py_ssize_t text_end(const unsigned char* p, Py_ssize_t at, Py_ssize_t n) noexcept nogil:
    """The closing quote of the text whose first character is at *at*."""
    cdef unsigned long long w, quote, escape, found
    # Eight bytes at once; the lowest flag of each mask is exact, and so is the lowest of all.
    while at + 8 <= n:
        w = word(p, at)
        quote = w ^ 0x2222222222222222ULL
        escape = w ^ 0x5C5C5C5C5C5C5C5CULL
        found = (quote - 0x0101010101010101ULL) & ~quote
        found |= (escape - 0x0101010101010101ULL) & ~escape
        found |= (w - 0x2020202020202020ULL) & ~w
        found = (found | w) & 0x8080808080808080ULL
        if found:
            at += __builtin_ctzll(found) >> 3
            return at if p[at] == 34 else -1
        at += 8
    while at < n and is_plain(p[at]):
        at += 1
    return at if at < n and p[at] == 34 else -1


cdef inline bint are_digits(unsigned long long d) noexcept nogil:
    """Whether each byte of *d* is at most 9."""
    return (((d + 0x7676767676767676ULL) | d) & 0x8080808080808080ULL) == 0


cdef inline unsigned long long eight_digits(unsigned long long d) noexcept nogil:
    """The number of eight digits, one a byte, the most significant one lowest: pairs, then fours, then all."""
    d = d * 10 + (d >> 8)
    return (
        (d & 0x000000FF000000FFULL) * 0x000F424000000064ULL
        + ((d >> 16) & 0x000000FF000000FFULL) * 0x0000271000000001ULL
    ) >> 32


cdef inline Py_ssize_t read_whole(
    const unsigned char* p, Py_ssize_t at, Py_ssize_t n, long long* value
) noexcept nogil:
    """A whole number of at most 18 digits."""
    cdef Py_ssize_t first = at
    cdef unsigned long long d
    cdef unsigned long long total = 0
    if n - at >= 8:
        d = word(p, at) ^ 0x3030303030303030ULL
        if are_digits(d):
            total = eight_digits(d)
            at += 8
    while at < n and <unsigned char>(p[at] - 48) <= 9:
        if at - first == MOST_DIGITS:
            return -1
        total = total * 10 + <unsigned char>(p[at] - 48)
        at += 1
    if at == first or (p[first] == 48 and at - first > 1):
        return -1
    value[0] = <long long>total
    return at


cdef inline Py_ssize_t read_decimal(
    const unsigned char* p, Py_ssize_t at, Py_ssize_t n, double* value
) noexcept nogil:
    """A decimal number within quotes; *at* is the opening one."""
    cdef unsigned long long w, found
    cdef int width, point, digits
    if at >= n or p[at] != 34:
        return -1
    at += 1
    if n - at < 9:
        return read_long_decimal(p, at, n, value)
    # At most eight characters, as nearly all are: without a loop, for its end would be guessed wrong each time.
    w = word(p, at)
    found = w ^ 0x2222222222222222ULL
    found = (found - 0x0101010101010101ULL) & ~found & 0x8080808080808080ULL
    if found:
        width = __builtin_ctzll(found) >> 3
    elif p[at + 8] == 34:
        width = 8
    else:
        return read_long_decimal(p, at, n, value)
    found = w ^ 0x2E2E2E2E2E2E2E2EULL
    found = (found - 0x0101010101010101ULL) & ~found & 0x8080808080808080ULL
    point = __builtin_ctzll(found) >> 3 if found else 8
    digits = width
    if point < width:
        if point == 0 or point == width - 1:
            return -1
        # Close the place of the point.
        found = (1ULL << (8 * point)) - 1
        w = (w & found) | ((w >> 8) & ~found)
        digits -= 1
    else:
        point = width
    if digits == 0 or (p[at] == 48 and point > 1):
        return -1
    # The last digit highest, zeros before the first one.
    w = (w ^ 0x3030303030303030ULL) << (64 - 8 * digits)
    if not are_digits(w):
        return -1
    value[0] = <double>eight_digits(w) / TIDEMARK_POWERS[digits - point]
    return at + width + 1


cdef inline Py_ssize_t read_long_decimal(
    const unsigned char* p, Py_ssize_t at, Py_ssize_t n, double* value
) noexcept nogil:
    """The same, digit by digit; *at* is behind the opening quote."""
    cdef Py_ssize_t first = at
    cdef Py_ssize_t point
    cdef unsigned long long total = 0
    while at < n and <unsigned char>(p[at] - 48) <= 9:
        if at - first == MOST_DIGITS:
            return -1
        total = total * 10 + <unsigned char>(p[at] - 48)
        at += 1
    if at >= n or at == first or (p[first] == 48 and at - first > 1):
        return -1
    point = at
    if p[at] == 46:
        at += 1
        while at < n and <unsigned char>(p[at] - 48) <= 9:
            # The point is one of the characters.
            if at - first > MOST_DIGITS:
                return -1
            total = total * 10 + <unsigned char>(p[at] - 48)
            at += 1
        point += 1
        if at == point:
            return -1
    # Whole numbers up to 2**53 are exact in a double, and so are the powers of ten that are divided by.
    if at >= n or p[at] != 34 or total > 9007199254740992ULL:
        return -1
    value[0] = <double>total / TIDEMARK_POWERS[at - point]
    return at + 1


cdef inline Py_ssize_t value_end(const unsigned char* p, Py_ssize_t at, Py_ssize_t n) noexcept nogil:
    """Behind a plain text, whole number, true or false."""
    cdef long long ignored
    if at >= n:
        return -1
    if p[at] == 34:
        at = text_end(p, at + 1, n)
        return -1 if at < 0 else at + 1
    if begins(p, at, n, b"true", 4):
        return at + 4
    if begins(p, at, n, b"false", 5):
        return at + 5
    return read_whole(p, at, n, &ignored)


cdef inline Py_ssize_t member_end(const unsigned char* p, Py_ssize_t at, Py_ssize_t n) noexcept nogil:
    """Behind the value of a member that is passed over; *at* is the first character of its key."""
    # Nearly all keys are of two or three characters.
    if n - at >= 5 and is_plain(p[at]) and is_plain(p[at + 1]):
        if p[at + 2] == 34 and p[at + 3] == 58:
            return value_end(p, at + 4, n)
        if is_plain(p[at + 2]) and p[at + 3] == 34 and p[at + 4] == 58:
            return value_end(p, at + 5, n)
    at = text_end(p, at, n)
    if at < 0 or n - at < 2 or p[at + 1] != 58:
        return -1
    return value_end(p, at + 2, n)


cdef inline Py_ssize_t read_levels(
    const unsigned char* p, Py_ssize_t at, Py_ssize_t n, double* price, double* size, Py_ssize_t room,
    Py_ssize_t* count, bint* has_empty,
) noexcept nogil:
    """A list of levels into *price* and *size*, at most *room*: their number, and whether one has the size 0."""
    cdef Py_ssize_t i = 0
    if room > FRAME_ROWS:
        room = FRAME_ROWS
    if at >= n or p[at] != 91:
        return -1
    at += 1
    if at < n and p[at] == 93:
        count[0] = 0
        return at + 1
    while True:
        if i >= room or at >= n or p[at] != 91:
            return -1
        at = read_decimal(p, at + 1, n, price + i)
        if at < 0 or at >= n or p[at] != 44:
            return -1
        at = read_decimal(p, at + 1, n, size + i)
        if at < 0 or n - at < 2 or p[at] != 93 or not price[i] > 0.0:
            return -1
        if size[i] == 0.0:
            has_empty[0] = True
        i += 1
        if p[at + 1] == 93:
            count[0] = i
            return at + 2
        if p[at + 1] != 44:
            return -1
        at += 2


cdef inline int slot_of(const unsigned char* p, Py_ssize_t at, Py_ssize_t end, dict slots) except -2:
    """The slot of the symbol in [at, end), -1 when it has none."""
    cdef object found = slots.get((<const char*>p)[at:end].decode("ascii"))
    return -1 if found is None else found


cdef inline Py_ssize_t message_start(
    const unsigned char* p, Py_ssize_t n, Py_ssize_t* stream, Py_ssize_t* stream_end
) noexcept nogil:
    """Where Binance's message begins, in the envelope of a combined stream or without one; its stream's name."""
    cdef Py_ssize_t at
    stream[0] = stream_end[0] = 0
    if not begins(p, 0, n, b'{"stream":"', 11):
        return 0
    at = text_end(p, 11, n)
    if at < 0 or not begins(p, at, n, b'","data":', 9):
        return -1
    stream[0] = 11
    stream_end[0] = at
    return at + 9


cdef inline bint is_message_end(
    const unsigned char* p, Py_ssize_t at, Py_ssize_t n, Py_ssize_t stream
) noexcept nogil:
    """Whether the frame ends behind the message, and behind its envelope where it has one."""
    return at == n - 1 and p[at] == 125 if stream else at == n
