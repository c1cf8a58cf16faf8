"""What is to be known of an exchange's order books, and what can go wrong with one of ours."""

from enum import IntEnum

import msgspec

# A side is never kept deeper than this; no exchange here tells more of it in one snapshot.
MAX_LEVELS = 1000
# Where changes of the whole book come, a side that was cut grows thin as the price moves away from what it knows.
_MARGIN = 8


class BookRules(msgspec.Struct, frozen=True, kw_only=True):
    """How one exchange tells its books.

    windows: the depths between which it offers streams, shallow to deep, where it moves the window itself: what leaves
    the window is removed by a message, what enters it is added by one. Empty: it streams changes of the whole book.
    resyncs_by_rest: a snapshot has to be asked for by REST and fitted into the stream by its update id; otherwise the
    stream begins with one, so that subscribing again brings it.

    How messages follow each other is told by the messages: where one names the update that it follows, that has to be
    the last one; otherwise update ids count up by one.
    """

    windows: tuple[int, ...] = ()
    resyncs_by_rest: bool

    def levels(self, depth: int) -> int:
        """Levels kept of a side, so that *depth* of them stay known.

        >>> BookRules(windows=(50, 200), resyncs_by_rest=False).levels(20)
        50
        >>> BookRules(resyncs_by_rest=True).levels(50)
        400
        """
        if self.windows:
            return next((window for window in self.windows if window >= depth), self.windows[-1])
        return min(MAX_LEVELS, _MARGIN * depth)


class BookBreak(IntEnum):
    """Why a book is out of sync: a closed set, by which breaks are counted. The numbers are those of kernels.book."""

    NONE = 0  # it never had a snapshot
    GAP = 1  # updates are missing between two messages, or between a snapshot and the stream
    CROSSED = 2  # the best bid is not below the best ask
    OFF_TICK = 3  # a price that is no whole number of ticks
    FEED_LOST = 4  # the connection broke off
    STALE = 5  # the channel fell silent on a living connection
    THIN = 6  # the price moved past everything that a cut side knew
    TICK_CHANGED = 7  # the exchange changed the tick size
