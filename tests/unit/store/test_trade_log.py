import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.archives import trades
from tests.build import MIDNIGHT

from tidemark.errors import StoreError
from tidemark.kernels.columns import TradeColumns
from tidemark.memory.ledger import Ledger
from tidemark.store.journal import symbols
from tidemark.store.position import Place, write_places
from tidemark.store.segments import numbered
from tidemark.store.trade_log import PLACE, SUFFIX, TRADE_TYPE, TradeLog, blocks, whole_bytes
from tidemark.units import MIB, SECOND


def kept(folder: Path) -> list[int]:
    return [int(row["sequence"]) for path in numbered(folder, SUFFIX) for rows in blocks(path) for row in rows]


def test_what_was_taken_is_written_under_the_numbers_of_its_symbols(tmp_path: Path) -> None:
    log = TradeLog(tmp_path, max_bytes=MIB, ledger=Ledger())
    columns = TradeColumns(4)
    for n, slot in enumerate((5, 7, 5, 9)):
        columns.append(slot, MIDNIGHT + n, MIDNIGHT + n + 1, n, n, 1.5, 2.0, n == 0)

    log.offer(columns, np.array([1, 1, 0, 1], np.uint8), {5: "A", 7: "币USDT"}.get)

    (path,) = numbered(tmp_path, SUFFIX)
    (rows,) = blocks(path)
    assert symbols(tmp_path) == ["A", "币USDT"]
    assert rows.tolist() == [
        (0, 1, MIDNIGHT, MIDNIGHT + 1, 0, 0, 1.5, 2.0),
        (1, 0, MIDNIGHT + 1, MIDNIGHT + 2, 1, 1, 1.5, 2.0),
    ]
    assert (log.written, log.lost, log.usage().used) == (2, 0, 2)
    assert log.usage().bytes_used <= log.reservation.bytes


def test_nothing_taken_writes_nothing(tmp_path: Path) -> None:
    log = TradeLog(tmp_path, max_bytes=MIB, ledger=Ledger())

    log.offer(TradeColumns(4), np.zeros(0, np.uint8), lambda _: "A")

    assert list(tmp_path.iterdir()) == []


def test_half_a_block_is_cut_off_before_more_is_written(tmp_path: Path) -> None:
    trades(tmp_path, [1])
    (path,) = numbered(tmp_path / "trades", SUFFIX)
    whole = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"half a block")
    assert whole_bytes(path) == whole == 16 + TRADE_TYPE.itemsize

    trades(tmp_path, [2])

    assert kept(tmp_path / "trades") == [1, 2]


def test_it_stays_within_its_bound_and_counts_what_went_before_it_was_archived(tmp_path: Path) -> None:
    write_places(tmp_path / "trades", {PLACE: Place(segment=f"{1:012d}{SUFFIX}", offset=10**9)})
    dropped = 0
    for n in range(120):
        dropped += trades(tmp_path, [n], max_bytes=9 * 720).unarchived

    held = kept(tmp_path / "trades")
    # Ten blocks of 72 bytes fill a segment of 720; of twelve the newest eight stay, and the first was archived.
    assert held == list(range(120 - len(held), 120))
    assert (len(held), dropped) == (80, 30)


def test_a_folder_that_went_away_costs_trades_and_is_told(tmp_path: Path) -> None:
    log = trades(tmp_path, [1])
    shutil.rmtree(tmp_path / "trades")
    columns = TradeColumns(1)
    columns.append(0, MIDNIGHT, MIDNIGHT + SECOND, 1, 1, 1.0, 1.0, is_buy=True)

    log.offer(columns, np.ones(1, np.uint8), lambda _: "NEW")

    assert (log.written, log.lost, log.usage().rejected) == (1, 1, 1)
    assert log.failure is not None


def test_a_folder_that_cannot_be_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"archive\.trades=false"):
        TradeLog(tmp_path / "file" / "trades", max_bytes=MIB, ledger=Ledger())
