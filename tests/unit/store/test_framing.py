import zlib
from pathlib import Path

import numpy as np
import pytest

from tidemark.store import journal, trade_log
from tidemark.store.framing import HEAD, Framing

ROWS = Framing(b"TEST", np.dtype([("number", "<i8")]), 1 << 20)


def block(*numbers: int) -> bytes:
    return ROWS.block(np.array([(number,) for number in numbers], ROWS.dtype))


def numbers(path: Path, offset: int = 0) -> list[list[int]]:
    return [rows["number"].tolist() for rows in ROWS.blocks(path, offset)]


def test_whole_blocks_are_read_in_order_from_where_one_begins(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(block(1, 2) + block(3))

    assert numbers(path) == [[1, 2], [3]]
    assert numbers(path, len(block(1, 2))) == [[3]]
    assert ROWS.whole_bytes(path) == path.stat().st_size == 2 * 16 + 3 * 8


@pytest.mark.parametrize(
    "damage",
    [
        b"short",
        block(9)[:-1],
        b"XXXX" + block(9)[4:],
        block(9)[:-1] + b"\xff",
        HEAD.pack(ROWS.magic, 0, 1 << 30, 0),
        HEAD.pack(ROWS.magic, zlib.crc32(b"abc"), 3, 0) + b"abc",
    ],
    ids=["header", "cut", "magic", "crc", "huge", "odd"],
)
def test_reading_ends_at_the_first_damage(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(block(1, 2) + damage + block(3))

    assert numbers(path) == [[1, 2]]
    assert ROWS.whole_bytes(path) == 16 + 2 * 8


def test_a_file_that_was_dropped_meanwhile_has_no_blocks(tmp_path: Path) -> None:
    assert numbers(tmp_path / "gone") == []
    assert ROWS.whole_bytes(tmp_path / "gone") == 0


def test_what_is_read_goes_on_while_the_file_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(block(1) + block(2))
    reading = ROWS.blocks(path)

    assert next(reading)["number"].tolist() == [1]
    path.unlink()
    assert next(reading)["number"].tolist() == [2]


def test_no_log_takes_the_blocks_of_another(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(trade_log.FRAMING.block(np.zeros(7, trade_log.TRADE_TYPE)))

    assert list(journal.blocks(path)) == []
    assert [len(rows) for rows in trade_log.blocks(path)] == [7]
