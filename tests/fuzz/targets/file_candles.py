"""Files of candles that others wrote, CSV and Parquet, as they are imported and as what was imported is read."""

from pathlib import Path
from shutil import rmtree

import pyarrow as pa
from pyarrow import parquet
from tests.fuzz.target import Take

from tidemark.backtest.candle_files import markets
from tidemark.backtest.imports.conversion import Wishes, convert
from tidemark.errors import CaptureError
from tidemark.model.timeframe import Timeframe

REFUSALS: tuple[type[Exception], ...] = (CaptureError,)

_TEXTS = (
    (
        "Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-02,1,3,1,2,2,10\n"
        "2024-01-03,null,3,1,2,2,10\n2024-01-04,2,3,1,2,2,9\n"
    ),
    (
        "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n"
        "A,60,20240102,010000,1,3,1,2,0\nB,60,20240102,020000,1,3,1,2,0\n"
    ),
    "2024.01.02,00:00,1.1,1.3,1.0,1.2,7\n2024.01.02,01:00,1.2,1.3,1.0,1.1,8\n",
    'unix;open;high;low;close\n"1704153600";1;2;1;1\n"1704153660";1;2;1;1\n',
    "time\topen\thigh\tlow\tclose\n31/12/2024 01:00 PM\t1\t2\t1\t1\n31/12/2024 02:00 PM\t1\t2\t1\t1\n",
)


def seeds() -> list[bytes]:
    sink = pa.BufferOutputStream()
    columns = {name: [1.0, 2.0, 3.0] for name in ("open", "high", "low", "close", "volume")}
    stamps = pa.array([1_704_153_600, 1_704_240_000, 1_704_326_400], pa.timestamp("s", tz="UTC"))
    parquet.write_table(pa.table({"ts": stamps, **columns, "symbol": ["A", "A", "B"]}), sink)
    return [*(text.encode() for text in _TEXTS), _TEXTS[0].encode("utf-16"), sink.getvalue().to_pybytes()]


def opened(folder: Path) -> Take:
    file, out = folder / "in.csv", folder / "out"
    wishes = Wishes(out=out, most_bad=1.0)

    def take(data: bytes) -> bool:
        file.write_bytes(data)
        try:
            told = convert(file, wishes)
            read = sum(len(found.time) for found in markets(Path(told.output), told.timeframe))
        finally:
            rmtree(out, ignore_errors=True)
        # What was accepted is what is read: nothing is left out between the two.
        assert read == told.candles
        assert told.candles + sum(told.bad.values()) == told.rows
        assert isinstance(told.timeframe, Timeframe)
        return True

    return take
