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


@cython.cclass
class Hearing:
    """What is heard of every series and channel, over arrays that others own.

    heard, stamped, anchor, mean, messages: of shape (series, channels), as above; moved_at, last, volume: of shape
    (series,), the last price and the volume of 24 hours by the ticker (0: not known). floor: ns.
    """

    heard: cython.longlong[:, ::1]
    stamped: cython.longlong[:, ::1]
    anchor: cython.longlong[:, ::1]
    mean: cython.double[:, ::1]
    messages: cython.longlong[:, ::1]
    moved_at: cython.longlong[::1]
    last: cython.double[::1]
    volume: cython.double[::1]
    floor: cython.double

    def __init__(self, arrays: tuple, floor: cython.double) -> None:
        self.heard, self.stamped, self.anchor, self.mean, self.messages, self.moved_at, self.last, self.volume = arrays
        self.floor = floor

    def rows(
        self, slot: cython.int[::1], ts_event: cython.longlong[::1], ts_recv: cython.longlong[::1],
        count: cython.Py_ssize_t, channel: cython.Py_ssize_t,
    ) -> None:  # fmt: skip
        """Take rows [0, count) as messages of *channel*. Rows of one receive time are one message."""
        i: cython.Py_ssize_t
        s: cython.Py_ssize_t
        before: cython.Py_ssize_t = -1
        at: cython.longlong = 0
        for i in range(count):
            s = slot[i]
            if s == before and ts_recv[i] == at:
                # The rest of its frame.
                if ts_event[i] > self.stamped[s, channel]:
                    self.stamped[s, channel] = ts_event[i]
                continue
            before = s
            at = ts_recv[i]
            self._take(s, channel, ts_event[i], at)

    def one(
        self, slot: cython.Py_ssize_t, channel: cython.Py_ssize_t, ts_event: cython.longlong, ts_recv: cython.longlong
    ) -> None:
        """Take one message of *channel*."""
        self._take(slot, channel, ts_event, ts_recv)

    def ticker(
        self, slot: cython.Py_ssize_t, channel: cython.Py_ssize_t, ts_event: cython.longlong, ts_recv: cython.longlong,
        last: object, volume: object,
    ) -> None:  # fmt: skip
        """The same of a ticker, and what it tells of trades: last price and volume, None where it does not say.

        Whatever made them move happened after the ticker before.
        """
        before: cython.longlong = self.heard[slot, channel]
        value: cython.double
        moved: cython.bint = False
        self._take(slot, channel, ts_event, ts_recv)
        if last is not None:
            value = last
            moved = self.last[slot] > 0.0 and self.last[slot] != value
            self.last[slot] = value
        if volume is not None:
            value = volume
            # What leaves the 24 hours makes it fall: only a trade makes it grow.
            moved = moved or 0.0 < self.volume[slot] < value
            self.volume[slot] = value
        if moved:
            self.moved_at[slot] = before

    @cython.cfunc
    @cython.exceptval(check=False)
    def _take(
        self, s: cython.Py_ssize_t, channel: cython.Py_ssize_t, told: cython.longlong, at: cython.longlong
    ) -> cython.void:
        anchor: cython.longlong = self.anchor[s, channel]
        mean: cython.double = self.mean[s, channel]
        gap: cython.double
        most: cython.double
        if told > self.stamped[s, channel]:
            self.stamped[s, channel] = told
        if at == anchor:
            return
        if at > self.heard[s, channel]:
            self.heard[s, channel] = at
        if anchor > 0:
            if at < anchor:
                return
            gap = at - anchor
            if self.messages[s, channel] >= MINIMUM:
                most = LONGEST * mean if LONGEST * mean > self.floor else self.floor
                if gap > most:
                    gap = most
                self.mean[s, channel] = mean + (gap - mean) * WEIGHT
            else:
                self.mean[s, channel] = mean + (gap - mean) / (self.messages[s, channel] + 1)
            self.messages[s, channel] += 1
        self.anchor[s, channel] = at


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
