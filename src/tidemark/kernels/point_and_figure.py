# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The columns of point and figure charts, moved by one bar after the other; see analysis.wyckoff.point_and_figure.

Prices arrive as numbers of boxes, so that all is done in whole numbers, and the mirrored market gives the mirrored
chart. Nothing is checked here: whoever calls validates the rows, and passes C-contiguous arrays.
"""

import cython

KIND = cython.declare(cython.int, 0)
SHARED = cython.declare(cython.int, 1)
LOW = cython.declare(cython.int, 2)
HIGH = cython.declare(cython.int, 3)
BEGIN = cython.declare(cython.int, 0)
END = cython.declare(cython.int, 1)


def move(
    rows: cython.int[::1], time: cython.longlong[::1], reached: cython.longlong[:, ::1], reversal: cython.int[::1],
    count: cython.longlong[::1], waiting: cython.longlong[:, ::1], boxes: cython.int[:, :, ::1],
    times: cython.longlong[:, :, ::1],
) -> None:  # fmt: skip
    """Move the chart of each row by reached (n, 4): the highest box of an X and the lowest of an O, then by the close.

    A row may come again, in order. count: columns ever begun. waiting (series, 3): until there is one, whether a price
    was seen, and the lowest O and the highest X so far. boxes and times: rings of columns, (series, columns, 4 and 2).
    """
    i: cython.Py_ssize_t
    r: cython.Py_ssize_t
    k: cython.Py_ssize_t
    size: cython.longlong = boxes.shape[1]
    for i in range(rows.shape[0]):
        r = rows[i]
        up: cython.longlong = reached[i, 0]
        down: cython.longlong = reached[i, 1]
        turn: cython.longlong = reversal[r]
        if count[r] == 0:
            if waiting[r, 0] == 0:
                waiting[r, 0] = 1
                waiting[r, 1] = reached[i, 3]
                waiting[r, 2] = reached[i, 2]
                continue
            rise: cython.longlong = up - waiting[r, 1]
            fall: cython.longlong = waiting[r, 2] - down
            # Where a bar goes as far to both sides nothing says which came last.
            if rise >= turn and rise > fall:
                count[r] = 1
                boxes[r, 0, KIND] = 1
                boxes[r, 0, LOW] = cython.cast(cython.int, waiting[r, 1] + 1)
                boxes[r, 0, HIGH] = cython.cast(cython.int, up)
            elif fall >= turn and fall > rise:
                count[r] = 1
                boxes[r, 0, KIND] = -1
                boxes[r, 0, LOW] = cython.cast(cython.int, down)
                boxes[r, 0, HIGH] = cython.cast(cython.int, waiting[r, 2] - 1)
            else:
                waiting[r, 1] = down if down < waiting[r, 1] else waiting[r, 1]
                waiting[r, 2] = up if up > waiting[r, 2] else waiting[r, 2]
                continue
            boxes[r, 0, SHARED] = 0
            times[r, 0, BEGIN] = time[i]
            times[r, 0, END] = time[i]
            continue
        k = (count[r] - 1) % size
        is_rise: cython.bint = boxes[r, k, KIND] > 0
        low: cython.longlong = boxes[r, k, LOW]
        high: cython.longlong = boxes[r, k, HIGH]
        if (is_rise and up > high) or (not is_rise and down < low):
            if is_rise:
                boxes[r, k, HIGH] = cython.cast(cython.int, up)
            else:
                boxes[r, k, LOW] = cython.cast(cython.int, down)
            times[r, k, END] = time[i]
            continue
        if (is_rise and high - down < turn) or (not is_rise and up - low < turn):
            continue
        if turn == 1 and low == high:
            # The place below a single X, or above a single O, is empty: the column takes what comes next as well.
            boxes[r, k, SHARED] = 1
        else:
            k = count[r] % size
            count[r] += 1
            boxes[r, k, SHARED] = 0
            times[r, k, BEGIN] = time[i]
            low, high = low + 1, high - 1
        boxes[r, k, KIND] = -1 if is_rise else 1
        boxes[r, k, LOW] = cython.cast(cython.int, down if is_rise else low)
        boxes[r, k, HIGH] = cython.cast(cython.int, high if is_rise else up)
        times[r, k, END] = time[i]
