"""The service as a process of its own, against a local exchange: it ends well, survives faults, and forgets nothing."""

import json
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.integration.service import closed_rows, exchange, tidemark
from tests.replay.test_recorded import replayed

from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe

USDM = "ws/hftbacktest_usdm_btcusdt_20240808.gz"
COLUMNS = ("open", "high", "low", "close", "volume", "turnover", "bought")
SMALL = ("--symbols", "30", "--rate", "500")
# Longer than anything here takes: a test that hangs fails instead.
LIMIT_S = 30.0


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_a_demonstration_ends_by_itself_and_tells_how_it_went(venue: str) -> None:
    with tidemark(
        "run", "--demo", "--venue", venue, "--for", "6s", "--no-tui", "--json", "--speed", "10", *SMALL
    ) as process:
        code, output = process.end()

    assert code == 0
    assert output.count("\n") == 1
    summary = json.loads(output)
    listed = process.events("watching")[0]["markets"]
    assert summary["venue"] == venue
    assert summary["markets"] == listed
    assert summary["trades"] > 1000
    assert summary["candles"] > 30
    assert (summary["duplicates"], summary["decode_errors"], summary["gaps"], summary["reconnects"]) == (0, 0, 0, 0)
    assert 0 < summary["rss"] <= summary["peak_rss"] <= summary["budget"]
    assert process.events("a bound is broken") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_two_seconds_and_with_a_summary(number: signal.Signals) -> None:
    with tidemark("run", "--demo", "--no-tui", "--json", *SMALL) as process:
        process.wait_for('"connection live"')
        code, output, seconds = process.stop(number)

    assert code == 0
    assert json.loads(output)["markets"] >= 30
    assert seconds < 2.0


def test_a_killed_process_goes_on_where_it_was(tmp_path: Path) -> None:
    with exchange("--speed", "20", *SMALL) as made:
        arguments = made.arguments(tmp_path)
        with tidemark(*arguments) as process:
            process.wait_for('"figures"')
            while not list(tmp_path.glob("*/journal/1m-*")):
                assert process.child.poll() is None
                time.sleep(0.05)
            process.child.kill()
            process.child.wait()
        before = closed_rows(tmp_path)
        with tidemark(*arguments, "--for", "3s") as process:
            code, output = process.end()
        after = closed_rows(tmp_path)

    # What was not whole when the process was killed may be mended afterwards.
    whole = {key: row for key, row in before.items() if Origin(row["marks"] & 7) is not Origin.PARTIAL}
    assert code == 0
    assert json.loads(output)["restored"] >= len(before) >= len(whole) > 60
    assert {key: after.get(key) for key in whole} == whole
    assert len(after) > len(before)


def test_an_exchange_that_cannot_be_reached_is_asked_again_until_a_signal(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        with tidemark(
            "run", "--no-tui", "--json", "--set", f"store.folder={tmp_path}",
            "--set", f"venue.rest_url=http://{where}", "--set", f"venue.stream_url=ws://{where}",
            "--set", "connection.alarm_after=3", "--set", "api.port=0",
        ) as process:  # fmt: skip
            process.wait_for('"alarm"')
            code, output, seconds = process.stop(signal.SIGINT)

    assert code == 0
    assert seconds < 2.0
    assert json.loads(output)["markets"] == 0
    (warning,) = [line for line in map(json.loads, process.lines) if line["level"] == "warning"]
    assert where in warning["cause"]


def test_faults_are_counted_and_nothing_falls_over(tmp_path: Path) -> None:
    with (
        exchange("--speed", "5", *SMALL) as made,
        tidemark(*made.arguments(tmp_path, "memory.maintenance_every=1s")) as process,
    ):
        process.wait_for('"connection live"')
        made.switch(duplicate=0.3, malformed=0.05, malformed_kinds=["truncated", "wrong_types", "not_a_number"])
        process.wait_for('"maintenance"', count=4)
        made.switch(drop_once=True)
        process.wait_for('"connection lost"')
        process.wait_for('"connection live"', count=2)
        made.switch(malformed=0.0, duplicate=0.0, gap=0.2, reorder=0.3, reorder_ms=3000)
        process.wait_for('"maintenance"', count=7)
        code, output, _ = process.stop(signal.SIGTERM)

    summary = json.loads(output)
    assert code == 0
    assert summary["gaps"] == 1
    assert summary["reconnects"] == 1
    assert summary["decode_errors"] > 10
    assert summary["duplicates"] > 100
    assert summary["trades"] > 1000
    assert process.events("a bound is broken") == []
    rejected = next(tmp_path.glob("*/rejects.jsonl")).read_bytes().splitlines()
    assert len(rejected) > 0


def test_a_socket_that_is_connected_but_dead_is_replaced_long_before_its_silence_timeout(tmp_path: Path) -> None:
    with exchange(*SMALL) as made, tidemark(*made.arguments(tmp_path, "freshness.floor=2s")) as process:
        process.wait_for('"figures"')
        made.switch(silent=True)
        process.wait_for("connected but dead")
        made.switch(silent=False)
        process.wait_for('"connection live"', count=2)
        code, output, _ = process.stop(signal.SIGTERM)

    assert code == 0
    summary = json.loads(output)
    assert summary["gaps"] >= 1
    assert summary["reconnects"] >= 1
    (alarm, *_) = process.events("alarm")
    assert str(alarm["what"]).startswith("bybit-1 connected but dead: ")


def test_while_streams_are_down_rest_stands_in_for_them(tmp_path: Path) -> None:
    with exchange(*SMALL) as made, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"venue.stream_url=ws://127.0.0.1:{taken.getsockname()[1]}"
        arguments = [nobody if part.startswith("venue.stream_url=") else part for part in made.arguments(tmp_path)]
        with tidemark(*arguments, "--set", "freshness.poll_after=1s") as process:
            process.wait_for('"streams down, polling"')
            process.wait_for('"figures"', count=2)
            code, output, _ = process.stop(signal.SIGTERM)

    assert code == 0
    (down,) = process.events("streams down, polling")
    assert (down["tickers_every_s"], down["candles_of_markets_per_minute"]) == (5.0, 300)
    assert process.events("figures")[-1]["polled"] == json.loads(output)["markets"] == down["markets"]
    assert process.events("polling failed, trying again") == []


@pytest.mark.parametrize("kind", ["oversized", "deep", "binary", "unknown_topic"])
def test_a_hostile_frame_costs_at_most_the_connection(tmp_path: Path, kind: str) -> None:
    with exchange(*SMALL) as made, tidemark(*made.arguments(tmp_path)) as process:
        process.wait_for('"connection live"')
        made.switch(malformed=1.0, malformed_kinds=[kind])
        if kind == "oversized":
            process.wait_for('"connection lost"')
        else:
            process.wait_for('"figures"')
        made.switch(malformed=0.0)
        process.wait_for('"connection live"', count=2 if kind == "oversized" else 1)
        code, output, _ = process.stop(signal.SIGTERM)

    assert code == 0
    assert json.loads(output)["markets"] >= 30


def test_a_recording_through_sockets_gives_every_trade_once(tmp_path: Path, recorded: Callable[[str], Path]) -> None:
    path = recorded(USDM)
    with (
        exchange("--capture", str(path), "--speed", "60") as made,
        tidemark(
            *made.arguments(tmp_path, "venue.name=binance", "venue.trade_stream=trade", "memory.maintenance_every=1s")
        ) as process,
    ):
        process.wait_for('"connection live"')
        while not made.status()["has_ended"]:
            time.sleep(0.1)
        process.wait_for('"maintenance"', count=len(process.events("maintenance")) + 2)
        code, output, _ = process.stop(signal.SIGTERM)

    summary = json.loads(output)
    assert code == 0
    assert (summary["trades"], summary["duplicates"], summary["decode_errors"]) == (21_313, 0, 0)
    through_sockets = {
        (timeframe, at): [row[name].item() for name in COLUMNS] + [int(row["marks"]) >> 4]
        for (timeframe, _, at), row in closed_rows(tmp_path).items()
        if row["marks"] >> 4 and timeframe in {"10s", "1m"}
    }
    engine, _ = replayed(path)
    directly = {}
    for timeframe in (Timeframe.S10, Timeframe.M1):
        rows = engine.candles.rows(0, timeframe, 100)
        for i in np.flatnonzero(rows["marks"] >> 4).tolist():
            figures = [rows[name][i].item() for name in COLUMNS] + [int(rows["marks"][i]) >> 4]
            directly[timeframe.value, int(rows["open_time"][i])] = figures
    assert len(directly) == 35 + 6
    # Journals hold what has closed: the last candles may still have been open.
    assert len(through_sockets) >= len(directly) - 3
    assert {key: directly.get(key) for key in through_sockets} == through_sockets


def test_a_folder_that_cannot_be_written_to_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with exchange(*SMALL) as made, tidemark(*made.arguments(tmp_path / "file" / "store")) as process:
        code, output = process.end()

    assert (code, output) == (2, "")
    assert [line for line in process.lines if not line.startswith("{")] == [process.lines[-1]]
    assert process.lines[-1].startswith("tidemark: cannot keep the journal in ")


def test_candles_of_long_timeframes_alone_are_built_too(tmp_path: Path) -> None:
    with (
        exchange("--speed", "60", *SMALL) as made,
        tidemark(*made.arguments(tmp_path, "candles.timeframes=5m,1h"), "--for", "4s") as process,
    ):
        code, output = process.end()

    assert code == 0
    assert json.loads(output)["trades"] > 1000
