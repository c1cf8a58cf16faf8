from pathlib import Path

import pytest
from tests.build import MIDNIGHT

from tidemark.model.timeframe import Timeframe
from tidemark.store.archive_layout import (
    DAILY,
    TRADES,
    YEARLY,
    folder_of,
    kind_of,
    make_room,
    parts,
    period_of,
    venue_folder,
)
from tidemark.units import DAY

# 2026-11-01 is this many days after the epoch.
FIRST = MIDNIGHT // DAY


def put(root: Path, kind: str, symbol: str, period: str, size: int = 10, venue: str = "bybit") -> Path:
    path = folder_of(root, kind, venue, symbol, period) / "candles.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(size))
    return path


def test_short_timeframes_lie_by_day_and_long_ones_by_year() -> None:
    assert [kind_of(timeframe) for timeframe in Timeframe] == [DAILY] * 5 + [YEARLY] * 3
    assert period_of(DAILY, FIRST) == period_of(TRADES, FIRST) == "2026-11-01"
    assert period_of(YEARLY, FIRST) == "2026"


@pytest.mark.parametrize("symbol", ["BTCUSDT", "币安人生USDT", "../../X", "A=B%", "1000000MOGUSDT"])
def test_any_symbol_has_a_folder_within_the_archive_and_is_found_again(tmp_path: Path, symbol: str) -> None:
    path = put(tmp_path, DAILY, symbol, "2026-11-01")

    (part,) = parts(tmp_path)
    assert path.is_relative_to(tmp_path / "candles" / "venue=bybit")
    assert len(path.relative_to(tmp_path).parts) == 5
    assert (part.symbol, part.period, part.ends_ns, part.bytes) == (symbol, "2026-11-01", MIDNIGHT + DAY, 10)


def test_what_does_not_belong_there_is_passed_over(tmp_path: Path) -> None:
    kept = put(tmp_path, YEARLY, "A", "2026", venue="binance")
    (kept.parent / ".candles.parquet.partial").write_bytes(b"")
    (kept.parent / "candles.parquet.damaged").write_bytes(b"")
    put(tmp_path, DAILY, "A", "someday")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "candles" / "stray").mkdir()

    assert [part.path for part in parts(tmp_path)] == [kept]
    assert list(parts(tmp_path, "bybit")) == []
    assert list(parts(tmp_path / "nosuch")) == []
    assert kept.is_relative_to(venue_folder(tmp_path, YEARLY, "binance"))


def test_days_that_are_too_old_go_and_their_folders_with_them(tmp_path: Path) -> None:
    old = put(tmp_path, DAILY, "A", "2026-10-30")
    put(tmp_path, DAILY, "A", "2026-10-31")
    put(tmp_path, YEARLY, "A", "2026")

    removed = make_room(tmp_path, "bybit", max_age_ns=DAY, max_bytes=1000, now_ns=MIDNIGHT + DAY - 1)

    assert (removed.files, removed.bytes) == (1, 10)
    assert not old.parent.exists()
    assert [part.period for part in parts(tmp_path)] == ["2026-10-31", "2026"]


def test_what_is_too_large_loses_whole_days_of_all_markets_the_oldest_first(tmp_path: Path) -> None:
    for day in ("2026-10-30", "2026-10-31", "2026-11-01"):
        put(tmp_path, DAILY, "A", day)
        put(tmp_path, DAILY, "B", day)
    put(tmp_path, YEARLY, "A", "2026")
    put(tmp_path, DAILY, "A", "2020-01-01", venue="binance")

    removed = make_room(tmp_path, "bybit", max_age_ns=400 * DAY, max_bytes=55, now_ns=MIDNIGHT)

    # 70 bytes are held; one of the two files of the oldest day would be enough to come down to 60, both are to 50.
    assert (removed.files, removed.bytes) == (2, 20)
    assert [part.period for part in parts(tmp_path, "bybit")].count("2026-10-30") == 0
    assert len(list(parts(tmp_path, "binance"))) == 1
