"""`tidemark replay` as a user runs it."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.unit.backtest.test_survey import frame


def tidemark(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tidemark", "replay", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def recording(folder: Path) -> Path:
    path = folder / "recording.gz"
    with gzip.open(path, "wb") as file:
        for number in range(1, 200):
            record = frame(number, f"{61800 + number / 10:.1f}", "0.5", recv=number)
            file.write(b"%d %s\n" % (record.ts_recv, record.payload))
    return path


def test_a_replay_tells_how_it_went_and_does_so_twice_alike(tmp_path: Path) -> None:
    path = recording(tmp_path)

    first, second = tidemark(str(path), "--json"), tidemark(str(path), "--json")

    assert (first.returncode, first.stderr) == (0, "")
    told, again = json.loads(first.stdout), json.loads(second.stdout)
    assert (told["trades"], told["markets"], told["decode_errors"]) == (199, 1, 0)
    assert told["digest"] == again["digest"]


def test_people_get_a_table_and_a_line(tmp_path: Path) -> None:
    done = tidemark(str(recording(tmp_path)))

    assert done.returncode == 0
    assert "BTCUSDT" in done.stdout
    assert "199 trades, 0 duplicates" in done.stdout


def test_a_pace_is_kept(tmp_path: Path) -> None:
    done = tidemark(str(recording(tmp_path)), "--speed", "400", "--json")

    told = json.loads(done.stdout)
    assert told["recorded_s"] == 198.0
    assert told["elapsed_s"] >= told["recorded_s"] / 400


def test_the_real_recording_has_all_its_trades(recorded: Callable[[str], Path]) -> None:
    done = tidemark(str(recorded("ws/hftbacktest_usdm_btcusdt_20240808.gz")), "--json")

    told = json.loads(done.stdout)
    assert (told["trades"], told["duplicates"], told["late"]) == (21_313, 0, 0)


def test_errors_are_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.gz"
    garbage.write_bytes(b"\x1f\x8b not a gzip file at all")
    text = tmp_path / "notes.txt"
    text.write_text("hello\n")
    cases = {
        (str(tmp_path / "nothing"),): "no recording at",
        (str(tmp_path),): "holds no .tmcap.zst file",
        (str(garbage),): "cannot be read",
        (str(text),): "is not a recording that Tidemark knows",
        (str(recording(tmp_path)), "--speed", "fast"): "--speed 'fast' is not understood",
    }
    for arguments, words in cases.items():
        done = tidemark(*arguments)

        assert done.returncode == 2, arguments
        assert words in done.stderr, arguments
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert done.stdout == ""


def test_a_recording_of_another_kind_of_market_is_refused(recorded: Callable[[str], Path]) -> None:
    done = tidemark(str(recorded("ws/hftbacktest_spot_btcusdt_20240808.gz")))

    assert done.returncode == 2
    assert "no trade of a linear USDT perpetual" in done.stderr
