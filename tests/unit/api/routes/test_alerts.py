from pathlib import Path

import msgspec
from tests.alerting import AT, notification

from tidemark.api.monitor import Monitor
from tidemark.api.routes.alerts import ROUTES, AlertsTold, RecentNotifications, recent_of, told_of
from tidemark.api.routes.base import Nothing
from tidemark.clock import SystemClock
from tidemark.live.alerting import Alerting
from tidemark.live.alerts_job import AlertsFigures, SinkFigures
from tidemark.memory.ledger import Ledger
from tidemark.settings.settings import load


def alerting(folder: Path) -> Alerting:
    settings = load(None, {}, {"alerts.sinks": "log file:hidden.jsonl"}).settings
    return Alerting(settings, folder / "bybit", SystemClock(), Ledger())


def test_without_a_sink_nobody_is_told(monitor: Monitor) -> None:
    told, recent = (route.give(monitor, Nothing()) for route in ROUTES)

    assert isinstance(told, AlertsTold)
    assert isinstance(recent, RecentNotifications)
    assert (told.is_wanted, told.is_running, told.sinks, recent.notifications) == (False, False, (), ())


def test_each_sink_is_told_as_its_process_said_last(tmp_path: Path) -> None:
    made = alerting(tmp_path)
    before = told_of(made, 1)
    sink = SinkFigures(name="log", scheme="file", pending=2, dead=1, sent=7, failed=3, failure="the disk is full")
    made.figures = AlertsFigures(events=9, late=1, notifications=5, unread=4, sinks=(sink,))
    made.pid, made.resident = 17, 1000
    told = told_of(made, 1)

    assert (before.is_wanted, before.is_running, before.sinks) == (True, False, ())
    assert (told.is_running, told.resident_bytes, told.events, told.late, told.unread) == (True, 1000, 9, 1, 4)
    assert msgspec.structs.asdict(told.sinks[0]) == msgspec.structs.asdict(sink)
    assert b"hidden" not in msgspec.json.encode(told)


def test_what_was_told_last_comes_first(tmp_path: Path) -> None:
    made = alerting(tmp_path)
    for number in (2, 3, 1):
        made._tell(notification(number, channel="history", at=AT + number))

    assert [row.id[-1] for row in recent_of(made)] == ["3", "2", "1"]
