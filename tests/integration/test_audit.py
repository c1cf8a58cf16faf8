"""A running service is asked about itself: a diagnosis by command and by signal, and an audit, beside its feed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.service import Process, exchange, tidemark


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, Path]]:
    folder = tmp_path_factory.mktemp("store")
    with exchange("--symbols", "5", "--rate", "100") as sim, tidemark(*sim.arguments(folder)) as process:
        process.wait_for('"event": "connection live"')
        yield process, next(folder.glob("*/control.sock"))
        code, output, _ = process.stop(signal.SIGTERM)
        assert code == 0, process.lines
        assert json.loads(output)["decode_errors"] == 0


def ask(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and answer of a command with `--json`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMARK_")}
    command = [sys.executable, "-m", "tidemark", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert done.stdout, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, told


def test_a_diagnosis_is_written_where_it_says(service: tuple[Process, Path]) -> None:
    _, socket = service

    code, told = ask("diagnose", "--socket", str(socket))

    bundle = json.loads(Path(told["path"]).read_text())
    assert code == 0
    assert told["bytes"] == Path(told["path"]).stat().st_size < 1 << 20
    assert bundle["reason"] == "tidemark diagnose"
    assert {task["name"] for task in bundle["tasks"]} >= {"beat", "control", "diagnosis", "pressure"}


def test_a_signal_has_one_written_too(service: tuple[Process, Path]) -> None:
    process, socket = service
    before = len(list(socket.parent.glob("diagnostics/*.json")))

    process.child.send_signal(signal.SIGUSR1)
    process.wait_for('"reason": "SIGUSR1"')

    assert len(list(socket.parent.glob("diagnostics/*.json"))) == before + 1
    assert process.child.poll() is None


def test_an_audit_of_seconds_knows_every_bound_and_refuses_to_judge_growth(service: tuple[Process, Path]) -> None:
    _, socket = service

    code, told = ask("audit", "--socket", str(socket), "--for", "3s")

    findings = {finding["hypothesis"]: finding for finding in told["findings"]}
    assert (code, told["verdict"]) == (3, "INCONCLUSIVE"), told["summary"]
    assert told["missing_s"] > 200.0
    assert told["messages"] > 0
    assert {name for name, finding in findings.items() if finding["verdict"] == "VALID"} == set()
    assert findings["owners"]["verdict"] == "INVALID"
    assert findings["sql_pool"]["words"] == "no SQL pool in this process: its library was never imported"
