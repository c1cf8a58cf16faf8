import os
from pathlib import Path

import numpy as np
import pytest
from tests.unit.backtest.data.made import BEGIN, figures, table, times, whole, write, written

from tidemark.backtest.data.cache import Cache, Columns
from tidemark.backtest.data.dataset import Dataset, find
from tidemark.backtest.data.merge import streamed
from tidemark.backtest.data.stream import stream
from tidemark.errors import DataError, StoreError
from tidemark.units import MINUTE


def made(cache: Cache, dataset: Dataset, key: str) -> Columns:
    found = cache.columns(dataset, key)
    assert found is not None
    return found


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    written(tmp_path / "data" / "a.parquet", symbol="A", count=500)
    written(tmp_path / "data" / "b.parquet", symbol="B", count=300, seed=2, begin=BEGIN + 100 * MINUTE)
    return find(tmp_path / "data")


def test_columns_are_the_candles_of_the_files(tmp_path: Path, dataset: Dataset) -> None:
    columns = made(Cache(tmp_path / "cache"), dataset, "key")

    assert (columns.markets, columns.rows) == (2, 800)
    for number in (0, 1):
        assert whole(list(columns.stream(number, rows=64))) == whole(list(stream(dataset, number)))
    assert whole(list(columns.streamed(rows=100))) == whole(list(streamed(dataset)))
    begin, end = BEGIN + 120 * MINUTE, BEGIN + 130 * MINUTE
    assert whole(list(columns.streamed(begin, end))) == whole(list(streamed(dataset, begin, end)))


def test_one_market_is_given_over_the_mapped_memory(tmp_path: Path) -> None:
    dataset = find(written(tmp_path / "a.parquet", count=500))
    columns = made(Cache(tmp_path / "cache"), dataset, "key")

    first, second = (next(columns.streamed(rows=500)) for _ in range(2))

    for name in ("open_time", "open", "volume"):
        assert np.shares_memory(getattr(first, name), getattr(second, name))
        assert not getattr(first, name).flags.writeable


def test_what_is_there_is_not_decoded_again(tmp_path: Path, dataset: Dataset) -> None:
    cache = Cache(tmp_path / "cache")
    before = whole(list(made(cache, dataset, "key").stream(0)))
    for file in dataset.files:
        Path(str(file)).unlink()

    assert whole(list(made(cache, dataset, "key").stream(0))) == before


@pytest.mark.parametrize("harm", ["cut", "damaged", "gone", "no-list", "bad-list"])
def test_what_is_cut_or_damaged_is_made_anew(tmp_path: Path, dataset: Dataset, harm: str) -> None:
    cache = Cache(tmp_path / "cache")
    made(cache, dataset, "key")
    file = tmp_path / "cache" / "key" / "000001.figures.npy"
    marker = file.with_name("whole.json")
    match harm:
        case "cut":
            os.truncate(file, file.stat().st_size - 8)
        case "damaged":
            data = bytearray(file.read_bytes())
            data[-3] ^= 1
            file.write_bytes(data)
        case "gone":
            file.unlink()
        case "no-list":
            marker.unlink()
        case _:
            marker.write_text('{"markets": [{"rows": 1}]}')

    columns = made(cache, dataset, "key")

    assert whole(list(columns.stream(1))) == whole(list(stream(dataset, 1)))
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["key"]


def test_what_was_used_longest_ago_goes_first(tmp_path: Path, dataset: Dataset) -> None:
    # 800 rows of 48 bytes, and headers: two of them fit.
    cache = Cache(tmp_path / "cache", 90_000)
    for number, key in enumerate(("one", "two")):
        made(cache, dataset, key)
        os.utime(tmp_path / "cache" / key, ns=(number, number))
    made(cache, dataset, "one")

    made(cache, dataset, "three")

    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["one", "three"]
    assert cache.held() <= 90_000


def test_a_reader_keeps_what_is_removed_behind_its_back(tmp_path: Path, dataset: Dataset) -> None:
    cache = Cache(tmp_path / "cache", 45_000)
    columns = made(cache, dataset, "one")

    made(cache, dataset, "two")

    assert not (tmp_path / "cache" / "one").exists()
    assert whole(list(columns.stream(0))) == whole(list(stream(dataset, 0)))


def test_what_is_larger_than_all_is_not_kept(tmp_path: Path, dataset: Dataset) -> None:
    cache = Cache(tmp_path / "cache", 1000)

    assert cache.columns(dataset, "key") is None
    assert cache.held() == 0


def test_a_bad_row_leaves_nothing_behind(tmp_path: Path) -> None:
    columns = figures(10)
    columns["close"][4] = float("nan")
    dataset = find(write(tmp_path / "a.parquet", table(times(10), columns)))

    with pytest.raises(DataError, match="row 5: close is nan"):
        Cache(tmp_path / "cache").columns(dataset, "key")

    assert list((tmp_path / "cache").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, dataset: Dataset) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"the cache of columns in .* cannot be written"):
        Cache(tmp_path / "file" / "cache").columns(dataset, "key")
