"""Who is told: what the process of the alerts takes, with 10,000 notifications on their way to a sink that fails.

Its libraries are all loaded: SQLite, Apprise, a webhook. Before it begins, 10,000 notifications wait for the webhook,
which nobody answers; then 10,000 signals are logged, which a file takes. Resident memory, and wall time until the
file has told all of them.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import sqlalchemy as sa

from benchmarks.base import Gate, Plan, Result, say
from benchmarks.material.reading import read
from tidemark.clock import SystemClock
from tidemark.live.alerts_job import MODULE, RESIDENT_BYTES, AlertsJob, encode
from tidemark.memory.ledger import Ledger
from tidemark.model.notification import Notification
from tidemark.store.database import Database
from tidemark.store.signal_log import SignalLog
from tidemark.store.tables import NOTIFICATIONS, OUTBOX
from tidemark.units import MIB

IS_CHEAP = False
GATE: Gate = None
_COUNT, _FEW = 10_000, 1_000
_MARKETS = 560
_AT_ONCE = 200
_SINKS = (
    "hook webhook:http://127.0.0.1:9/ secret=a-secret-of-sixteen rate=3600",
    "mail mailto://127.0.0.1:9/?from=a@example.org&to=b@example.org&mode=insecure rules=regime_change",
    "log file:a.jsonl rate=3600",
)


class _Line(msgspec.Struct):
    count: int


def run(plan: Plan) -> Iterator[Result]:
    """One process, from its begin to the last line of the file."""
    count = plan.choose(_COUNT, _FEW)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "bybit")
        _let_wait(folder, count)
        child = _begun(folder)
        try:
            _answers(child)
            first = read(child.pid).rss
            time.sleep(plan.choose(10, 2))
            failing = read(child.pid).rss
            say(f"{count} signals are logged")
            begun = time.perf_counter()
            _signal(folder, count)
            most = failing
            while _told(folder / "a.jsonl") < count:
                most = max(most, read(child.pid).rss)
                time.sleep(0.1)
            seconds = time.perf_counter() - begun
        finally:
            child.communicate()
    limit = RESIDENT_BYTES / MIB
    yield Result(name="alerts/at first", value=round(first / MIB, 1), unit="MB", target=limit)
    yield Result(
        name="alerts/against a sink that fails", value=round(failing / MIB, 1), unit="MB", target=limit, n=count
    )
    yield Result(name="alerts/the most", value=round(most / MIB, 1), unit="MB", target=limit, n=count)
    yield Result(name="alerts/told", value=round(count / seconds), unit="signals a second", n=count)


def _begun(folder: Path) -> subprocess.Popen[bytes]:
    # Not at the top: it is for tests.
    from tests.alerting import alerts

    job = AlertsJob(
        venue=folder.name, folder=str(folder), database=None, link=None,
        alerts=alerts(*_SINKS, window=0.0, cooldown=0.0, attempts=100),
    )  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-m", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=os.environ | {"MALLOC_ARENA_MAX": "2"},
    )  # fmt: skip
    assert child.stdin is not None
    child.stdin.write(encode(job))
    child.stdin.flush()
    return child


def _answers(child: subprocess.Popen[bytes]) -> None:
    assert child.stdout is not None
    child.stdout.readline()


def _let_wait(folder: Path, count: int) -> None:
    """Notifications that wait for the webhook, in twenty groups."""
    from tests.alerting import notification

    now = SystemClock().now_ns()
    told = [notification(number, channel="hook", at=now) for number in range(count)]
    with Database.open(None, folder) as database, database.engine.begin() as connection:
        connection.execute(sa.insert(NOTIFICATIONS), [_row(folder.name, one) for one in told])
        letters = [
            {
                "venue": folder.name, "channel": "hook", "group_key": f"g{number % 20}", "notification": one.id,
                "state": "pending", "attempts": 0, "next_at": now, "changed_at": now, "error": "",
            }
            for number, one in enumerate(told)
        ]  # fmt: skip
        connection.execute(sa.insert(OUTBOX), letters)


def _row(venue: str, one: Notification) -> dict[str, object]:
    return {
        "venue": venue, "id": one.id, "channel": one.channel, "group_key": one.group, "at": one.at,
        "severity": int(one.severity), "count": one.count, "read_at": None,
        "record": msgspec.json.encode(one).decode(), "rich": "<p>it is above 65</p>",
    }  # fmt: skip


def _signal(folder: Path, count: int) -> None:
    from tests.alerting import signal

    log = SignalLog(folder / "signals", 64 * MIB, Ledger())
    now = SystemClock().now_ns()
    for first in range(0, count, _AT_ONCE):
        log.offer([signal(id=f"s{n}", symbol=f"S{n % _MARKETS}USDT", at=now) for n in range(first, first + _AT_ONCE)])


def _told(path: Path) -> int:
    """How many signals the notifications in the file count."""
    if not path.exists():
        return 0
    return sum(msgspec.json.decode(line, type=_Line).count for line in path.read_bytes().split(b"\n")[:-1])
