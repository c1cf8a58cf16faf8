import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tidemark.backtest.imports.parquet_file import ParquetFile
from tidemark.backtest.imports.rows import Block, Reason
from tidemark.backtest.imports.times import Times
from tidemark.errors import CaptureError
from tidemark.units import DAY, HOUR

DAY_ZERO = 19_724 * DAY
NOON = dt.datetime(2024, 1, 2, 12, tzinfo=dt.UTC)


def written(folder: Path, **columns: Any) -> Path:
    given = {"open": [1.0], "high": [3.0], "low": [0.5], "close": [2.0], "volume": [7.0]} | columns
    parquet.write_table(pa.table(given), folder / "a.parquet")
    return folder / "a.parquet"


def only(path: Path) -> Block:
    (block,) = ParquetFile(path, lambda _: None).blocks(Times(None), "A")
    return block


@pytest.mark.parametrize(
    ("column", "instant", "tells_offset"),
    [
        (pa.array([dt.date(2024, 1, 2)]), DAY_ZERO, False),
        (pa.array([NOON.replace(tzinfo=None)], pa.timestamp("us")), DAY_ZERO + 12 * HOUR, False),
        (pa.array([NOON], pa.timestamp("s", tz="America/New_York")), DAY_ZERO + 12 * HOUR, True),
        (pa.array([int(NOON.timestamp())]), DAY_ZERO + 12 * HOUR, True),
        (pa.array([int(NOON.timestamp()) * 1000]), DAY_ZERO + 12 * HOUR, True),
        (pa.array(["2024-01-02 12:00"]), DAY_ZERO + 12 * HOUR, False),
    ],
)
def test_times_may_be_of_any_type(tmp_path: Path, column: pa.Array, instant: int, tells_offset: bool) -> None:
    block = only(written(tmp_path, Date=column))

    assert (block.instants.tolist(), block.tells_offset) == ([instant], tells_offset)
    assert (block.lines.tolist(), block.reasons.tolist(), block.symbols) == ([1], [Reason.NONE], ["A"])
    assert block.figures[:, 0].tolist() == [1.0, 3.0, 0.5, 2.0, 7.0]


def test_midnights_of_a_zone_in_the_file_are_days_there(tmp_path: Path) -> None:
    midnight = dt.datetime(2024, 1, 2, 5, tzinfo=dt.UTC)

    block = only(written(tmp_path, Date=pa.array([midnight], pa.timestamp("ns", tz="America/New_York"))))

    assert (block.instants.tolist(), block.walls.tolist()) == ([DAY_ZERO + 5 * HOUR], [DAY_ZERO])


def test_prices_may_be_decimals_and_volumes_whole_numbers(tmp_path: Path) -> None:
    block = only(written(tmp_path, ts=["2024-01-02"], open=[Decimal("1.25")], volume=[7]))

    assert block.figures[:, 0].tolist() == [1.25, 3.0, 0.5, 2.0, 7.0]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    assert only(written(tmp_path, ts=["2024-01-02"], open=pa.array([None], pa.float64()))).reasons[0] == Reason.MISSING
    assert only(written(tmp_path, ts=pa.array([None], pa.timestamp("ns")))).reasons[0] == Reason.TIME
    assert only(written(tmp_path, ts=["never"])).reasons[0] == Reason.TIME
    assert only(written(tmp_path, ts=["2024-01-02"], symbol=["MSFT"])).symbols == ["MSFT"]
    assert only(written(tmp_path, ts=["2024-01-02"], symbol=pa.array([None], pa.string()))).symbols == [""]


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="holds string; it has to hold numbers"):
        only(written(tmp_path, ts=["2024-01-02"], open=["1.0"]))
    with pytest.raises(CaptureError, match="no column for the time"):
        ParquetFile(written(tmp_path), lambda _: None)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and no more")
    with pytest.raises(CaptureError, match="no Parquet file that can be read"):
        ParquetFile(broken, lambda _: None)


def test_a_file_that_is_damaged_inside_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, ts=["2024-01-02"])
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(content)

    with pytest.raises(CaptureError, match="cannot be read after 0 rows"):
        only(path)
