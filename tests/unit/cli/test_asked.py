"""Commands that ask again and again, against a service that runs, until Ctrl-C; what they show is in test_score."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tidemark", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "100"},
        preexec_fn=hear_ctrl_c,  # noqa: PLW1509 - there are no threads here
    )


def hear_ctrl_c() -> None:
    """Whoever was started in the background of a script is deaf for it, and so would be what it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("command", ["score", "market"])
def test_watching_prints_an_object_a_second_and_ctrl_c_is_its_regular_end(command: str, socket: Path) -> None:
    process = started(command, "--socket", str(socket), "--watch", "--json")
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        told = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        rest, error = process.stdout.read(), process.stderr.read()

    assert (process.returncode, error) == (0, "")
    assert [line for line in rest.splitlines() if not line.startswith("{")] == []
    assert told[0]["at"] <= told[1]["at"] <= told[2]["at"]


def test_a_table_is_watched_in_place_on_a_terminal(socket: Path) -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tidemark", "score", "--socket", str(socket), "--watch", "--top", "2"],
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "100", "TERM": "xterm"},
        preexec_fn=hear_ctrl_c,  # noqa: PLW1509 - there are no threads here
    )
    os.close(theirs)
    shown = b""
    with process:
        assert process.stderr is not None
        while shown.count(b"markets scored at") < 2:
            shown += os.read(ours, 4096)
        process.send_signal(signal.SIGINT)
        error = process.stderr.read()
    os.close(ours)

    assert (process.returncode, error) == (0, "")
    assert b"\x1b[1A" in shown, "the second table is below the first"


def test_where_no_process_runs_nothing_is_watched(tmp_path: Path) -> None:
    process = started("score", "--socket", str(tmp_path / "control.sock"), "--watch")
    _, error = process.communicate(timeout=60)

    assert process.returncode == 2
    assert error.startswith(f"tidemark: no process answers at {tmp_path}/control.sock")
