from pathlib import Path

import numpy as np

from tidemark.market.level import ROW
from tidemark.store.journal import ROW_TYPE, segments, symbols


def test_a_row_holds_all_of_a_compact_candle_in_56_bytes() -> None:
    assert ROW_TYPE.itemsize == 56
    assert ROW_TYPE.names is not None
    assert set(ROW) <= set(ROW_TYPE.names)
    for name, dtype in ROW.items():
        assert ROW_TYPE[name] == np.dtype(dtype)


def test_segments_are_those_of_the_timeframe_oldest_first(tmp_path: Path) -> None:
    for name in ("1m-20.journal", "1m-10.journal", "10s-05.journal", "1m-30.part", "symbols.txt"):
        (tmp_path / name).write_bytes(b"")

    assert [path.name for path in segments(tmp_path, "1m")] == ["1m-10.journal", "1m-20.journal"]


def test_symbols_are_lines_and_a_cut_one_is_none(tmp_path: Path) -> None:
    assert symbols(tmp_path) == []
    (tmp_path / "symbols.txt").write_bytes("BTCUSDT\n币安人生\nETHUS".encode())

    assert symbols(tmp_path) == ["BTCUSDT", "币安人生"]
