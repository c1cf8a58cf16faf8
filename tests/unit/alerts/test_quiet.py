import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.alerts.quiet import quiet_until
from tidemark.settings.alerting import Quiet
from tidemark.units import HOUR, SECOND

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT, NOON = Quiet(22 * 3600, 7 * 3600), Quiet(12 * 3600, 13 * 3600 + 1800)


def ns(text: str, zone: ZoneInfo = BERLIN) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("at", "quiet", "ends"),
    [
        ("2026-06-01 21:59:59", NIGHT, None),
        ("2026-06-01 22:00:00", NIGHT, "2026-06-02 07:00:00"),
        ("2026-06-02 06:59:59", NIGHT, "2026-06-02 07:00:00"),
        ("2026-06-02 07:00:00", NIGHT, None),
        ("2026-06-02 12:00:00", NOON, "2026-06-02 13:30:00"),
        ("2026-06-02 13:30:00", NOON, None),
    ],
)
def test_quiet_hours_hold_from_their_begin_to_their_end(at: str, quiet: Quiet, ends: str | None) -> None:
    assert quiet_until(ns(at), quiet, BERLIN) == (None if ends is None else ns(ends))


def test_a_night_in_which_the_clock_changes_ends_at_the_same_time_of_the_day() -> None:
    assert quiet_until(ns("2026-03-28 23:00:00"), NIGHT, BERLIN) == ns("2026-03-28 23:00:00") + 7 * HOUR
    assert quiet_until(ns("2026-10-24 23:00:00"), NIGHT, BERLIN) == ns("2026-10-24 23:00:00") + 9 * HOUR


def test_an_hour_that_comes_twice_ends_twice() -> None:
    early = Quiet(3600, 2 * 3600 + 1800)
    second_time = int(dt.datetime(2026, 10, 25, 2, 15, tzinfo=BERLIN, fold=1).timestamp()) * SECOND

    assert quiet_until(second_time, early, BERLIN) == second_time + 15 * 60 * SECOND


@given(
    at=st.integers(1_700_000_000, 1_900_000_000),
    begin=st.integers(0, 1439),
    length=st.integers(1, 1439),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_quiet_hours_end_later_within_a_day_and_an_hour(at: int, begin: int, length: int, zone: str) -> None:
    until = quiet_until(at * SECOND, Quiet(begin * 60, (begin + length) % 1440 * 60), ZoneInfo(zone))

    assert until is None or 0 < until - at * SECOND <= 25 * HOUR
