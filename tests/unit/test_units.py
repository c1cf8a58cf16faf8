import pytest

from tidemark.errors import SettingsError
from tidemark.units import (
    DAY,
    GIB,
    HOUR,
    KIB,
    MIB,
    SECOND,
    format_bytes,
    format_seconds,
    parse_bytes,
    parse_seconds,
    parse_whole,
)


@pytest.mark.parametrize(
    ("text", "count"),
    [("0", 0), ("65536", 65536), ("1B", 1), ("2k", 2 * KIB), ("256MB", 256 * MIB), (" 1.5 GiB ", 3 * GIB // 2)],
)
def test_sizes_are_powers_of_two(text: str, count: int) -> None:
    assert parse_bytes(text) == count


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "1TB", "1e3", "1 M B", "9" * 400 + "MB", "\u0661MB"])
def test_a_malformed_size_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(SettingsError, match="size"):
        parse_bytes(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("250ms", 0.25), ("20s", 20.0), ("10m", 600.0), ("72h", 259200.0), ("3d", 259200.0)]
)
def test_durations_are_seconds(text: str, seconds: float) -> None:
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "10min", "-1s", "9" * 400 + "d"])
def test_a_duration_needs_its_unit(text: str) -> None:
    with pytest.raises(SettingsError, match="duration"):
        parse_seconds(text)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KB"), (256 * MIB, "256.0 MB"), (-3 * GIB, "-3.0 GB")],
)
def test_sizes_are_written_in_their_largest_unit(count: int, text: str) -> None:
    assert format_bytes(count) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.25, "250ms"), (1, "1s"), (90, "1.5m"), (7200, "2h"), (259200, "3d")])
def test_durations_are_written_in_their_largest_unit(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


def test_lengths_of_time_are_nanoseconds() -> None:
    assert DAY == 24 * HOUR == 86_400 * SECOND


@pytest.mark.parametrize("text", ["", "-1", "+1", " 1", "1.5", "²", "٣", "9" * 19, "9" * 5000, "1_000"])
def test_what_is_no_whole_number_of_ours_is_none(text: str) -> None:
    assert parse_whole(text) is None


def test_whole_numbers_are_read_up_to_what_int64_holds() -> None:
    assert [parse_whole(text) for text in ("0", "007", "9" * 18)] == [0, 7, 10**18 - 1]
