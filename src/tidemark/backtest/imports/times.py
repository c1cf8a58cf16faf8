"""Times as files of candles write them: what they say on the wall, and when that was.

A date and its time of day have many forms, some of which can be read in two ways. Such a form is decided by the file
as a whole, and refused where the file does not decide it.
"""

import datetime as dt
import re
from collections.abc import Iterable
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tidemark.errors import CaptureError
from tidemark.units import DAY, MICROSECOND, SECOND

# Days before months, months before days: 31/01/2024, 01/31/2024.
ORDERS = ("day-first", "month-first")
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001
# 1800 to 2200, with room for nanoseconds in 64 bits.
_FIRST_NS, _LAST_NS = -62_091 * DAY, 84_006 * DAY
_YEAR_FIRST = re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})(?:[ T,]+(.+))?", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[ T,]+(.+))?", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[ T]?(\d{4}(?:\d\d)?))?", re.ASCII)
_SINCE = re.compile(r"-?\d{9,19}(?:\.\d+)?", re.ASCII)
_NAMED = ("%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%y")
# A count since the epoch is of seconds below this, of milliseconds below a thousand times that, and so on.
_SECONDS_BELOW = 10**11


class Stamp(NamedTuple):
    """When it was (ns), what the clock on the wall showed (ns), and whether the file told the offset from UTC."""

    instant: int
    wall: int
    tells_offset: bool


class Times:
    """Reads the times of one file.

    zone: of times that do not say theirs, and by whose midnights days are counted; None: UTC, and as they say.
    order: one of ORDERS, None to find it out.
    """

    def __init__(self, zone: ZoneInfo | None, order: str | None = None) -> None:
        self._zone = zone
        self._order = order

    def settle(self, texts: Iterable[str], source: str) -> None:
        """Find out in which order days and months stand, from many times. CaptureError if they do not say."""
        if self._order is not None:
            return
        votes = dict.fromkeys(ORDERS, 0)
        seen = ""
        for text in texts:
            match = _YEAR_LAST.fullmatch(text)
            if match is None or match[2] == ".":
                continue
            seen = text
            votes["day-first"] += int(match[1]) > 12
            votes["month-first"] += int(match[3]) > 12
        if seen and votes["day-first"] == votes["month-first"]:
            raise CaptureError(
                f"{source}: {seen!r} can be read in two ways, and no other date decides it; say --dates"
                f" {ORDERS[0]} or --dates {ORDERS[1]}"
            )
        if seen:
            self._order = max(votes, key=lambda order: votes[order])

    def read(self, text: str) -> Stamp | None:
        """The time that *text* says; None where it says none."""
        try:
            return self._stamp(text)
        except (ValueError, OverflowError):
            return None

    def of_count(self, ns: int | None, own: ZoneInfo | None = None) -> Stamp | None:
        """The time of so many nanoseconds since the epoch, None where that is none. own: the zone the file names."""
        if ns is None or not _FIRST_NS <= ns < _LAST_NS:
            return None
        zone = self._zone or own
        if zone is None:
            return Stamp(ns, ns, True)
        instant = _EPOCH + dt.timedelta(seconds=ns // SECOND)
        offset = instant.replace(tzinfo=dt.UTC).astimezone(zone).utcoffset() or dt.timedelta()
        return Stamp(ns, ns + _nanoseconds(offset), True)

    def of_wall(self, ns: int | None) -> Stamp | None:
        """The time at which clocks showed so many nanoseconds since the epoch; None where that is none."""
        if ns is None or not _FIRST_NS <= ns < _LAST_NS:
            return None
        return self._of(_EPOCH + dt.timedelta(seconds=ns // SECOND), ns % SECOND)

    def _stamp(self, text: str) -> Stamp | None:
        if _SINCE.fullmatch(text) and not _COMPACT.fullmatch(text):
            whole, _, part = text.partition(".")
            unit = SECOND
            while unit > 1 and abs(int(whole)) >= _SECONDS_BELOW * (SECOND // unit):
                unit //= 1000
            return self.of_count(int(whole) * unit + (int(float(f"0.{part}") * unit) if part else 0))
        moment = self._moment(text)
        return None if moment is None else self._of(moment)

    def _of(self, moment: dt.datetime, rest_ns: int = 0) -> Stamp | None:
        bare = moment.replace(tzinfo=None)
        wall = _nanoseconds(bare - _EPOCH) + rest_ns
        if not _FIRST_NS <= wall < _LAST_NS:
            return None
        if moment.tzinfo is None:
            if self._zone is None:
                return Stamp(wall, wall, False)
            offset = moment.replace(tzinfo=self._zone).utcoffset() or dt.timedelta()
            return Stamp(wall - _nanoseconds(offset), wall, False)
        instant = wall - _nanoseconds(moment.utcoffset() or dt.timedelta())
        return Stamp(instant, wall, True) if self._zone is None else self.of_count(instant)

    def _moment(self, text: str) -> dt.datetime | None:
        compact = _COMPACT.fullmatch(text)
        if compact is not None:
            year, month, day, clock = compact.groups()
            return _at(int(year), int(month), int(day), clock)
        year_first = _YEAR_FIRST.fullmatch(text)
        if year_first is not None:
            year, month, day, clock = year_first.groups()
            return _at(int(year), int(month), int(day), clock)
        year_last = _YEAR_LAST.fullmatch(text)
        if year_last is not None:
            one, mark, other, year, clock = year_last.groups()
            day, month = (one, other) if mark == "." or self._order == "day-first" else (other, one)
            return _at(int(year), int(month), int(day), clock)
        try:
            return dt.datetime.fromisoformat(_offset(text))
        except ValueError:
            return _named(text)


def _at(year: int, month: int, day: int, clock: str | None) -> dt.datetime:
    date = dt.date(year, month, day)
    return dt.datetime.combine(date, dt.time() if clock is None else _clock(clock))


def _clock(text: str) -> dt.time:
    if text[-2:].upper() in {"AM", "PM"}:
        form = "%I:%M:%S %p" if text.count(":") == 2 else "%I:%M %p"
        return dt.datetime.strptime(f"{text[:-2].strip()} {text[-2:]}", form).time()  # noqa: DTZ007
    return dt.time.fromisoformat(_offset(text))


def _offset(text: str) -> str:
    """`GMT+0100` and `UTC` as ISO 8601 writes them."""
    return re.sub(r" ?(?:GMT|UTC)(?=[+-]\d)", "", re.sub(r" ?(?:GMT|UTC)$", "Z", text))


def _named(text: str) -> dt.datetime | None:
    for form in _NAMED:
        try:
            return dt.datetime.strptime(text, form)  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _nanoseconds(span: dt.timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * SECOND + span.microseconds * MICROSECOND
