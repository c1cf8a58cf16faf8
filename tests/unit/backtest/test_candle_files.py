from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tidemark.backtest.candle_files import MarketCandles, longer, markets
from tidemark.errors import CaptureError
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, MINUTE, SECOND

BEGIN = 1_700_000_000 // 300 * 300


def rows(count: int = 10, symbol: str = "AUSDT", step_s: int = 60) -> dict[str, list[object]]:
    close: list[object] = [100.0 + at for at in range(count)]
    return {
        "ts": [(BEGIN + at * step_s) * 1000 for at in range(count)],
        "open": [99.5 + at for at in range(count)],
        "high": [101.0 + at for at in range(count)],
        "low": [99.0 + at for at in range(count)],
        "close": close,
        "volume": [float(at) for at in range(count)],
        "symbol": [symbol] * count,
    }


def write(folder: Path, name: str, *parts: dict[str, list[object]]) -> Path:
    table = pa.concat_tables([pa.table(part) for part in parts])
    parquet.write_table(table, folder / name)
    return folder / name


def one(candles: list[MarketCandles]) -> MarketCandles:
    (found,) = candles
    return found


def test_the_markets_of_a_file_come_one_by_one_in_order(tmp_path: Path) -> None:
    shuffled = {name: column[::-1] for name, column in rows(symbol="BUSDT").items()}
    write(tmp_path, "a.parquet", shuffled, rows())

    first, second = markets(tmp_path, Timeframe.M1)

    assert (first.symbol, second.symbol) == ("AUSDT", "BUSDT")
    assert first.time.tolist() == [(BEGIN + 60 * at) * SECOND for at in range(10)]
    assert np.array_equal(first.figures["close"], second.figures["close"])
    assert "bought" not in first.figures


def test_times_may_be_timestamps_and_what_was_bought_may_be_told(tmp_path: Path) -> None:
    made = rows()
    stamps = pa.array(made.pop("ts"), pa.int64()).cast(pa.timestamp("ms"))
    del made["symbol"]
    parquet.write_table(pa.table({**made, "ts": stamps, "bought": made["volume"]}), tmp_path / "BTC.parquet")

    found = one(list(markets(tmp_path, Timeframe.M1)))

    assert (found.symbol, found.time[0]) == ("BTC", BEGIN * SECOND)
    assert np.array_equal(found.figures["bought"], found.figures["volume"])


def test_what_is_no_candle_is_left_out(tmp_path: Path) -> None:
    made = rows()
    made["high"][2] = 1.0
    made["close"][4] = float("nan")
    made["ts"][6] = made["ts"][5]
    made["low"][8] = -1.0
    write(tmp_path, "a.parquet", made)

    found = one(list(markets(tmp_path, Timeframe.M1)))

    assert [(at // SECOND - BEGIN) // 60 for at in found.time.tolist()] == [0, 1, 3, 5, 7, 9]


def test_files_of_other_timeframes_or_of_something_else_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "slow.parquet", rows(step_s=300))
    parquet.write_table(pa.table({"ts": [1]}), tmp_path / "other.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")

    assert list(markets(tmp_path, Timeframe.M1)) == []
    assert one(list(markets(tmp_path, Timeframe.M5))).timeframe is Timeframe.M5
    with pytest.raises(CaptureError, match="no file that matches 'x'"):
        list(markets(tmp_path, Timeframe.M1, "x"))


def test_the_files_of_the_archive_are_one_market(tmp_path: Path) -> None:
    made = rows()
    del made["symbol"]
    times = pa.array(made.pop("ts"), pa.int64()).cast(pa.timestamp("ms", tz="UTC")).cast(pa.timestamp("ns", tz="UTC"))
    more = {"open_time": times, "timeframe": ["1m"] * 10, "buy_volume": made["volume"]}
    whole = pa.table({**made, **more})
    for number, part in enumerate((whole.slice(5), whole.slice(0, 5))):
        folder = tmp_path / "venue=bybit" / "symbol=1000%E5%B8%81USDT" / f"date=2023-11-{14 + number}"
        folder.mkdir(parents=True)
        parquet.write_table(part, folder / "candles.parquet")

    found = one(list(markets(tmp_path, Timeframe.M1)))

    assert found.symbol == "1000币USDT"
    assert len(found.time) == 10
    assert np.array_equal(found.figures["bought"], found.figures["volume"])


def test_longer_candles_are_made_of_whole_ones() -> None:
    figures = {name: np.array(column, float) for name, column in rows(12).items() if name not in {"ts", "symbol"}}
    time = (BEGIN + 60 * np.arange(12)) * SECOND
    minutes = MarketCandles(symbol="A", source="f", timeframe=Timeframe.M1, time=time, figures=figures)

    found = longer(minutes, Timeframe.M5)

    # The first minute had no volume: its prices only repeat a close, so the candle opens with the second.
    assert found.time.tolist() == [BEGIN * SECOND, (BEGIN + 300) * SECOND]
    assert found.figures["open"].tolist() == [100.5, 104.5]
    assert found.figures["high"].tolist() == [105.0, 110.0]
    assert found.figures["low"].tolist() == [100.0, 104.0]
    assert found.figures["close"].tolist() == [104.0, 109.0]
    assert found.figures["volume"].tolist() == [10.0, 35.0]


def test_a_longer_candle_in_which_nobody_traded_is_flat() -> None:
    figures = {name: np.full(5, 7.0) for name in ("open", "high", "low", "close")} | {"volume": np.zeros(5)}
    time = np.arange(5) * MINUTE
    found = longer(
        MarketCandles(symbol="A", source="f", timeframe=Timeframe.M1, time=time, figures=figures), Timeframe.M5
    )

    assert {name: column.tolist() for name, column in found.figures.items()} == {
        "open": [7.0], "high": [7.0], "low": [7.0], "close": [7.0], "volume": [0.0],
    }  # fmt: skip
    assert found.timeframe.ns > MILLISECOND
