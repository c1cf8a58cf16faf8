# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""What each bar is against the twenty before it: volume, spread, where it closed, and effort against result.

Of one series after the other or of many at once: entry i is a closed bar of the series rows[i]; entries of one series
come in order. Volume is told against the median of the twenty before, and against what is usual at that hour of the
day where five days or more say so; so is the spread. A spread is the natural logarithm of high over low.

Nothing is checked here: whoever calls validates the rows, and passes C-contiguous arrays of positive prices.

Source: T. Williams, Master the Markets (1993), for effort against result; medians instead of his averages, since one
climax among twenty bars moves a mean and not a median.
"""

import cython

if cython.compiled:
    from cython.cimports.libc.math import exp, log
else:
    from math import exp, log

SPAN = cython.declare(cython.int, 20)
HOURS = cython.declare(cython.int, 24)
# Columns of the state, float32.
SEEN = cython.declare(cython.int, 0)  # bars in the window, at most SPAN
PLACE = cython.declare(cython.int, 1)  # where the next one goes
CLOSE = cython.declare(cython.int, 2)  # the last close, as its distance from BASE
RANGE = cython.declare(cython.int, 3)  # the average true range, in logarithms
VOLUMES = cython.declare(cython.int, 4)  # as they came, and behind them sorted; so are the spreads
SPREADS = cython.declare(cython.int, 44)
SEASON = cython.declare(cython.int, 84)  # by hour, logarithm of the usual against the median; and how often seen
WIDTH = 132
# Where others find the average true range.
ATR_COLUMN = 3

# Columns of what is given, float64.
VOLUME_RATIO = cython.declare(cython.int, 0)
VOLUME_SCORE = cython.declare(cython.int, 1)
SPREAD_RATIO = cython.declare(cython.int, 2)
CLOSE_POSITION = cython.declare(cython.int, 3)
ATR = cython.declare(cython.int, 4)
EFFORT = cython.declare(cython.int, 5)
GIVEN = 6

NORMAL = 0
CLIMACTIC = 1
ABSORPTION = 2
NO_DEMAND = 3
NO_SUPPLY = 4

_LARGEST_RATIO = cython.declare(cython.double, 20.0)
_ENOUGH_DAYS = cython.declare(cython.double, 5.0)
_ROBUST = cython.declare(cython.double, 1.4826)
INF = cython.declare(cython.double, 1e300)


@cython.cfunc
@cython.exceptval(check=False)
def _insert(state: cython.float[:, ::1], r: cython.int, first: cython.int, value: cython.float) -> cython.void:
    """Put *value* into the window at *first* in place of the oldest, and into its sorted copy behind it."""
    seen: cython.int = cython.cast(cython.int, state[r, SEEN])
    place: cython.int = cython.cast(cython.int, state[r, PLACE])
    ordered: cython.int = first + SPAN
    k: cython.int
    if seen == SPAN:
        # The oldest leaves: close its place.
        old: cython.float = state[r, first + place]
        k = 0
        while state[r, ordered + k] != old:
            k += 1
        while k < SPAN - 1:
            state[r, ordered + k] = state[r, ordered + k + 1]
            k += 1
        seen -= 1
    k = seen
    while k > 0 and state[r, ordered + k - 1] > value:
        state[r, ordered + k] = state[r, ordered + k - 1]
        k -= 1
    state[r, ordered + k] = value
    state[r, first + place] = value


@cython.cfunc
@cython.exceptval(check=False)
def _median(state: cython.float[:, ::1], r: cython.int, ordered: cython.int, seen: cython.int) -> cython.double:
    half: cython.int = seen // 2
    # What plain Python reads here would stay a float32, and so would all that is made of it.
    upper: cython.double = cython.cast(cython.double, state[r, ordered + half])
    if seen % 2 == 1:
        return upper
    return 0.5 * (cython.cast(cython.double, state[r, ordered + half - 1]) + upper)


@cython.cfunc
@cython.exceptval(check=False)
def _deviation(
    state: cython.float[:, ::1], r: cython.int, ordered: cython.int, seen: cython.int, middle: cython.double
) -> cython.double:
    """The median distance from *middle*: the sorted values are two sorted runs of distances, merged up to the half."""
    right: cython.int = 0
    while right < seen and cython.cast(cython.double, state[r, ordered + right]) < middle:
        right += 1
    left: cython.int = right - 1
    taken: cython.int = 0
    one: cython.double = 0.0
    before: cython.double = 0.0
    below: cython.double
    above: cython.double
    while taken <= seen // 2:
        before = one
        below = middle - cython.cast(cython.double, state[r, ordered + left]) if left >= 0 else INF
        above = cython.cast(cython.double, state[r, ordered + right]) - middle if right < seen else INF
        if below <= above:
            one = below
            left -= 1
        else:
            one = above
            right += 1
        taken += 1
    return one if seen % 2 == 1 else 0.5 * (one + before)


def measure(
    state: cython.float[:, ::1], rows: cython.int[::1], hours: cython.int[::1], open_: cython.double[::1],
    high: cython.double[::1], low: cython.double[::1], close: cython.double[::1], volume: cython.double[::1],
    out: cython.double[:, ::1],
) -> None:  # fmt: skip
    """Fill out (n, GIVEN) for the bars, prices in natural logarithms, and take them into state (series, WIDTH).

    hours: the hour of the day (UTC) in which each bar opened, or -1 where a day is one bar. out: volume against the
    usual (1 before anything is known, and where nothing ever trades), the same in robust deviations, spread against the
    usual, close position in [0, 1] (0.5 of a flat bar), average true range in logarithms, and the effort's class.
    """
    i: cython.Py_ssize_t
    r: cython.int
    k: cython.int
    for i in range(rows.shape[0]):
        r = rows[i]
        seen: cython.int = cython.cast(cython.int, state[r, SEEN])
        spread: cython.double = high[i] - low[i]
        middle: cython.double = 0.0
        ratio: cython.double = 1.0
        score: cython.double = 0.0
        wide: cython.double = 1.0
        if seen >= 5:
            middle = _median(state, r, VOLUMES + SPAN, seen)
            if middle > 0:
                ratio = volume[i] / middle
                deviation: cython.double = _ROBUST * _deviation(state, r, VOLUMES + SPAN, seen, middle)
                score = (volume[i] - middle) / (deviation if deviation > 0.05 * middle else 0.05 * middle)
            elif volume[i] > 0:
                ratio = _LARGEST_RATIO
            usual: cython.double = _median(state, r, SPREADS + SPAN, seen)
            if usual > 0:
                wide = spread / usual
            elif spread > 0:
                wide = _LARGEST_RATIO
            if wide > _LARGEST_RATIO:
                wide = _LARGEST_RATIO
            k = hours[i]
            if k >= 0 and ratio > 0 and middle > 0:
                told: cython.double = log(ratio)
                told = 1.0 if told > 1.0 else (-1.0 if told < -1.0 else told)
                days: cython.double = cython.cast(cython.double, state[r, SEASON + HOURS + k])
                mean: cython.double = cython.cast(cython.double, state[r, SEASON + k])
                if days >= _ENOUGH_DAYS:
                    ratio = ratio * exp(-mean)
                weight: cython.double = 1.0 / (days + 1.0) if days < 15.0 else 0.0625
                state[r, SEASON + k] = cython.cast(cython.float, mean + weight * (told - mean))
                if days < 1000.0:
                    state[r, SEASON + HOURS + k] = cython.cast(cython.float, days + 1.0)
            if ratio > _LARGEST_RATIO:
                ratio = _LARGEST_RATIO
        atr: cython.double = cython.cast(cython.double, state[r, RANGE])
        reach: cython.double = spread
        if seen > 0:
            before: cython.double = cython.cast(cython.double, state[r, CLOSE])
            # The state is in single precision: of a logarithm that is a millionth, far below a tick's worth of range.
            if abs(high[i] - before) > reach:
                reach = abs(high[i] - before)
            if abs(low[i] - before) > reach:
                reach = abs(low[i] - before)
            if seen == SPAN and reach > 3.0 * atr:
                # One climax must not make all that follows look small.
                reach = 3.0 * atr
            atr = atr + (reach - atr) / (seen + 1.0 if seen < SPAN else SPAN)
        else:
            atr = spread
        position: cython.double = (close[i] - low[i]) / spread if spread > 0 else 0.5
        out[i, VOLUME_RATIO] = ratio
        out[i, VOLUME_SCORE] = score
        out[i, SPREAD_RATIO] = wide
        out[i, CLOSE_POSITION] = position
        out[i, ATR] = atr
        kind: cython.int = NORMAL
        if seen == SPAN:
            if (ratio >= 2.0 and wide >= 1.0) or (ratio >= 1.5 and wide >= 1.5):
                kind = CLIMACTIC
            elif ratio >= 1.4 and wide <= 0.8:
                kind = ABSORPTION
            elif ratio <= 0.6 and wide <= 0.8:
                if close[i] > open_[i]:
                    kind = NO_DEMAND
                elif close[i] < open_[i]:
                    kind = NO_SUPPLY
        out[i, EFFORT] = kind
        _insert(state, r, VOLUMES, cython.cast(cython.float, volume[i]))
        _insert(state, r, SPREADS, cython.cast(cython.float, spread))
        place: cython.int = cython.cast(cython.int, state[r, PLACE]) + 1
        state[r, PLACE] = 0.0 if place == SPAN else cython.cast(cython.float, place)
        if seen < SPAN:
            state[r, SEEN] = cython.cast(cython.float, seen + 1)
        state[r, CLOSE] = cython.cast(cython.float, close[i])
        state[r, RANGE] = cython.cast(cython.float, atr)
