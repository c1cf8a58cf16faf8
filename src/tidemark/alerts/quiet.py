"""Quiet hours: when they end. Pure, for any time zone, over both of its changes a year."""

import datetime as dt
from zoneinfo import ZoneInfo

from tidemark.settings.alerting import Quiet
from tidemark.units import SECOND


def quiet_until(at: int, quiet: Quiet, zone: ZoneInfo) -> int | None:
    """When the quiet hours end in which *at* (ns) lies; None where it lies in none.

    >>> morning = quiet_until(0, Quiet(22 * 3600, 7 * 3600), ZoneInfo("UTC"))
    >>> morning == 7 * 3600 * SECOND
    True
    """
    local = dt.datetime.fromtimestamp(at // SECOND, zone)
    second = local.hour * 3600 + local.minute * 60 + local.second
    is_overnight = quiet.end_s < quiet.begin_s
    is_late = second >= quiet.begin_s
    is_early = second < quiet.end_s
    if not (is_late or is_early if is_overnight else is_late and is_early):
        return None
    day = local.date() + dt.timedelta(days=1 if is_overnight and is_late else 0)
    ends = dt.datetime.combine(day, dt.time(quiet.end_s // 3600, quiet.end_s // 60 % 60), zone)
    # Where the clock is put back, that time of the day comes twice.
    moments = [int(ends.replace(fold=fold).timestamp()) * SECOND for fold in (0, 1)]
    return next((moment for moment in moments if moment > at), at + SECOND)
