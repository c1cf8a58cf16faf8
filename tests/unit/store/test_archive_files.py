from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import dataset, parquet
from tests.build import MIDNIGHT

from tidemark.errors import StoreError
from tidemark.model.candle import Origin
from tidemark.store.archive_files import (
    CANDLES,
    TRADES,
    VERSION,
    Rows,
    check,
    count_rows,
    kept,
    merge_candles,
    read_candles,
    read_trades,
    write_trades,
)
from tidemark.store.archive_layout import DAILY, folder_of
from tidemark.store.journal import ROW_TYPE
from tidemark.units import MINUTE


def rows(*numbers: int, close: int = 772567, origin: Origin = Origin.TRADES, tick_size: float = 0.1) -> Rows:
    made = np.zeros(len(numbers), ROW_TYPE)
    made["open_time"] = [MIDNIGHT + number * MINUTE for number in numbers]
    made["tick_size"] = tick_size
    for name in ("open", "high", "low", "close"):
        made[name] = close
    made["volume"], made["turnover"], made["bought"] = 1.5, 2.5, 0.5
    made["marks"] = origin | 8 | 42 << 4
    return made


def test_a_file_says_what_the_exchange_said(tmp_path: Path) -> None:
    path = folder_of(tmp_path, DAILY, "bybit", "BTCUSDT", "2026-11-01") / "candles.parquet"
    merge_candles(path, kept(rows(0, 1), "1m"))

    table = dataset.dataset(tmp_path / DAILY, partitioning="hive").to_table()
    first = table.to_pylist()[0]
    # 772567 ticks of 0.1 are 77256.7 exactly, not 77256.70000000001.
    assert first["close"] == 77256.7
    assert (first["timeframe"], first["open_time"].isoformat()) == ("1m", "2026-11-01T00:00:00+00:00")
    assert (first["volume"], first["turnover"], first["buy_volume"], first["trades"]) == (1.5, 2.5, 0.5, 42)
    assert (first["origin"], first["revised"], first["tick_size"]) == ("trades", True, 0.1)
    assert (first["venue"], first["symbol"], first["date"]) == ("bybit", "BTCUSDT", "2026-11-01")
    metadata = parquet.read_metadata(path)
    assert metadata.metadata[b"tidemark.schema_version"] == VERSION.encode()
    assert metadata.row_group(0).column(2).compression == "ZSTD"
    assert count_rows(path) == check(path) == 2


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    written = np.concatenate([kept(rows(3, tick_size=0.0001), "10s"), kept(rows(0, 7, close=5), "5m")])

    merge_candles(path, written)

    assert read_candles(path).tolist() == written.tolist()


def test_later_rows_replace_earlier_ones_and_an_absent_one_takes_its_candle_away(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    merge_candles(path, kept(rows(0, 1, 2), "1m"))

    left = merge_candles(
        path,
        np.concatenate([kept(rows(1, close=9), "1m"), kept(rows(1), "5m"), kept(rows(2, origin=Origin.ABSENT), "1m")]),
    )

    found = read_candles(path)
    assert left == 3
    assert [(int(row["timeframe"]), int(row["close"])) for row in found] == [(1, 772567), (1, 9), (2, 772567)]


def test_trades_come_back(tmp_path: Path) -> None:
    path = tmp_path / "trades-0000.parquet"
    columns = {
        "ts_event": np.array([MIDNIGHT, MIDNIGHT + 1]),
        "ts_recv": np.array([MIDNIGHT + 5, MIDNIGHT + 6]),
        "trade_id": np.array([2**64 - 1, 7], np.uint64),
        "sequence": np.array([1, 2]),
        "price": np.array([1.5, 2.5]),
        "size": np.array([3.0, 4.0]),
        "is_buy": np.array([True, False]),
    }
    write_trades(path, columns)

    found = read_trades(path)
    assert {name: column.tolist() for name, column in found.items()} == {
        name: column.tolist() for name, column in columns.items()
    }
    assert parquet.read_schema(path).equals(TRADES)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"garbage" * 100, b"PAR1" + bytes(100) + b"PAR1"])
def test_garbage_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(content)

    for read in (read_candles, read_trades, count_rows, check):
        with pytest.raises(StoreError, match=r"x\.parquet cannot be read") as raised:
            read(path)
        assert "\n" not in str(raised.value)


def test_words_that_are_none_of_ours_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    merge_candles(path, kept(rows(0, 1), "1m"))
    whole = parquet.read_table(path)
    for name, words in (("timeframe", ["25m", "1m"]), ("origin", ["trades", "dreams"])):
        column = pa.array(words).dictionary_encode().cast(CANDLES.field(name).type)
        parquet.write_table(whole.set_column(CANDLES.get_field_index(name), CANDLES.field(name), column), path)

        with pytest.raises(StoreError, match=r"x\.parquet cannot be read"):
            read_candles(path)


def test_a_dictionary_that_is_no_text_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    column = pa.array([b"\x80"]).view(pa.string())
    parquet.write_table(pa.table({"a": column.dictionary_encode()}), path, compression="none")

    with pytest.raises(StoreError, match=r"x\.parquet"):
        read_candles(path)


def test_a_file_of_another_schema_is_not_taken_for_ours(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    parquet.write_table(pa.table({"a": [1]}), path)

    with pytest.raises(StoreError, match="schema version none"):
        read_candles(path)
    parquet.write_table(pa.table({"a": [1]}, pa.schema([("a", pa.int64())], metadata=CANDLES.metadata)), path)
    with pytest.raises(StoreError, match="other columns"):
        read_candles(path)
