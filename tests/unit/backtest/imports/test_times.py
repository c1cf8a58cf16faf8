import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.backtest.imports.times import Stamp, Times
from tidemark.errors import CaptureError
from tidemark.units import HOUR, SECOND

NEW_YORK = ZoneInfo("America/New_York")


def ns(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("text", "wall", "tells_offset"),
    [
        ("2024-01-02", "2024-01-02", False),
        ("20240102", "2024-01-02", False),
        ("20240102 153000", "2024-01-02 15:30", False),
        ("202401021530", "2024-01-02 15:30", False),
        ("2024.01.02", "2024-01-02", False),
        ("2024.01.02 15:30", "2024-01-02 15:30", False),
        ("2024/1/2 15:30:00", "2024-01-02 15:30", False),
        ("2024-01-02T15:30:00.000", "2024-01-02 15:30", False),
        ("02.01.2024 15:30:00.000", "2024-01-02 15:30", False),
        ("02-Jan-2024", "2024-01-02", False),
        ("Jan 02, 2024", "2024-01-02", False),
        ("1704209400", "2024-01-02 15:30", True),
        ("1704209400.0", "2024-01-02 15:30", True),
        ("1704209400000", "2024-01-02 15:30", True),
        ("1704209400000000", "2024-01-02 15:30", True),
        ("1704209400000000000", "2024-01-02 15:30", True),
        ("2024-01-02T15:30:00Z", "2024-01-02 15:30", True),
        ("2024-01-02 15:30:00 UTC", "2024-01-02 15:30", True),
    ],
)
def test_times_are_read_in_the_forms_that_files_have(text: str, wall: str, tells_offset: bool) -> None:
    assert Times(None).read(text) == Stamp(ns(wall), ns(wall), tells_offset)


@pytest.mark.parametrize(
    "text", ["2024-01-02 00:00:00-05:00", "2024-01-02T00:00:00-0500", "02.01.2024 00:00:00 GMT-0500"]
)
def test_what_the_wall_shows_is_kept_beside_when_it_was(text: str) -> None:
    midnight = ns("2024-01-02")

    assert Times(None).read(text) == Stamp(midnight + 5 * HOUR, midnight, tells_offset=True)


def test_a_timezone_is_of_times_that_say_none_and_gives_the_days_of_others() -> None:
    times = Times(NEW_YORK)

    # In winter five hours behind UTC, in summer four.
    assert times.read("2024-01-02 09:30") == Stamp(ns("2024-01-02 14:30"), ns("2024-01-02 09:30"), tells_offset=False)
    assert times.read("2024-07-02 09:30") == Stamp(ns("2024-07-02 13:30"), ns("2024-07-02 09:30"), tells_offset=False)
    assert times.read("2024-01-02T05:00:00Z") == Stamp(ns("2024-01-02 05:00"), ns("2024-01-02"), tells_offset=True)
    assert times.of_wall(ns("2024-01-02")) == Stamp(ns("2024-01-02 05:00"), ns("2024-01-02"), tells_offset=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "2024-13-01",
        "31.02.2024",
        "2024-01-02 25:00",
        "12",
        "99999999999999999999",
        "0001-01-01",
        "9999-12-31",
    ],
)
def test_what_is_no_time_of_a_market_is_none(text: str) -> None:
    assert Times(None).read(text) is None


@pytest.mark.parametrize("count", [None, -(10**19), 10**19])
def test_a_count_beyond_the_centuries_of_markets_is_none(count: int | None) -> None:
    assert Times(None).of_count(count) is None
    assert Times(None).of_wall(count) is None


def test_the_file_decides_whether_days_or_months_come_first() -> None:
    european, american = Times(None), Times(None)
    european.settle(["01/02/2024", "31/01/2024"], "a.csv")
    american.settle(["01/02/2024 04:00 PM", "01/31/2024 04:00 PM"], "a.csv")

    first, second = european.read("01/02/2024"), american.read("01/02/2024 04:00:30 PM")

    assert first is not None
    assert second is not None
    assert (first.wall, second.wall) == (ns("2024-02-01"), ns("2024-01-02 16:00:30"))


def test_where_nothing_decides_it_somebody_has_to_say() -> None:
    with pytest.raises(CaptureError, match=r"'02/03/2024' can be read in two ways.*--dates"):
        Times(None).settle(["01/02/2024", "02/03/2024"], "a.csv")

    times = Times(None, "day-first")
    times.settle(["01/02/2024", "02/03/2024"], "a.csv")
    stamp = times.read("02/03/2024")
    assert stamp is not None
    assert stamp.wall == ns("2024-03-02")


@given(
    text=st.one_of(st.text(max_size=30), st.from_regex(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}( .{0,8})?", fullmatch=True))
)
def test_any_text_is_a_time_in_range_or_none(text: str) -> None:
    for zone in (None, NEW_YORK):
        stamp = Times(zone, "day-first").read(text)

        assert stamp is None or abs(stamp.wall) < 2**63
