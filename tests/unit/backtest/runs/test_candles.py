from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.backtests import BEGAN, walk
from tests.build import instrument

from tidemark.backtest.data.instruments import add
from tidemark.backtest.runs.candles import Candles
from tidemark.backtest.runs.request import Request
from tidemark.errors import DataError, SettingsError
from tidemark.units import MILLISECOND, MINUTE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(("AUSDT", "BUSDT")):
        bars = walk(500, number)
        columns = {one: getattr(bars, one) for one in ("open", "high", "low", "close", "volume")}
        parquet.write_table(pa.table({"ts": bars.open_time // MILLISECOND, **columns}), tmp_path / f"{name}.parquet")
    return tmp_path


def asked(folder: Path, **more: object) -> Request:
    return Request(strategy="a.py", data=str(folder), **more)  # type: ignore[arg-type]


def test_all_markets_come_in_order_of_time(folder: Path) -> None:
    source = Candles.open(asked(folder))

    stretches = list(source.bars(64))

    assert source.used.markets == ("AUSDT", "BUSDT")
    assert (source.used.candles, source.used.begin, source.used.end) == (1000, BEGAN, BEGAN + 499 * MINUTE)
    assert [one.symbol for one in source.instruments()] == ["AUSDT", "BUSDT"]
    assert max(len(one) for one in stretches) <= 64
    times = [time for one in stretches for time in one.open_time.tolist()]
    assert times == sorted(times)
    assert len(times) == 1000


def test_days_are_cut_to_candles(folder: Path) -> None:
    source = Candles.open(asked(folder, markets=("BUSDT",), begin=BEGAN + 90_000_000_000, end=BEGAN + 10 * MINUTE))

    (bars,) = source.bars(1000)

    assert (source.used.begin, source.used.end, source.used.candles) == (BEGAN + 2 * MINUTE, BEGAN + 9 * MINUTE, 8)
    assert bars.open_time.tolist() == [BEGAN + number * MINUTE for number in range(2, 10)]


def test_the_hash_is_of_the_candles(folder: Path) -> None:
    before = Candles.open(asked(folder)).used.digest

    assert Candles.open(asked(folder)).used.digest == before
    bars = walk(500, 7)
    columns = {one: getattr(bars, one) for one in ("open", "high", "low", "close", "volume")}
    parquet.write_table(pa.table({"ts": bars.open_time // MILLISECOND, **columns}), folder / "AUSDT.parquet")
    assert Candles.open(asked(folder)).used.digest != before


def test_days_without_candles_are_told(folder: Path) -> None:
    with pytest.raises(DataError, match="no candles between the two dates; it has 2024-01-01 to 2024-01-01"):
        Candles.open(asked(folder, begin=BEGAN + 600 * MINUTE))
    with pytest.raises(SettingsError, match="--timeframe '7m' is none; there are"):
        Candles.open(asked(folder, timeframe="7m"))


def test_ticks_are_those_beside_the_candles(folder: Path) -> None:
    unknown = Candles.open(asked(folder))
    add(folder, [instrument("BUSDT")])

    source = Candles.open(asked(folder))

    assert [one.tick_size for one in source.instruments()] == [0.0, instrument("BUSDT").tick_size]
    assert source.used.instruments != unknown.used.instruments
    assert source.used.digest == unknown.used.digest
