import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.backtest.data.made import BEGIN, figures, table, times, whole, write, written
from tests.unit.backtest.data.test_dataset import archived

from tidemark.backtest.bars import FIGURES
from tidemark.backtest.data import source, stream
from tidemark.backtest.data.dataset import find
from tidemark.errors import DataError
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, HOUR, MINUTE


@pytest.mark.parametrize("rows", [1, 7, 999, 1000, 1001, 65_536])
def test_every_candle_comes_once_in_chunks_that_are_no_larger_than_asked(tmp_path: Path, rows: int) -> None:
    dataset = find(written(tmp_path / "a.parquet"))
    made = figures(2500)

    chunks = list(stream.stream(dataset, 0, rows=rows))

    found = whole(chunks)
    assert max(map(len, chunks)) <= rows
    assert found["open_time"] == times(2500).tolist()
    assert {name: found[name] for name in FIGURES} == {name: made[name].tolist() for name in FIGURES}
    assert set(found["market"]) == {0}


def test_small_row_groups_are_put_together(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", table(times(1000), figures(1000)), group=10)

    assert [len(chunk) for chunk in stream.stream(find(path), 0, rows=256)] == [250, 250, 250, 250]


def test_the_time_that_is_asked_for_is_given_and_no_other_row_group_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = find(written(tmp_path / "a.parquet"))
    read: list[int] = []
    original = source.Source.read

    def counted(self: source.Source, group: int, *rest: Any) -> Any:
        read.append(group)
        return original(self, group, *rest)

    monkeypatch.setattr(source.Source, "read", counted)
    begin, end = BEGIN + 1100 * MINUTE, BEGIN + 1200 * MINUTE

    found = whole(list(stream.stream(dataset, 0, begin, end)))

    assert found["open_time"] == times(100, begin).tolist()
    assert read == [1]


def test_an_empty_time_gives_nothing(tmp_path: Path) -> None:
    dataset = find(written(tmp_path / "a.parquet"))

    assert list(stream.stream(dataset, 0, BEGIN - HOUR, BEGIN)) == []
    assert list(stream.stream(dataset, 0, BEGIN + HOUR, BEGIN + HOUR)) == []
    assert list(stream.stream(dataset, 0, dataset.last + 1)) == []


def test_a_market_is_taken_out_of_a_file_of_several(tmp_path: Path) -> None:
    names = ["A", "B"] * 50
    path = write(tmp_path / "a.parquet", table(np.repeat(times(50), 2), figures(100), names), group=30)
    dataset = find(path)

    for number in (0, 1):
        found = whole(list(stream.stream(dataset, number, rows=16)))
        assert found["close"] == figures(100)["close"][number::2].tolist()
        assert set(found["market"]) == {number}


def test_an_archive_gives_the_timeframe_that_is_asked_for(tmp_path: Path) -> None:
    for day in (0, 1):
        archived(tmp_path, "BTCUSDT", Timeframe.M1, 30, day)
        archived(tmp_path, "BTCUSDT", Timeframe.S10, 60, day)

    found = whole(list(stream.stream(find(tmp_path, timeframe=Timeframe.M1), 0)))

    assert found["open_time"] == [*times(30).tolist(), *times(30, BEGIN + DAY).tolist()]
    assert (found["open"][0], found["high"][0], found["low"][0], found["close"][0]) == (100.0, 102.0, 99.5, 101.0)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("close", float("nan"), "close is nan, which is no number"),
        ("high", float("inf"), "high is inf, which is no number"),
        ("volume", float("nan"), "volume is nan, which is no number"),
        ("volume", -1.0, "volume is -1, and has to be 0 or more"),
        ("low", 0.0, "low is 0, and has to be above 0"),
        ("open", -5.0, "open is -5, and has to be above 0"),
        ("low", 1e6, "low is 1000000, above the high of "),
        ("open", 1e6, "open is 1000000, outside low "),
    ],
)
def test_a_row_that_is_no_candle_is_refused_with_file_row_column_and_value(
    tmp_path: Path, name: str, value: float, words: str
) -> None:
    made = figures(2500)
    made[name][1233] = value
    path = write(tmp_path / "a.parquet", table(times(2500), made))

    with pytest.raises(DataError) as raised:
        list(stream.stream(find(path), 0, rows=100))

    assert str(raised.value).startswith(f"{path} row 1234: {words}")
    assert "tidemark data check" in str(raised.value)
    assert "tidemark data import" in str(raised.value)


@pytest.mark.parametrize("group", [3, 1000])
def test_disorder_is_refused_within_a_row_group_and_between_two(tmp_path: Path, group: int) -> None:
    at = times(6)
    back, twice = at.copy(), at.copy()
    back[3], twice[3] = at[1], at[2]
    first = write(tmp_path / "back.parquet", table(back, figures(6)), group=group)
    second = write(tmp_path / "twice.parquet", table(twice, figures(6)), group=group)

    with pytest.raises(DataError, match=r"row 4: time 2024-01-01 00:01:00 is behind 2024-01-01 00:02:00"):
        list(stream.stream(find(first), 0))
    with pytest.raises(DataError, match=r"row 4: time 2024-01-01 00:02:00 is there twice"):
        list(stream.stream(find(second), 0))


def test_files_that_overlap_are_refused(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", count=10)
    later = written(tmp_path / "b.parquet", count=10, begin=BEGIN + 9 * MINUTE)

    with pytest.raises(DataError, match=rf"^{re.escape(str(later))} row 1: time 2024-01-01 00:09:00 is there twice"):
        list(stream.stream(find(tmp_path), 0))


def test_a_file_that_is_cut_while_it_is_streamed_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet")
    dataset = find(path)
    path.write_bytes(path.read_bytes()[:5000])

    with pytest.raises(DataError, match=r"a\.parquet cannot be read as Parquet"):
        list(stream.stream(dataset, 0))


def test_memory_follows_the_chunk_and_not_the_row_group(tmp_path: Path) -> None:
    count = 400_000
    path = write(tmp_path / "a.parquet", table(times(count), figures(count)), group=count, data_page_size=65_536)
    dataset = find(path)
    pa.default_memory_pool().release_unused()
    before = pa.total_allocated_bytes()

    held = max(pa.total_allocated_bytes() - before for _ in stream.stream(dataset, 0, rows=10_000))

    # Decoded, the row group takes 19 MB; a chunk is 0.5 MB, and each of six columns keeps a page of 64 kB, twice.
    assert held < 3_000_000


def test_a_time_is_written_to_be_read() -> None:
    assert stream.moment(BEGIN + 61_000_000_000) == "2024-01-01 00:01:01"
