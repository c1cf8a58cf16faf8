import io
import logging
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import psutil
import pytest
import structlog
from tests.alerting import Receiver, alerts, signal

from tidemark.alerts import process
from tidemark.alerts.sinks import registry
from tidemark.alerts.sinks.base import Message
from tidemark.clock import SystemClock
from tidemark.errors import SinkError, StoreError
from tidemark.live.alerts_job import (
    MODULE,
    RESIDENT_BYTES,
    AlertsFigures,
    AlertsJob,
    Done,
    MarkRead,
    Said,
    Told,
    TrySink,
    encode,
)
from tidemark.memory.ledger import Ledger
from tidemark.store.signal_log import SignalLog
from tidemark.units import MIB

KEY = "a-secret-of-sixteen"


def begun(folder: Path, *sinks: str, **others: object) -> subprocess.Popen[bytes]:
    job = AlertsJob(venue="bybit", folder=str(folder), database=None, alerts=alerts(*sinks, **others), link=None)
    child = subprocess.Popen(
        [sys.executable, "-m", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"MALLOC_ARENA_MAX": "2"},
    )  # fmt: skip
    assert child.stdin is not None
    child.stdin.write(encode(job))
    child.stdin.flush()
    return child


def heard(child: subprocess.Popen[bytes]) -> Said:
    assert child.stdout is not None
    said: Said = msgspec.json.decode(child.stdout.readline(), type=Said)
    return said


def test_it_tells_until_it_is_told_to_end(tmp_path: Path) -> None:
    """A notification to a webhook, with Apprise loaded beside it; its memory is what it declares."""
    with Receiver() as receiver:
        hook = f"hook webhook:http://127.0.0.1:{receiver.port}/ secret={KEY}"
        mail = "mail mailto://127.0.0.1:9/?from=a@example.org&to=b@example.org&mode=insecure rules=whale_flow"
        child = begun(tmp_path, hook, mail, "screens browser:", window=0.0)
        first = heard(child)
        SignalLog(tmp_path / "signals", MIB, Ledger()).offer([signal(at=SystemClock().now_ns())])
        told = {one.notification.channel for one in (heard(child), heard(child), heard(child)) if isinstance(one, Told)}
        resident = psutil.Process(child.pid).memory_info().rss
        _, log = child.communicate(timeout=20)

    assert isinstance(first, AlertsFigures)
    assert told == {"history", "screens"}
    assert (child.returncode, log) == (0, b"")
    assert [got.headers["Idempotency-Key"][-9] for got in receiver.received] == ["-"]
    assert 0 < resident < RESIDENT_BYTES


def test_orders_are_carried_out_in_their_order_and_what_is_none_is_passed_over(tmp_path: Path) -> None:
    child = begun(tmp_path, "log file:a.jsonl", window=0.0)
    assert child.stdin is not None
    for order in (TrySink(number=1, sink="log"), MarkRead(number=2, ids=None)):
        child.stdin.write(b'{"type":"fly"}\n' + msgspec.json.encode(order) + b"\n")
        child.stdin.flush()
    done: list[Done] = []
    while len(done) < 2:
        said = heard(child)
        done += [said] if isinstance(said, Done) else []
    _, log = child.communicate(timeout=20)

    assert [one.number for one in done] == [1, 2]
    assert done[0].tried is not None
    assert (done[0].tried.is_sent, done[1].changed, child.returncode) == (True, 0, 0)
    assert log.count(b"the monitor orders something that is not understood") == 2


@pytest.mark.parametrize(
    ("sink", "code", "words"),
    [("a webhook:https://hidden/", 2, "needs secret=")],
)
def test_wrong_settings_end_it_with_one_line(tmp_path: Path, sink: str, code: int, words: str) -> None:
    child = begun(tmp_path, sink)
    out, said = child.communicate(timeout=20)

    assert (child.returncode, out, said.count(b"\n")) == (code, b"", 1)
    assert words in said.decode()
    assert b"hidden" not in said


def test_a_database_that_cannot_be_reached_may_be_reached_later(tmp_path: Path) -> None:
    (tmp_path / "tidemark.db").mkdir()
    child = begun(tmp_path, "a file:x")
    _, said = child.communicate(timeout=20)

    assert child.returncode == 1
    assert b"the database" in said


def test_what_is_no_job_is_refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "limit", lambda: None)
    assert process.main(io.BytesIO(b"{}\n"), io.BytesIO()) == 1
    assert "no job was given" in capsys.readouterr().err


def test_a_sink_that_fails_in_a_way_that_is_not_foreseen_ends_the_process_and_tells_no_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        is_idempotent = True
        is_of_monitor = False

        def send(self, message: Message) -> None:
            raise KeyError("https://hidden/")

    monkeypatch.setattr(registry, "make", lambda *_: Broken())
    job = AlertsJob(
        venue="bybit", folder=str(tmp_path), database=None, alerts=alerts("a file:x", window=0.0), link=None
    )
    SignalLog(tmp_path / "signals", MIB, Ledger()).offer([signal(at=SystemClock().now_ns())])
    stop = threading.Event()
    configured = structlog.get_config()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        with pytest.raises(
            SinkError, match=r"the thread 'a' failed in a way that is not foreseen: KeyError at test_process"
        ):
            process.work(job, queue.Queue(), process.Voice(io.BytesIO(), stop), stop, SystemClock())
    finally:
        structlog.configure(**configured)
        root.handlers[:] = handlers
        root.setLevel(level)


def test_where_nobody_listens_any_more_it_is_to_end() -> None:
    stop = threading.Event()
    closed = io.BytesIO()
    closed.close()
    process.Voice(closed, stop).say(AlertsFigures(events=0, late=0, notifications=0, unread=0, sinks=()))

    assert stop.is_set()


def test_another_one_at_work_on_the_same_folder_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_ALONE_S", 0.02)
    monkeypatch.setattr(process, "_TURN_S", 0.01)
    with process._alone(tmp_path, threading.Event()):
        with (
            pytest.raises(StoreError, match="another process tells people"),
            process._alone(tmp_path, threading.Event()),
        ):
            pass
        told_to_end = threading.Event()
        told_to_end.set()
        with process._alone(tmp_path, told_to_end):
            pass
