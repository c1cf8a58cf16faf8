"""The timeframes of candles."""

from enum import Enum

from tidemark.units import DAY, HOUR, MINUTE, SECOND


class Timeframe(Enum):
    """A candle's length. The value is its name on every screen and in every setting; `ns` is its length.

    Members are ordered from short to long, and each is a whole multiple of the one before it.

    >>> Timeframe("5m").ns
    300000000000
    """

    S10 = "10s"
    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H4 = "4h"
    D1 = "1d"

    @property
    def ns(self) -> int:
        """Length in nanoseconds."""
        # `value` looks itself up each time, and this is asked for some hundred times a second.
        return _LENGTH_NS[self._value_]

    def open_time(self, ts_ns: int) -> int:
        """Start of the candle that holds *ts_ns*, in nanoseconds since the epoch."""
        return ts_ns - ts_ns % self.ns


_LENGTH_NS = {
    "10s": 10 * SECOND,
    "1m": MINUTE,
    "5m": 5 * MINUTE,
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": HOUR,
    "4h": 4 * HOUR,
    "1d": DAY,
}
