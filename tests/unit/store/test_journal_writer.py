import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from tests.build import MIDNIGHT

from tidemark.errors import StoreError
from tidemark.market.level import ROW
from tidemark.memory.ledger import Ledger
from tidemark.store.journal import ROW_TYPE, blocks, segments, symbols
from tidemark.store.journal_writer import JournalWriter
from tidemark.units import MIB


def journal(folder: Path, rows: Mapping[str, int] | None = None, max_bytes: int = 64 * MIB) -> JournalWriter:
    return JournalWriter(folder, rows or {"1m": 1000}, max_bytes=max_bytes, ledger=Ledger())


def offer(made: JournalWriter, names: list[str], n: int = 0, timeframe: str = "1m") -> None:
    columns = {name: np.full(len(names), n, dtype) for name, dtype in ROW.items()}
    made.offer(timeframe, names, np.full(len(names), MIDNIGHT + n, np.int64), np.full(len(names), 0.1), columns)


def written(folder: Path, timeframe: str = "1m") -> list[tuple[str, int]]:
    names = symbols(folder)
    return [
        (names[row["symbol"]], int(row["open_time"]) - MIDNIGHT)
        for path in segments(folder, timeframe)
        for rows in blocks(path)
        for row in rows
    ]


def test_candles_are_written_under_the_numbers_of_their_symbols(tmp_path: Path) -> None:
    made = journal(tmp_path)
    offer(made, ["BTCUSDT", "ETHUSDT"], 1)
    offer(made, ["ETHUSDT", "币安人生USDT"], 2)

    assert written(tmp_path) == [("BTCUSDT", 1), ("ETHUSDT", 1), ("ETHUSDT", 2), ("币安人生USDT", 2)]
    (path,) = segments(tmp_path, "1m")
    row = list(blocks(path))[1][1]
    assert (row["tick_size"], row["close"], row["volume"], row["marks"]) == (0.1, 2, 2.0, 2)
    assert (made.written, made.lost, made.failure) == (4, 0, None)


def test_what_is_not_kept_or_empty_is_passed_over(tmp_path: Path) -> None:
    made = journal(tmp_path)

    offer(made, ["BTCUSDT"], timeframe="5m")
    offer(made, [])

    assert list(tmp_path.iterdir()) == []
    assert made.written == 0


def test_a_restart_goes_on_with_the_same_numbers(tmp_path: Path) -> None:
    offer(journal(tmp_path), ["A", "B"], 1)

    again = journal(tmp_path)
    offer(again, ["C", "B"], 2)

    assert symbols(tmp_path) == ["A", "B", "C"]
    assert written(tmp_path) == [("A", 1), ("B", 1), ("C", 2), ("B", 2)]


def test_the_oldest_segment_goes_when_there_are_too_many(tmp_path: Path) -> None:
    made = journal(tmp_path, {"1m": 40})

    for n in range(200):
        offer(made, ["A"], n)

    kept = written(tmp_path)
    assert kept == [("A", n) for n in range(200 - len(kept), 200)]
    assert 40 <= len(kept) <= 60
    assert len(segments(tmp_path, "1m")) <= 6


def test_all_timeframes_together_stay_within_the_disk(tmp_path: Path) -> None:
    made = journal(tmp_path, {"10s": 4000, "1m": 8000}, max_bytes=MIB // 8)

    for n in range(3000):
        offer(made, ["A"], n, "10s")
        offer(made, ["A", "B"], n, "1m")

    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert 0.5 * MIB / 8 < size < 1.6 * MIB / 8
    assert (made.failure, made.written) == (None, 9000)


def test_a_segment_that_somebody_removed_is_begun_again(tmp_path: Path) -> None:
    made = journal(tmp_path)
    offer(made, ["A"], 1)
    segments(tmp_path, "1m")[0].unlink()

    offer(made, ["A"], 2)

    assert made.failure is None
    assert written(tmp_path) == [("A", 2)]


def test_a_folder_that_went_away_costs_candles_and_is_told_until_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    made = journal(folder)
    offer(made, ["A"], 1)
    shutil.move(folder, tmp_path / "elsewhere")

    offer(made, ["A"], 2)
    assert made.failure is not None
    assert (made.written, made.lost, made.usage().rejected) == (1, 1, 1)

    shutil.move(tmp_path / "elsewhere", folder)
    offer(made, ["A"], 3)
    assert made.lost == 1
    assert written(folder) == [("A", 1), ("A", 3)]
    assert made.owed == {"1m": MIDNIGHT + 2}


def test_more_symbols_than_it_knows_are_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    made = journal(tmp_path, {"1m": 100_000})
    offer(made, [f"{n}USDT" for n in range(8192)], 1)

    offer(made, ["LATE"], 2)
    assert (made.written, made.lost, made.owed) == (8192, 1, {})
    offer(made, ["7USDT"], 3)

    assert (made.written, made.lost, made.failure) == (8193, 1, None)
    assert made.usage().used == made.reservation.capacity == 8192
    assert made.usage().bytes_used <= made.reservation.bytes


def test_a_folder_that_cannot_be_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"store\.folder.*store\.journal=false"):
        journal(tmp_path / "file" / "journal")


def test_garbage_behind_the_last_block_is_cut_off_before_more_is_written(tmp_path: Path) -> None:
    offer(journal(tmp_path), ["A"], 1)
    (path,) = segments(tmp_path, "1m")
    with path.open("ab") as file:
        file.write(b"half a block")

    offer(journal(tmp_path), ["A"], 2)

    assert path.stat().st_size == 2 * (16 + ROW_TYPE.itemsize)
    assert written(tmp_path) == [("A", 1), ("A", 2)]
