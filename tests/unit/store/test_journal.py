import zlib
from pathlib import Path

import numpy as np
import pytest

from tidemark.market.level import ROW
from tidemark.store.journal import BLOCK, MAGIC, ROW_TYPE, blocks, segments, symbols, whole_bytes


def block(*closes: int) -> bytes:
    rows = np.zeros(len(closes), ROW_TYPE)
    rows["close"] = closes
    body = rows.tobytes()
    return BLOCK.pack(MAGIC, zlib.crc32(body), len(body), 0) + body


def closes(path: Path) -> list[list[int]]:
    return [rows["close"].tolist() for rows in blocks(path)]


def test_a_row_holds_all_of_a_compact_candle_in_56_bytes() -> None:
    assert ROW_TYPE.itemsize == 56
    assert ROW_TYPE.names is not None
    assert set(ROW) <= set(ROW_TYPE.names)
    for name, dtype in ROW.items():
        assert ROW_TYPE[name] == np.dtype(dtype)


def test_whole_blocks_are_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(block(1, 2) + block(3))

    assert closes(path) == [[1, 2], [3]]
    assert whole_bytes(path) == path.stat().st_size == 2 * 16 + 3 * 56


@pytest.mark.parametrize(
    "damage",
    [
        b"short",
        block(9)[:-1],
        b"XXXX" + block(9)[4:],
        block(9)[:-1] + b"\xff",
        BLOCK.pack(MAGIC, 0, 1 << 30, 0),
        BLOCK.pack(MAGIC, zlib.crc32(b"abc"), 3, 0) + b"abc",
    ],
    ids=["header", "cut", "magic", "crc", "huge", "odd"],
)
def test_reading_ends_at_the_first_damage(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(block(1, 2) + damage + block(3))

    assert closes(path) == [[1, 2]]
    assert whole_bytes(path) == 16 + 2 * 56


def test_segments_are_those_of_the_timeframe_oldest_first(tmp_path: Path) -> None:
    for name in ("1m-20.journal", "1m-10.journal", "10s-05.journal", "1m-30.part", "symbols.txt"):
        (tmp_path / name).write_bytes(b"")

    assert [path.name for path in segments(tmp_path, "1m")] == ["1m-10.journal", "1m-20.journal"]


def test_symbols_are_lines_and_a_cut_one_is_none(tmp_path: Path) -> None:
    assert symbols(tmp_path) == []
    (tmp_path / "symbols.txt").write_bytes("BTCUSDT\n币安人生\nETHUS".encode())

    assert symbols(tmp_path) == ["BTCUSDT", "币安人生"]
