from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet
from tests.unit.backtest.data.made import BEGIN, figures, table, times, write, written

from tidemark.backtest.data.dataset import datasets, digest, find
from tidemark.errors import DataError, SettingsError
from tidemark.model.timeframe import Timeframe
from tidemark.store.archive_files import kept, merge_candles
from tidemark.store.archive_layout import folder_of, kind_of, period_of
from tidemark.store.journal import ROW_TYPE
from tidemark.units import DAY, HOUR, MINUTE


def archived(root: Path, symbol: str, timeframe: Timeframe, count: int, day: int = 0, venue: str = "bybit") -> None:
    rows = np.zeros(count, ROW_TYPE)
    rows["open_time"] = BEGIN + day * DAY + timeframe.ns * np.arange(count)
    rows["tick_size"], rows["volume"], rows["marks"] = 0.5, 3.0, 1
    for name, ticks in {"open": 200, "high": 204, "low": 199, "close": 202}.items():
        rows[name] = ticks
    kind = kind_of(timeframe)
    folder = folder_of(root, kind, venue, symbol, period_of(kind, BEGIN // DAY + day))
    merge_candles(folder / "candles.parquet", kept(rows, timeframe.value))


def test_an_imported_file_is_told_by_its_statistics(tmp_path: Path) -> None:
    path = written(tmp_path / "BTCUSDT_1m.parquet")

    dataset = find(path)

    assert (dataset.markets, dataset.timeframe, dataset.rows) == (("BTCUSDT",), Timeframe.M1, 2500)
    assert (dataset.first, dataset.last, dataset.files) == (BEGIN, BEGIN + 2499 * MINUTE, (path,))


def test_files_of_a_folder_are_one_dataset_a_market_in_order_of_time(tmp_path: Path) -> None:
    written(tmp_path / "b.parquet", begin=BEGIN, count=10)
    written(tmp_path / "a.parquet", begin=BEGIN + HOUR, count=10)
    written(tmp_path / "deep" / "c.parquet", symbol="ETHUSDT", count=5)
    written(tmp_path / ".import-x" / "stage.parquet", symbol="HIDDEN", count=5)

    dataset = find(tmp_path)

    assert dataset.markets == ("BTCUSDT", "ETHUSDT")
    assert [(Path(part.path).name, part.market, part.rows) for part in dataset.parts] == [
        ("b.parquet", 0, 10), ("a.parquet", 0, 10), ("c.parquet", 1, 5),
    ]  # fmt: skip


def test_an_archive_has_a_dataset_for_each_timeframe(tmp_path: Path) -> None:
    for day in (0, 1):
        archived(tmp_path, "BTCUSDT", Timeframe.M1, 30, day)
        archived(tmp_path, "BTCUSDT", Timeframe.S10, 60, day)
    archived(tmp_path, "1000PEPEUSDT", Timeframe.M1, 7)
    archived(tmp_path, "BTCUSDT", Timeframe.H1, 24)

    found = {one.timeframe: one for one in datasets(tmp_path)}

    assert {timeframe: one.rows for timeframe, one in found.items()} == {
        Timeframe.S10: 120, Timeframe.M1: 67, Timeframe.H1: 24,
    }  # fmt: skip
    assert found[Timeframe.M1].markets == ("1000PEPEUSDT", "BTCUSDT")
    assert found[Timeframe.M1].last == BEGIN + DAY + 29 * MINUTE
    assert Path(str(find(tmp_path, timeframe=Timeframe.H1).files[0])).parts[-5] == "candles_by_year"


def test_a_symbol_of_two_exchanges_is_two_markets(tmp_path: Path) -> None:
    archived(tmp_path, "BTCUSDT", Timeframe.M1, 3)
    archived(tmp_path, "BTCUSDT", Timeframe.M1, 4, venue="binance")

    assert find(tmp_path).markets == ("binance:BTCUSDT", "bybit:BTCUSDT")


def test_several_timeframes_have_to_be_chosen_from(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet")
    write(tmp_path / "b.parquet", table(times(5, step=HOUR), figures(5), timeframe="1h"))

    with pytest.raises(DataError, match=r"holds candles of 1m, 1h; say --timeframe$"):
        find(tmp_path)

    assert find(tmp_path, timeframe=Timeframe.H1).rows == 5


def test_a_file_that_does_not_say_its_timeframe_is_told_by_the_smallest_distance(tmp_path: Path) -> None:
    at = times(20, step=5 * MINUTE)
    at = np.delete(at, [3, 4, 9])
    path = write(tmp_path / "BTCUSDT-5m-2024-01.parquet", table(at, figures(17), symbol=None, timeframe=None))

    dataset = find(path)

    assert (dataset.timeframe, dataset.markets) == (Timeframe.M5, ("BTCUSDT",))


def test_a_single_candle_needs_to_be_told_its_timeframe(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", table(times(1), figures(1), timeframe=None))

    with pytest.raises(DataError, match="no two candles follow each other, so say --timeframe"):
        find(path)

    assert find(path, timeframe=Timeframe.H1).timeframe is Timeframe.H1


def test_candles_of_a_strange_distance_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", table(times(4, step=7 * MINUTE), figures(4), timeframe=None))

    with pytest.raises(DataError, match=r"a\.parquet: candles are 7 minutes apart, which is none of 10s, 1m"):
        find(path)


def test_files_of_other_things_are_left_out_and_named(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet")
    write(tmp_path / "labels.parquet", table(times(2), figures(2)).select(["ts", "symbol"]))

    dataset = find(tmp_path)

    ((file, why),) = dataset.left_out
    assert dataset.files == (tmp_path / "a.parquet",)
    assert file.endswith("labels.parquet")
    assert "no column for open" in why


def test_a_damaged_file_is_not_left_out_in_silence(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-100])

    with pytest.raises(DataError, match=r"b\.parquet cannot be read as Parquet"):
        find(tmp_path)


def test_nothing_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no candles; bring candles in with tidemark data import or download$"):
        find(tmp_path)
    with pytest.raises(DataError, match=r"none is not there; name a file or a folder"):
        find(tmp_path / "none")
    with pytest.raises(SettingsError, match=r"--column price=p: 'price' is none; there are time, open"):
        find(tmp_path, {"price": "p"})

    written(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="holds no candles of 4h"):
        find(tmp_path, timeframe=Timeframe.H4)


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", table(times(0), figures(0)))

    with pytest.raises(DataError, match="holds no candles"):
        find(path)


def test_a_market_that_is_not_there_has_a_neighbour(tmp_path: Path) -> None:
    dataset = find(written(tmp_path / "a.parquet"))

    assert dataset.number("BTCUSDT") == 0
    with pytest.raises(DataError, match=r"has no candles of 'btcusd'; did you mean BTCUSDT\? tidemark data list"):
        dataset.number("btcusd")


def test_some_markets_alone_keep_their_order(tmp_path: Path) -> None:
    for name in ("A", "B", "C"):
        written(tmp_path / f"{name}.parquet", symbol=name, count=10)

    dataset = find(tmp_path).only(("C", "A"))

    assert dataset.markets == ("C", "A")
    assert [Path(part.path).stem for part in dataset.parts] == ["C", "A"]


def test_of_an_archive_only_the_files_of_the_markets_that_are_asked_for_are_opened(tmp_path: Path) -> None:
    for name in ("A", "B", "C"):
        archived(tmp_path, name, Timeframe.M1, 10)
    (bad,) = tmp_path.rglob("symbol=B/*/*.parquet")
    bad.write_bytes(b"PAR1")

    dataset = find(tmp_path, markets=("C", "A"))

    assert (dataset.markets, dataset.rows) == (("C", "A"), 20)
    with pytest.raises(DataError, match="cannot be read"):
        find(tmp_path)
    bad.unlink()
    with pytest.raises(DataError, match=r"has no candles of 'B'; tidemark data list|has no candles of 'B'; did you"):
        find(tmp_path, markets=("B",))


def test_the_parts_of_each_market_are_found(tmp_path: Path) -> None:
    for name in ("A", "B", "C"):
        for day in (0, 1):
            archived(tmp_path, name, Timeframe.M1, 10, day)
    dataset = find(tmp_path)

    for number in range(3):
        assert dataset.of(number) == [part for part in dataset.parts if part.market == number]
        assert len(dataset.of(number)) == 2


def test_the_hash_is_that_of_the_content_wherever_it_lies(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        written(tmp_path / folder / "a.parquet")
    first = digest(find(tmp_path / "one"))

    assert digest(find(tmp_path / "two")) == first
    assert len(first) == 64


def test_one_close_that_no_statistic_shows_changes_the_hash(tmp_path: Path) -> None:
    columns = figures(100)
    options: dict[str, Any] = {"compression": "none", "use_dictionary": False}
    one = write(tmp_path / "one" / "a.parquet", table(times(100), columns), **options)
    order = np.argsort(columns["close"])
    columns["close"][order[50]] = columns["close"][order[51]]
    two = write(tmp_path / "two" / "a.parquet", table(times(100), columns), **options)
    told = [parquet.read_metadata(path).row_group(0).column(4) for path in (one, two)]

    assert one.stat().st_size == two.stat().st_size
    assert (told[0].statistics.min, told[0].statistics.max) == (told[1].statistics.min, told[1].statistics.max)
    assert digest(find(one)) != digest(find(two))


def test_the_hash_tells_how_far_it_is(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet")
    told: list[int] = []

    digest(find(path), told.append)

    assert told == [path.stat().st_size]
