"""The process of the alerts over each database: killed and begun again, nothing is lost, and nothing told twice."""

import os
import signal as signals
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from tests.alerting import Receiver, alerts, signal
from tests.postgresql import postgresql

from tidemark.alerts.history import History
from tidemark.alerts.outbox import Outbox
from tidemark.clock import SystemClock
from tidemark.live.alerts_job import MODULE, AlertsFigures, AlertsJob, Said, encode
from tidemark.memory.ledger import Ledger
from tidemark.model.notification import Notification
from tidemark.store.database import Database
from tidemark.store.signal_log import SignalLog
from tidemark.units import MIB

KEY = "a-secret-of-sixteen"
COUNT = 40


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    with ExitStack() as stack:
        yield stack.enter_context(postgresql()).url if request.param == "postgresql" else None


def begun(folder: Path, url: str | None, port: int) -> subprocess.Popen[bytes]:
    told = alerts(
        f"hook webhook:http://127.0.0.1:{port}/ secret={KEY} rate=3600", "log file:a.jsonl rate=3600",
        window=0.0, cooldown=0.0,
    )  # fmt: skip
    job = AlertsJob(venue="bybit", folder=str(folder), database=url, alerts=told, link=None)
    child = subprocess.Popen(
        [sys.executable, "-m", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=os.environ | {"MALLOC_ARENA_MAX": "2"},
    )  # fmt: skip
    assert child.stdin is not None
    child.stdin.write(encode(job))
    child.stdin.flush()
    return child


def until_sent(child: subprocess.Popen[bytes]) -> AlertsFigures:
    """What it says when nothing waits for a sink any more."""
    assert child.stdout is not None
    for line in child.stdout:
        said: Said = msgspec.json.decode(line, type=Said)
        if isinstance(said, AlertsFigures) and not any(sink.pending for sink in said.sinks):
            return said
    raise AssertionError("it ended before that")


def test_nothing_is_lost_and_nothing_told_twice_however_often_it_is_killed(tmp_path: Path, url: str | None) -> None:
    folder = tmp_path / "bybit"
    now = SystemClock().now_ns()
    log = SignalLog(folder / "signals", MIB, Ledger())
    with Receiver() as receiver:
        for life in range(3):
            rules = ("confluence", "whale_flow", "funding_extreme", "volume_anomaly")
            log.offer(
                [signal(id=f"{life}-{n}", rule=rules[n % 4], symbol=f"S{life}-{n}USDT", at=now) for n in range(COUNT)]
            )
            child = begun(folder, url, receiver.port)
            assert child.stdout is not None
            # Killed while it sends, but for the last one.
            child.stdout.readline()
            if life < 2:
                child.send_signal(signals.SIGKILL)
                child.communicate()
        figures = until_sent(child)
        child.communicate(timeout=30)

    expected = {f"S{life}-{n}USDT" for life in range(3) for n in range(COUNT)}
    lines = [msgspec.json.decode(line, type=Notification) for line in (folder / "a.jsonl").read_bytes().splitlines()]
    bodies = {got.headers["Idempotency-Key"]: msgspec.json.decode(got.body) for got in receiver.received}
    with Database.open(url, folder) as database:
        history = History(database.engine, "bybit").newest(1000)
        counts = Outbox(database.engine, "bybit").counts()
    for told in (
        [one.symbols for one in lines], [one.symbols for one in history], [body["symbols"] for body in bodies.values()],
    ):  # fmt: skip
        names = [symbol for symbols in told for symbol in symbols]
        assert len(names) == len(set(names)) == len(expected)
        assert set(names) == expected
    assert len({one.id for one in lines}) == len(lines)
    assert {state for _, state in counts} == {"sent"}
    assert figures.unread == len(history)
