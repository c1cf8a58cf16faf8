"""`tidemark data` as a user runs it; downloads are from a local exchange in a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.unit.backtest.data.made import figures, table, times, write, written

from tidemark.backtest.data.dataset import digest, find
from tidemark.backtest.data.instruments import known
from tidemark.units import MILLISECOND, MINUTE

Tidemark = Callable[..., tuple[int, str, str]]


@pytest.fixture(params=["bybit", "binance"])
def exchange(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    command = [sys.executable, "-m", "tidemark", "sim", "--json", "--with-parent", "--venue", request.param]
    child = subprocess.Popen(
        [*command, "--symbols", "3", "--rate", "50"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    yield request.param, json.loads(child.stdout.readline())["rest"]
    # Its standard input closes, which ends it.
    child.communicate(timeout=30)


def test_a_folder_is_listed(tidemark: Tidemark, tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", count=500)
    written(tmp_path / "b.parquet", count=20, symbol="ETHUSDT")
    write(tmp_path / "labels.parquet", table(times(2), figures(2)).select(["ts"]))

    code, output, error = tidemark("data", "list", str(tmp_path), COLUMNS="200")

    assert (code, error) == (0, "")
    head, row, left_out = output.splitlines()
    assert head.split() == ["timeframe", "markets", "candles", "from", "to", "files", "ticks", "of"]
    assert row.split() == ["1m", "BTCUSDT,", "ETHUSDT", "520", "2024-01-01", "00:00", "2024-01-01", "08:19", "2", "0"]
    assert left_out.startswith(f"left out: {tmp_path / 'labels.parquet'} has no column for open")


def test_the_same_is_listed_as_json_with_the_hash(tidemark: Tidemark, tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet")

    code, output, error = tidemark("data", "list", str(path), "--hash", "--json")

    assert (code, error) == (0, "")
    (told,) = json.loads(output)["datasets"]
    assert (told["timeframe"], told["markets"], told["rows"], told["files"]) == ("1m", ["BTCUSDT"], 2500, 1)
    assert told["hash"] == digest(find(path))


def test_columns_are_named(tidemark: Tidemark, tmp_path: Path) -> None:
    rows = table(times(10), figures(10), None, None).rename_columns(["t", "o", "h", "l", "c", "v"])
    path = write(tmp_path / "a.parquet", rows)
    named = "time=t,open=o,high=h,low=l,close=c"

    code, output, error = tidemark("data", "list", str(path), "--column", named, "--column", "volume=v", "--json")

    assert (code, error) == (0, "")
    assert json.loads(output)["datasets"][0]["rows"] == 10


def test_what_a_check_finds_is_told_and_a_row_that_is_no_candle_ends_it_with_1(
    tidemark: Tidemark, tmp_path: Path
) -> None:
    made = figures(20)
    made["close"][7] = float("nan")
    path = write(tmp_path / "a.parquet", table(np.delete(times(23), [2, 3, 4]), made))

    code, output, error = tidemark("data", "check", str(path), COLUMNS="200")

    assert (code, error) == (1, "")
    assert output.splitlines()[1].split()[:6] == ["BTCUSDT", "20", "1", "2", "4", "0"]
    assert "BTCUSDT: not finite, 1 places, 1 candles; the first:" in output
    assert f"2024-01-01 00:10: {path} row 8" in output
    assert "a backtest refuses these rows; tidemark data import" in output

    code, output, _ = tidemark("data", "check", str(path), "--json")
    (market,) = json.loads(output)["markets"]
    assert code == 1
    assert market["faults"][0]["kind"] == "not finite"
    assert market["gaps"]["candles"] == 4


def test_gaps_alone_are_sound(tidemark: Tidemark, tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", table(np.delete(times(23), [2, 3, 4]), figures(20)))

    code, output, error = tidemark("data", "check", str(path), "--market", "BTCUSDT")

    assert (code, error) == (0, "")
    assert "gap, 1 places, 3 candles" in output


def test_an_import_is_that_of_the_command_import(tidemark: Tidemark, tmp_path: Path) -> None:
    text = json.dumps([[1_704_067_200_000 + 300_000 * at, 1, 2, 1, 2, 3] for at in range(10)])
    (tmp_path / "BTC_USDT-5m.json").write_text(text)

    given = (str(tmp_path / "BTC_USDT-5m.json"), "--json", "--out")
    first = tidemark("import", *given, str(tmp_path / "one"))
    second = tidemark("data", "import", *given, str(tmp_path / "two"))

    assert first[0] == second[0] == 0
    assert first[1] == second[1].replace(str(tmp_path / "two"), str(tmp_path / "one"))
    assert find(tmp_path / "two").rows == 10


def test_candles_are_downloaded_and_the_second_time_only_what_is_new(
    tidemark: Tidemark, exchange: tuple[str, str], tmp_path: Path
) -> None:
    venue, rest = exchange
    begin = (time.time_ns() - 90 * MINUTE) // MINUTE * MINUTE  # noqa: TID251
    stamp = str(np.datetime64(begin // MILLISECOND, "ms"))
    given = ("--venue", venue, "--url", rest, "--from", stamp, "--out", str(tmp_path / "out"), "--json")

    code, output, error = tidemark("data", "download", "BTCUSDT", *given)

    assert (code, error) == (0, "")
    (told,) = json.loads(output)["markets"]
    dataset = find(tmp_path / "out")
    assert dataset.rows == told["candles"]
    assert 85 <= dataset.rows <= 93
    assert dataset.first == begin
    assert dataset.last == begin + (dataset.rows - 1) * MINUTE
    code, output, _ = tidemark("data", "list", str(tmp_path / "out"), "--json")
    assert json.loads(output)["datasets"][0]["known"] == 1
    market = known(tmp_path / "out")["BTCUSDT"]
    assert (market.venue, market.symbol) == (venue, "BTCUSDT")
    assert min(market.tick_size, market.lot_size) > 0

    code, output, _ = tidemark("data", "download", "BTCUSDT", *given)
    assert code == 0
    assert json.loads(output)["markets"][0]["candles"] <= 3
    assert tidemark("data", "check", str(tmp_path / "out"))[0] == 0

    code, output, error = tidemark("data", "download", "BTCUSD", *given)
    assert (code, output) == (2, "")
    assert error.startswith(
        f"tidemark: {venue} lists no linear USDT perpetual 'BTCUSD'; did you mean BTCUSDT? it lists "
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lst", "x"], "data 'lst' is none; did you mean list? there are import, list, check, download"),
        (["list", "nowhere"], "nowhere is not there; name a file or a folder of candles"),
        (["list", "a", "b"], "data list takes one path, and there are 2; put the files into one folder"),
        (["list", "a", "--column", "time"], "--column 'time' is not understood; write ROLE=NAME, like time=ts,open=o"),
        (["check", "a", "--timeframe", "7m"], "--timeframe '7m' is none; there are 10s, 1m, 5m, 15m, 30m, 1h, 4h, 1d"),
        (["download", "BTCUSDT"], "data download needs --from, like --from 2024-01-01"),
        (["download", "X", "--from", "soon"], "--from 'soon' is no time; write 2024-01-01 or 2024-01-01T12:00"),
        (
            ["download", "X", "--from", "2024-01-02", "--to", "2024-01-01"],
            "there is no whole candle of 1m from 2024-01-02 00:00 to 2024-01-01 00:00 UTC; --from has to be earlier",
        ),
        (
            ["download", "X", "--from", "2024-01-01", "--url", "ftp://x"],
            "--url 'ftp://x' is no address; write one like",
        ),
        (
            ["download", "X", "--from", "2024-01-01", "--venue", "byb"],
            "venue 'byb' is not known; did you mean 'bybit'?",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line(tidemark: Tidemark, arguments: list[str], words: str) -> None:
    code, output, error = tidemark("data", *arguments)

    assert (code, output) == (2, "")
    assert error.startswith(f"tidemark: {words}")
    assert error.count("\n") == 1


def test_an_exchange_that_cannot_be_reached_is_one_line(tidemark: Tidemark, tmp_path: Path) -> None:
    given = ("--from", "2024-01-01", "--url", "http://127.0.0.1:1", "--out", str(tmp_path))

    code, output, error = tidemark("data", "download", "BTCUSDT", *given)

    assert (code, output) == (1, "")
    assert error.startswith("tidemark: 127.0.0.1:1 cannot be reached")
    assert error.count("\n") == 1
