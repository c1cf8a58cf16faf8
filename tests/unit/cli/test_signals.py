import json
import os
import signal as signals_of_the_system
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from tests.signal_records import AT, moved, outcome, signal, story

from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Record, Signal, Stage
from tidemark.store.signal_log import SignalLog
from tidemark.units import MIB

Tidemark = Callable[..., tuple[int, str, str]]


def log(folder: Path) -> SignalLog:
    return SignalLog(folder / "bybit" / "signals", MIB, Ledger())


def lived(folder: Path, *records: Record) -> str:
    """A store with these records in its log; the argument that names it."""
    log(folder).offer(records)
    return f"store.folder={folder}"


def test_signals_are_shown_the_newest_first(tidemark: Tidemark, tmp_path: Path) -> None:
    store = lived(tmp_path, *story(0), *story(1, symbol="ETHUSDT"), signal(2))

    code, output, error = tidemark("signals", "--set", store, COLUMNS="100")

    assert (code, error) == (0, "")
    lines = [line for line in output.splitlines() if "USDT" in line]
    assert [line.split()[3] for line in lines] == ["pending", "target", "target"]
    assert f"2023-11-14 22:13:20  {signal(0).id}" in lines[-1]
    assert "100, 98, 102, 104" in output


def test_nothing_is_cut_on_a_terminal_of_80_columns(tidemark: Tidemark, tmp_path: Path) -> None:
    _, output, _ = tidemark("signals", "--set", lived(tmp_path, *story(0)), COLUMNS="80")

    assert "…" not in output
    assert max(map(len, output.splitlines())) <= 80


def test_only_what_is_asked_for(tidemark: Tidemark, tmp_path: Path) -> None:
    store = lived(tmp_path, *story(0), *story(1, symbol="ETHUSDT"), signal(2))

    def found(*arguments: str) -> list[str]:
        code, output, error = tidemark("signals", "--set", store, "--json", *arguments)
        assert (code, error) == (0, "")
        return [one["signal"]["symbol"] + one["stage"] for one in json.loads(output)]

    assert found() == ["BTCUSDTpending", "ETHUSDTtarget", "BTCUSDTtarget"]
    assert found("--open") == ["BTCUSDTpending"]
    assert found("--symbol", "ethusdt", "--rule", "confluence") == ["ETHUSDTtarget"]
    assert found("--since", "1h") == []


def test_one_is_told_with_all_that_is_known_of_it(tidemark: Tidemark, tmp_path: Path) -> None:
    one = signal(0)
    store = lived(tmp_path, *story(0), outcome(one, -1.0, is_null=True))

    code, output, error = tidemark("signals", "show", one.id, "--set", store)

    assert (code, error) == (0, "")
    for words in (
        one.sentence, "stop", "-1.07 R", "+1.92 R", "first target", "what came of it: target, +1.92 R net",
        "the random entry against it: target, -1.00 R net", "enter=65", "coverage",
    ):  # fmt: skip
        assert words in output
    _, told, _ = tidemark("signals", "show", one.id, "--set", store, "--json")
    assert msgspec.convert(json.loads(told)["signal"], Signal) == one


def test_what_cannot_be_told_is_one_line(tidemark: Tidemark, tmp_path: Path) -> None:
    store = lived(tmp_path, *story(0))
    for arguments, words in (
        (("show", "nobody"), "there is no signal 'nobody'"),
        (("show",), "signals show is not understood"),
        (("list",), "signals list is not understood"),
        (("--rule", "nosuch"), "--rule 'nosuch' is not known; there are: confluence"),
        (("--since", "soon"), "soon"),
    ):
        code, output, error = tidemark("signals", *arguments, "--set", store)
        assert (code, output, error.count("\n")) == (2, "", 1), arguments
        assert words in error


def test_an_empty_store_says_why(tidemark: Tidemark, tmp_path: Path) -> None:
    _, output, _ = tidemark("signals", "--set", f"store.folder={tmp_path / 'none'}")
    assert "no signal is known in" in output
    assert "tidemark rules" in output
    _, output, _ = tidemark("signals", "--set", lived(tmp_path, *story(0)), "--symbol", "XUSDT")
    assert "no signal matches" in output


def test_with_watch_what_comes_is_told_until_it_is_ended(tmp_path: Path) -> None:
    lived(tmp_path, signal(0))
    command = [
        sys.executable, "-m", "tidemark", "signals", "--watch", "--json", "--since", "9999d",
        "--set", f"store.folder={tmp_path}",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        log(tmp_path).offer([moved(signal(0), 1)])
        second = json.loads(process.stdout.readline())
        time.sleep(0.1)
        process.send_signal(signals_of_the_system.SIGINT)
        try:
            assert process.wait(20) == 0
        finally:
            process.kill()
    assert [one["stage"] for one in (first, second)] == [Stage.PENDING.value, Stage.ACTIVE.value]
    assert second["signal"]["at"] == AT
