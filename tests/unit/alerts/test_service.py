import threading
from pathlib import Path

import msgspec
import pytest
from tests.alerting import AT, alerts, signal, transition

from tidemark.alerts.service import Service
from tidemark.clock import EventClock
from tidemark.errors import SettingsError
from tidemark.live.alerts_job import AlertsFigures, AlertsJob, Said, Told
from tidemark.memory.ledger import Ledger
from tidemark.model.notification import Notification
from tidemark.store.database import Database
from tidemark.store.signal_log import SignalLog
from tidemark.units import DAY, MIB, SECOND


def job(folder: Path, *sinks: str, **others: object) -> AlertsJob:
    return AlertsJob(
        venue="bybit", folder=str(folder), database=None, alerts=alerts(*sinks, **others), link="http://here:1"
    )


def sent(folder: Path) -> list[Notification]:
    path = folder / "a.jsonl"
    return (
        [msgspec.json.decode(line, type=Notification) for line in path.read_bytes().splitlines()]
        if path.exists()
        else []
    )


def send(service: Service) -> None:
    for sender in service.senders:
        while sender.step() == 0.0:
            """The next one."""


def test_a_signal_that_is_logged_arrives_at_each_sink_and_in_the_history(tmp_path: Path) -> None:
    said: list[Said] = []
    clock = EventClock(AT)
    with Database.open(None, tmp_path) as database:
        asked = job(tmp_path, "log file:a.jsonl", "screens browser:", window=1.0)
        service = Service(asked, database, clock, said.append)
        service.turn()
        SignalLog(tmp_path / "signals", MIB, Ledger()).offer([signal(), transition()])
        service.turn()
        clock.set(AT + SECOND)
        service.turn()
        send(service)
        figures = service.figures()
        again = Service(asked, database, clock, said.append)
        said.clear()
        again.turn()

    assert sorted(one.title for one in sent(tmp_path)) == [
        "BTCUSDT: Liquidation cascade long", "BTCUSDT: Liquidation cascade long: target",
    ]  # fmt: skip
    assert (figures.events, figures.notifications, figures.unread) == (2, 2, 2)
    assert [(sink.name, sink.scheme, sink.sent, sink.pending) for sink in figures.sinks] == [
        ("log", "file", 2, 0), ("screens", "browser", 2, 0),
    ]  # fmt: skip
    assert [type(one) for one in said] == [Told, Told, AlertsFigures]


def test_the_monitor_is_told_what_browsers_are_to_show(tmp_path: Path) -> None:
    said: list[Said] = []
    with Database.open(None, tmp_path) as database:
        SignalLog(tmp_path / "signals", MIB, Ledger()).offer([signal()])
        service = Service(job(tmp_path, "screens browser:", window=0.0), database, EventClock(AT), said.append)
        service.turn()
        send(service)

    assert [one.notification.channel for one in said if isinstance(one, Told)] == ["history", "screens"]


def test_it_keeps_itself_tidy(tmp_path: Path) -> None:
    clock = EventClock(AT)
    with Database.open(None, tmp_path) as database:
        SignalLog(tmp_path / "signals", MIB, Ledger()).offer([signal()])
        service = Service(job(tmp_path, "log file:a.jsonl", window=0.0, keep=86400.0), database, clock, lambda _: None)
        service.turn()
        send(service)
        clock.set(AT + 3 * DAY)
        service.turn()
        assert service.figures().unread == 0


@pytest.mark.parametrize(
    ("sink", "others", "words"),
    [
        ("log nothing://hidden", {}, "none that Apprise understands"),
        ("log file:a", {"templates": "/nowhere"}, "alerts.templates"),
        ("log file:a rules=x", {}, "names the rule 'x'"),
    ],
)
def test_wrong_settings_are_told_at_once(tmp_path: Path, sink: str, others: dict[str, object], words: str) -> None:
    with (
        Database.open(None, tmp_path) as database,
        pytest.raises(SettingsError, match=words),
    ):
        Service(job(tmp_path, sink, **others), database, EventClock(AT), lambda _: None)


def test_each_sink_has_a_thread_that_ends(tmp_path: Path) -> None:
    stop = threading.Event()
    with Database.open(None, tmp_path) as database:
        service = Service(job(tmp_path, "log file:a.jsonl"), database, EventClock(AT), lambda _: None)
        (thread,) = service.run_senders(stop)
        stop.set()
        service.wake()
        thread.join(10.0)

    assert (thread.name, thread.is_alive()) == ("log", False)
