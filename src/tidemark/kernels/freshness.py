# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""How old the newest message of every (series, channel) is: heard from the columns of a batch, judged once a tick.

Arrays are of shape (series, channels) unless they say otherwise: `heard` and `stamped` (ns) are the receive and the
event time of the newest message, `anchor` the receive time that the next gap is measured from (0: none is), `mean` the
learned mean gap (ns), `messages` how many gaps were counted, `alive_since` when the feed was last confirmed, `dead`
whether it is in an open gap, `stale` the verdict, `suspected_at` since when the market is known to trade unheard.
`moved_at`, of shape (series,), is when the ticker last told of a trade. Nothing is checked here.
"""

import cython

# A mean over about so many messages; until LEARNED of them were counted it is not believed.
WEIGHT = cython.declare(cython.double, 1.0 / 32.0)
LEARNED = 8
MINIMUM = cython.declare(cython.longlong, LEARNED)
# One long silence moves the mean as if it had been so many mean gaps, or the floor, whichever is longer.
LONGEST = cython.declare(cython.double, 10.0)
# The ticker is not in step with the trades: a market has traded unheard when it says so for this long (ns).
DOUBT_NS = cython.declare(cython.longlong, 2000000000)


def hear(
    slot: cython.int[::1], ts_event: cython.longlong[::1], ts_recv: cython.longlong[::1], count: cython.Py_ssize_t,
    channel: cython.Py_ssize_t, heard: cython.longlong[:, ::1], stamped: cython.longlong[:, ::1],
    anchor: cython.longlong[:, ::1], mean: cython.double[:, ::1], messages: cython.longlong[:, ::1],
    floor: cython.double,
) -> None:  # fmt: skip
    """Take rows [0, count) as messages of *channel*. Rows of one receive time are one message."""
    i: cython.Py_ssize_t
    s: cython.Py_ssize_t
    at: cython.longlong
    gap: cython.double
    most: cython.double
    for i in range(count):
        s = slot[i]
        at = ts_recv[i]
        if ts_event[i] > stamped[s, channel]:
            stamped[s, channel] = ts_event[i]
        if at == anchor[s, channel]:
            continue
        if at > heard[s, channel]:
            heard[s, channel] = at
        if anchor[s, channel] > 0:
            if at < anchor[s, channel]:
                continue
            gap = at - anchor[s, channel]
            if messages[s, channel] >= MINIMUM:
                most = LONGEST * mean[s, channel]
                if most < floor:
                    most = floor
                if gap > most:
                    gap = most
                mean[s, channel] += (gap - mean[s, channel]) * WEIGHT
            else:
                mean[s, channel] += (gap - mean[s, channel]) / (messages[s, channel] + 1)
            messages[s, channel] += 1
        anchor[s, channel] = at


def judge(
    now: cython.longlong, listed: cython.uchar[::1], rules: cython.uchar[::1], tickers: cython.Py_ssize_t,
    floor: cython.longlong, factor: cython.double, startup: cython.longlong, heard: cython.longlong[:, ::1],
    mean: cython.double[:, ::1], messages: cython.longlong[:, ::1], alive_since: cython.longlong[:, ::1],
    dead: cython.uchar[:, ::1], stale: cython.uchar[:, ::1], moved_at: cython.longlong[::1],
    suspected_at: cython.longlong[:, ::1], trades: cython.Py_ssize_t, changed_slot: cython.int[::1],
    changed_channel: cython.int[::1],
) -> int:  # fmt: skip
    """Set `stale` of every series and channel at *now*; give how many verdicts changed, listed in changed_*.

    rules, of shape (channels,): 0 is never judged, 1 speaks by itself (tickers, books), 2 speaks when somebody trades.
    A channel of rule 2 is not stale by its silence alone while the ticker speaks: then the market has to have traded
    since, by the ticker or by its trades. One that was never heard is not stale before that either.
    Both lists have room for every series and channel.
    """
    s: cython.Py_ssize_t
    c: cython.Py_ssize_t
    base: cython.longlong
    moved: cython.longlong
    changed: cython.Py_ssize_t = 0
    speaks: cython.bint
    betrayed: cython.bint
    verdict: cython.bint
    for s in range(listed.shape[0]):
        if listed[s] == 0:
            continue
        speaks = (
            dead[s, tickers] == 0
            and heard[s, tickers] > 0
            and now - heard[s, tickers] <= limit(messages[s, tickers], mean[s, tickers], floor, factor, startup)
        )
        for c in range(rules.shape[0]):
            if rules[c] == 0:
                continue
            if dead[s, c] != 0:
                stale[s, c] = 0
                suspected_at[s, c] = 0
                continue
            base = heard[s, c] if heard[s, c] > alive_since[s, c] else alive_since[s, c]
            verdict = now - base > limit(messages[s, c], mean[s, c], floor, factor, startup)
            if rules[c] == 2:
                moved = moved_at[s]
                if c != trades and heard[s, trades] > moved:
                    moved = heard[s, trades]
                if moved <= base + DOUBT_NS:
                    suspected_at[s, c] = 0
                elif suspected_at[s, c] == 0:
                    suspected_at[s, c] = now
                betrayed = suspected_at[s, c] > 0 and now - suspected_at[s, c] >= DOUBT_NS
                if heard[s, c] == 0:
                    verdict = betrayed and now - base > floor
                elif speaks:
                    verdict = verdict and betrayed
            if verdict != (stale[s, c] != 0):
                stale[s, c] = verdict
                changed_slot[changed] = s
                changed_channel[changed] = c
                changed += 1
    return changed


@cython.cfunc
@cython.exceptval(check=False)
def limit(
    messages: cython.longlong, mean: cython.double, floor: cython.longlong, factor: cython.double,
    startup: cython.longlong,
) -> cython.double:  # fmt: skip
    """The age at which a channel is stale (ns)."""
    least: cython.double = floor if messages >= MINIMUM else startup
    return factor * mean if factor * mean > least else least
