from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.backtests import walk

from tidemark.backtest.runs.candles import Candles
from tidemark.backtest.runs.opening import opened
from tidemark.backtest.runs.request import Request
from tidemark.errors import CaptureError
from tidemark.units import MILLISECOND


def test_candles_are_candles_and_all_that_is_named_as_one_is_a_recording(tmp_path: Path) -> None:
    bars = walk(5)
    columns = {name: getattr(bars, name) for name in ("open", "high", "low", "close", "volume")}
    parquet.write_table(pa.table({"ts": bars.open_time // MILLISECOND, **columns}), tmp_path / "AUSDT.parquet")
    (tmp_path / "x.zst").write_bytes(b"nothing")

    source = opened(Request(strategy="x.py", data=str(tmp_path / "AUSDT.parquet")))

    assert isinstance(source, Candles)
    assert source.used.candles == 5
    with pytest.raises(CaptureError):
        opened(Request(strategy="x.py", data=str(tmp_path / "x.zst")))
