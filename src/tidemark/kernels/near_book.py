# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What stands near the mid of every book: its best levels, its walls, and what was taken away without a trade.

The books are those of market.book_readings.Ladder. Sizes are in base currency, those of walls in quote currency.
Nothing is checked here: whoever calls validates slots, and passes arrays of the shapes that are said.
"""

import cython

# Levels that count as the best ones, and those in which it is watched what is taken away.
BEST = 5
NEAR = 20
# A wall is as large as so many other levels are on average, among at least so many; the one that stood goes on to be
# it until another is twice as large.
TIMES = 4.0
LEAST = 10
_BEST = cython.declare(cython.Py_ssize_t, BEST)
_NEAR = cython.declare(cython.Py_ssize_t, NEAR)
_TIMES = cython.declare(cython.double, TIMES)
_LEAST = cython.declare(cython.Py_ssize_t, LEAST)
# What is written of each side.
COLUMNS = 7
TOP = cython.declare(cython.int, 0)  # the size of the best levels
STANDING = cython.declare(cython.int, 1)  # that of the near ones
PULLED = cython.declare(cython.int, 2)  # what left the near ones since the walk before, and was not traded
WITHIN = cython.declare(cython.int, 3)  # all within the distance, in quote currency
WALL = cython.declare(cython.int, 4)  # 0 where there is none
MULTIPLE = cython.declare(cython.int, 5)  # of the mean of the other levels
DISTANCE = cython.declare(cython.int, 6)  # from the mid, in bps


def hear(
    slot: cython.int[::1], size: cython.double[::1], is_buy: cython.uchar[::1], fresh: cython.uchar[::1],
    count: cython.Py_ssize_t, taken: cython.double[:, ::1],
) -> None:  # fmt: skip
    """Add the size of each of *count* trades that are marked to the side that it took from, (series, 2): 1 is the asks.

    A slot outside is passed over.
    """
    i: cython.Py_ssize_t
    for i in range(count):
        if fresh[i] and 0 <= slot[i] < taken.shape[0]:
            taken[slot[i], is_buy[i]] += size[i]


def walk(
    keys: cython.longlong[:, :, ::1], sizes: cython.double[:, :, ::1], counts: cython.longlong[:, :],
    per_tick: cython.double[::1], bps: cython.double, passed_s: cython.double, before: tuple,
    out: cython.double[:, :, ::1],
) -> None:  # fmt: skip
    """Write COLUMNS figures of each side, (series, 2, COLUMNS), 0 where a side has no level; *before* moves on.

    before, in order: keys int64 and sizes float64 (series, 2, NEAR) of the levels that were the near ones, how many
    there are int64 (series, 2); wall int64 (series, 2), its key, 0 for none, and for how many seconds it has stood,
    float64; taken and carried float64 (series, 2), what was traded since the walk before, and before that without
    having been missed in the book: a trade may be told before the book tells of it.
    """
    near_keys: cython.longlong[:, :, ::1] = before[0]
    near_sizes: cython.double[:, :, ::1] = before[1]
    near_counts: cython.longlong[:, ::1] = before[2]
    wall: cython.longlong[:, ::1] = before[3]
    stood: cython.double[:, ::1] = before[4]
    taken: cython.double[:, ::1] = before[5]
    carried: cython.double[:, ::1] = before[6]
    s: cython.Py_ssize_t
    side: cython.Py_ssize_t
    i: cython.Py_ssize_t
    c: cython.Py_ssize_t
    for s in range(out.shape[0]):
        is_known: cython.bint = counts[s, 0] > 0 and counts[s, 1] > 0
        mid: cython.double = 0.0
        if is_known:
            mid = 0.5 * (keys[s, 0, counts[s, 0] - 1] - keys[s, 1, counts[s, 1] - 1])
        for side in range(2):
            for c in range(out.shape[2]):
                out[s, side, c] = 0.0
            if not is_known:
                near_counts[s, side] = 0
                wall[s, side] = 0
                stood[s, side] = 0.0
                taken[s, side] = 0.0
                carried[s, side] = 0.0
                continue
            n: cython.Py_ssize_t = counts[s, side]
            gone: cython.double = _gone(
                keys[s, side], sizes[s, side], n, near_keys[s, side], near_sizes[s, side], near_counts[s, side]
            )
            late: cython.double = gone - carried[s, side] if gone > carried[s, side] else 0.0
            out[s, side, PULLED] = late - taken[s, side] if late > taken[s, side] else 0.0
            carried[s, side] = taken[s, side] - late if taken[s, side] > late else 0.0
            taken[s, side] = 0.0
            for i in range(n if n < _NEAR else _NEAR):
                near_keys[s, side, i] = keys[s, side, n - 1 - i]
                near_sizes[s, side, i] = sizes[s, side, n - 1 - i]
                out[s, side, STANDING] += sizes[s, side, n - 1 - i]
                if i < _BEST:
                    out[s, side, TOP] += sizes[s, side, n - 1 - i]
            near_counts[s, side] = n if n < _NEAR else _NEAR
            limit: cython.double = mid * (1.0 - bps * 1e-4) if side == 0 else -mid * (1.0 + bps * 1e-4)
            total: cython.double = 0.0
            value: cython.double = 0.0
            largest: cython.double = 0.0
            old: cython.double = 0.0
            at: cython.longlong = 0
            within: cython.Py_ssize_t = 0
            i = n - 1
            while i >= 0 and keys[s, side, i] >= limit:
                total += sizes[s, side, i]
                value += sizes[s, side, i] * (keys[s, side, i] if side == 0 else -keys[s, side, i])
                if sizes[s, side, i] > largest:
                    largest = sizes[s, side, i]
                    at = keys[s, side, i]
                if keys[s, side, i] == wall[s, side]:
                    old = sizes[s, side, i]
                within += 1
                i -= 1
            out[s, side, WITHIN] = value / per_tick[s]
            # The one that stood is held against the rest without the largest: one that comes does not end it.
            size: cython.double = largest
            if at != wall[s, side] and 0.5 * largest <= old and _is_wall(old, total - largest, within - 1):
                size = old
                total -= largest
                within -= 1
                at = wall[s, side]
            if i > n - 1 - _LEAST or not _is_wall(size, total, within):
                wall[s, side] = 0
                stood[s, side] = 0.0
                continue
            stood[s, side] = stood[s, side] + passed_s if at == wall[s, side] else 0.0
            wall[s, side] = at
            price: cython.double = at if side == 0 else -at
            out[s, side, WALL] = size * price / per_tick[s]
            out[s, side, MULTIPLE] = size * (within - 1) / (total - size)
            out[s, side, DISTANCE] = (mid - price if side == 0 else price - mid) / mid * 1e4


@cython.cfunc
@cython.exceptval(check=False)
def _is_wall(size: cython.double, total: cython.double, levels: cython.Py_ssize_t) -> cython.bint:
    """Whether a level is TIMES as large as the others of a side are on average."""
    return levels > 1 and total > size and size * (levels - 1) >= _TIMES * (total - size)


@cython.cfunc
@cython.exceptval(check=False)
def _gone(
    keys: cython.longlong[::1], sizes: cython.double[::1], n: cython.Py_ssize_t, old_keys: cython.longlong[::1],
    old_sizes: cython.double[::1], count: cython.Py_ssize_t,
) -> cython.double:  # fmt: skip
    """By how much the old levels, the best first, are smaller now; those beyond the last that is kept are not known."""
    gone: cython.double = 0.0
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t = n - 1
    for i in range(count):
        if old_keys[i] < keys[0]:
            break
        while j > 0 and keys[j] > old_keys[i]:
            j -= 1
        if keys[j] != old_keys[i]:
            gone += old_sizes[i]
        elif sizes[j] < old_sizes[i]:
            gone += old_sizes[i] - sizes[j]
    return gone
