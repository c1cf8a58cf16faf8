"""The return of each month of the calendar, from the equities at the ends of days."""

from datetime import date

import msgspec

# Of the day with which the epoch begins.
_EPOCH = date(1970, 1, 1).toordinal()


class Month(msgspec.Struct, frozen=True):
    """A month (UTC) and its return, as a fraction of what it began with."""

    year: int
    month: int
    value: float


class Months:
    """Fed with days in their order. A month without a day has no row; what it began with is what the last one left.

    Memory: 40 bytes a month.
    """

    def __init__(self, start: float) -> None:
        self._begin = self._close = start
        self._month: tuple[int, int] | None = None
        self._over: list[Month] = []  # bounded: one a month of the calendar

    def put(self, day: int, close: float) -> None:
        """Day *day* since the epoch ended with an equity of *close*."""
        of = date.fromordinal(_EPOCH + day)
        month = (of.year, of.month)
        if self._month is not None and month != self._month:
            self._over.append(Month(*self._month, self._return()))
            self._begin = self._close
        self._month, self._close = month, close

    def table(self, day: int | None = None, close: float = 0.0) -> tuple[Month, ...]:
        """All months, the last as far as it is known: with *day*, which is not over, if there is one."""
        other = Months(self._close)
        other._begin, other._month, other._over = self._begin, self._month, list(self._over)
        if day is not None:
            other.put(day, close)
        if other._month is not None:
            other._over.append(Month(*other._month, other._return()))
        return tuple(other._over)

    def _return(self) -> float:
        return self._close / self._begin - 1.0 if self._begin > 0.0 else 0.0
