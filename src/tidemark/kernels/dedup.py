# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Which trades of a batch were seen before, a whole batch in one call.

Row i belongs to series slot[i], and rows are taken in order. Rows [0, count) are read; `fresh[i]` becomes 1 where the
id had not been seen, else 0; the result is the number of rows that were not fresh. `counters` is added to, by place:
duplicates, stale (older than the window, taken as seen), short (windows cut short), forgotten (ids let go of by that).
Whoever calls has validated every slot and that all arrays hold `count` rows.
"""

import cython

if cython.compiled:
    from cython.cimports.tidemark.kernels.machine import prefetch

DUPLICATES = cython.declare(cython.int, 0)
STALE = cython.declare(cython.int, 1)
SHORT = cython.declare(cython.int, 2)
FORGOTTEN = cython.declare(cython.int, 3)

WINDOW = cython.declare(cython.longlong, 1024)
ENTRIES = cython.declare(cython.int, 2048)
LIMIT = cython.declare(cython.int, 1536)
U64 = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
SIGN = cython.declare(cython.ulonglong, 0x8000000000000000)
GOLDEN = cython.declare(cython.ulonglong, 0x9E3779B97F4A7C15)
# Rows between the one that is looked up and the one that is fetched.
AHEAD = cython.declare(cython.int, 12)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def forget_range(
    bits: cython.ulonglong[:, ::1], r: cython.int, first: cython.longlong, last: cython.longlong
) -> cython.void:
    """Clear the bits of the ids [first, last], at most a window of them."""
    q: cython.longlong = first
    w: cython.int
    one: cython.ulonglong = 1
    while q <= last:
        w = (q >> 6) & 15
        if (q & 63) == 0 and q + 63 <= last:
            bits[r, w] = 0
            q += 64
        else:
            bits[r, w] = cython.cast(cython.ulonglong, bits[r, w]) & (U64 ^ (one << (q & 63)))
            q += 1


def mark_numbered(
    highest: cython.longlong[::1],
    bits: cython.ulonglong[:, ::1],
    slot: cython.int[::1],
    trade_id: cython.ulonglong[::1],
    count: cython.Py_ssize_t,
    fresh: cython.uchar[::1],
    counters: cython.longlong[::1],
) -> int:
    """Ids that only grow, below 2**63: the highest of each series and one bit for each of the 1024 up to it.

    highest: shape (series,), -1 at the start. bits: shape (series, 16), zero at the start. An id above the window is
    always fresh; inside it, out of order, exact; below it, or from 2**63 on, stale.
    """
    i: cython.Py_ssize_t
    r: cython.int
    w: cython.int
    k: cython.int
    q: cython.longlong
    top: cython.longlong
    raw: cython.ulonglong
    mask: cython.ulonglong
    one: cython.ulonglong = 1
    duplicates: cython.longlong = 0
    stale: cython.longlong = 0
    for i in range(count):
        r = slot[i]
        raw = cython.cast(cython.ulonglong, trade_id[i])
        top = cython.cast(cython.longlong, highest[r])
        fresh[i] = 0
        if raw >= SIGN:
            stale += 1
            continue
        q = cython.cast(cython.longlong, raw)
        w = (q >> 6) & 15
        mask = one << (q & 63)
        if q > top:
            if q - top >= WINDOW:
                for k in range(16):
                    bits[r, k] = 0
            else:
                forget_range(bits, r, top + 1, q)
            highest[r] = q
        elif q <= top - WINDOW:
            stale += 1
            continue
        elif (cython.cast(cython.ulonglong, bits[r, w]) & mask) != 0:
            duplicates += 1
            continue
        bits[r, w] = cython.cast(cython.ulonglong, bits[r, w]) | mask
        fresh[i] = 1
    counters[DUPLICATES] += duplicates
    counters[STALE] += stale
    return duplicates + stale


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def find(
    table: cython.ulonglong[:, :, ::1], r: cython.int, generation: cython.int, key: cython.ulonglong, home: cython.int
) -> cython.int:
    """The place of *key* in one generation, or -1 - the empty place where it belongs; there is always one."""
    at: cython.int = home
    entry: cython.ulonglong
    while True:
        entry = cython.cast(cython.ulonglong, table[r, at, generation])
        if entry == key:
            return at
        if entry == 0:
            return -1 - at
        at = (at + 1) & (ENTRIES - 1)


def mark_hashed(
    table: cython.ulonglong[:, :, ::1],
    held: cython.int[:, ::1],
    current: cython.uchar[::1],
    slot: cython.int[::1],
    trade_id: cython.ulonglong[::1],
    count: cython.Py_ssize_t,
    fresh: cython.uchar[::1],
    counters: cython.longlong[::1],
) -> int:
    """Ids in no order: two generations of an open-addressing table for each series.

    table: shape (series, 2048, 2), zero where empty; the generations lie side by side, so that looking into both
    is one miss of the cache. held: shape (series, 2), ids in each generation. current: shape
    (series,), the generation that takes ids. A generation takes 1536, then the older one is wiped and they swap, so
    that the last 1536 ids are always known; a swap that forgets ids is counted as a window cut short.
    """
    i: cython.Py_ssize_t
    k: cython.int
    r: cython.int
    g: cython.int
    home: cython.int
    place: cython.int
    key: cython.ulonglong
    duplicates: cython.longlong = 0
    for i in range(count):
        if cython.compiled:
            # The tables are larger than the caches: where the id of a later row belongs is fetched meanwhile.
            if i + AHEAD < count:
                home = cython.cast(cython.int, ((trade_id[i + AHEAD] * GOLDEN) & U64) >> 53)
                prefetch(cython.address(table[slot[i + AHEAD], home, 0]))
        r = slot[i]
        key = cython.cast(cython.ulonglong, trade_id[i])
        if key == 0:
            key = GOLDEN  # 0 marks an empty entry
        home = cython.cast(cython.int, ((key * GOLDEN) & U64) >> 53)
        g = current[r]
        place = find(table, r, g, key, home)
        if place >= 0 or find(table, r, 1 - g, key, home) >= 0:
            fresh[i] = 0
            duplicates += 1
            continue
        if held[r, g] >= LIMIT:
            g = 1 - g
            if held[r, g] > 0:
                counters[SHORT] += 1
                counters[FORGOTTEN] += held[r, g]
                for k in range(ENTRIES):
                    table[r, k, g] = 0
                held[r, g] = 0
            current[r] = g
            place = -1 - home
        table[r, -1 - place, g] = key
        held[r, g] += 1
        fresh[i] = 1
    counters[DUPLICATES] += duplicates
    return duplicates
