import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import feather

from tidemark.backtest.candle_files import MarketCandles, markets
from tidemark.backtest.imports import json_file
from tidemark.backtest.imports.conversion import Imported, Wishes, convert
from tidemark.errors import CaptureError
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, MINUTE

BEGIN_MS = 1_704_067_200_000


def rows(count: int = 10) -> list[list[Any]]:
    return [[BEGIN_MS + 300_000 * at, 100 + at, 102.5 + at, 99 + at, 101 + at, 7.5] for at in range(count)]


def imported(path: Path, **wishes: Any) -> Imported:
    return convert(path, Wishes(out=path.parent / "out", **wishes))


def only(told: Imported) -> MarketCandles:
    (found,) = markets(Path(told.output), told.timeframe)
    return found


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("piece", [2, 13, 64, 1 << 20])
def test_candles_of_freqtrade_are_read_in_pieces_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, indent: int | None
) -> None:
    monkeypatch.setattr(json_file, "_PIECE", piece)
    path = tmp_path / "BTC_USDT_USDT-5m-futures.json"
    path.write_text(json.dumps(rows(), indent=indent))

    # By so few rows no timeframe could be found out.
    candles = only(imported(path, timeframe=Timeframe.M5))

    assert (candles.symbol, candles.timeframe) == ("BTC_USDT_USDT", Timeframe.M5)
    assert candles.time.tolist() == [row[0] * MILLISECOND for row in rows()]
    assert candles.figures["high"].tolist() == [row[2] for row in rows()]
    assert candles.figures["volume"].tolist() == [7.5] * 10


def test_rows_that_are_none_are_set_aside_with_their_number(tmp_path: Path) -> None:
    text = json.dumps(rows(40))
    bad = ["[1,2,3]", '["x",1,1,1,1,1]', "[1704067200000,null,1,1,1,1]", '[1704067200000,"a",1,1,1,1]', "[oops]"]
    path = tmp_path / "BTC_USDT-5m.json"
    path.write_text(text[:-1] + ", " + ", ".join(bad) + "]")

    told = imported(path, most_bad=0.2)

    assert told.candles == 40
    assert told.quarantine is not None
    assert Path(told.quarantine).read_text().splitlines()[1:] == [
        '41,wrong number of columns,"[1,2,3]"',
        "42,time not understood,x",
        '43,value missing,"[1704067200000,null,1,1,1,1]"',
        '44,not a number,"[1704067200000,""a"",1,1,1,1]"',
        "45,wrong number of columns,[oops]",
    ]


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_an_array_that_is_cut_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "BTC_USDT-5m.json"
    path.write_text(json.dumps(rows())[:-cut])

    with pytest.raises(CaptureError, match="ends in the middle of a row; it was cut"):
        imported(path)

    assert not (tmp_path / "out" / "BTC_USDT_5m.parquet").exists()


def test_an_array_of_nothing_or_of_other_things_is_refused(tmp_path: Path) -> None:
    empty, other, long = tmp_path / "empty.json", tmp_path / "other.json", tmp_path / "long.json"
    empty.write_text("[]")
    other.write_text('[{"time": 1}, {"time": 2}]')
    long.write_text("[[" + "1" * (3 << 20))

    with pytest.raises(CaptureError, match="holds a header and no row"):
        imported(empty)
    with pytest.raises(CaptureError, match="is no array of arrays in JSON"):
        imported(other)
    with pytest.raises(CaptureError, match="has a row of more than"):
        imported(long)


@pytest.mark.parametrize("compression", ["lz4", "uncompressed"])
def test_feather_is_known_by_its_content(tmp_path: Path, compression: str) -> None:
    columns: list[tuple[Any, ...]] = list(zip(*rows(), strict=True))
    names = ["date", "open", "high", "low", "close", "volume"]
    table = pa.table(dict(zip(names, columns, strict=True)))
    table = table.set_column(0, "date", table["date"].cast(pa.timestamp("ms", tz="UTC")))
    path = tmp_path / "ETH_USDT-5m.json"
    feather.write_feather(table, str(path), compression=compression)

    candles = only(imported(path))

    assert candles.symbol == "ETH_USDT"
    assert candles.time.tolist() == [row[0] * MILLISECOND for row in rows()]


def test_feather_that_is_cut_or_of_the_first_version_is_refused(tmp_path: Path) -> None:
    path, old = tmp_path / "a.feather", tmp_path / "old.feather"
    feather.write_feather(pa.table({"date": [1], "open": [1.0]}), str(path))
    path.write_bytes(path.read_bytes()[:-20])
    old.write_bytes(b"FEA1" + b"\0" * 100)

    with pytest.raises(CaptureError, match="is no Feather file that can be read"):
        imported(path)
    with pytest.raises(CaptureError, match="is Feather of the first version"):
        imported(old)


@pytest.mark.parametrize("unit", [1, 1000])
@pytest.mark.parametrize("has_header", [True, False])
def test_klines_of_binance_are_read_with_and_without_a_header(tmp_path: Path, unit: int, has_header: bool) -> None:
    header = (
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,"
        "ignore\n"
    )
    lines = [
        f"{at * unit},{o},{h},{low},{c},{v},{(at + 300_000) * unit - 1},1.5,3,1.0,1.0,0\n"
        for at, o, h, low, c, v in rows()
    ]
    path = tmp_path / "BTCUSDT-5m-2024-01.csv"
    path.write_text(header * has_header + "".join(lines))

    told = imported(path)

    candles = only(told)
    assert Path(told.output).name == "BTCUSDT-5m-2024-01_5m.parquet"
    assert candles.symbol == "BTCUSDT"
    assert candles.time.tolist() == [BEGIN_MS * MILLISECOND + 5 * MINUTE * at for at in range(10)]
    assert candles.figures["volume"].tolist() == [7.5] * 10
