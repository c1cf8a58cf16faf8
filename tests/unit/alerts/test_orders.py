from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.alerting import AT, alerts, signal

from tidemark.alerts.history import History
from tidemark.alerts.orders import Orders
from tidemark.alerts.service import Service
from tidemark.clock import EventClock
from tidemark.live.alerts_job import AlertsFigures, AlertsJob, MarkRead, Resend, Said, Told, TrySink
from tidemark.memory.ledger import Ledger
from tidemark.store.database import Database
from tidemark.store.signal_log import SignalLog
from tidemark.units import MIB

# Nobody listens at port 9 of loopback.
KEY = "a-secret-of-sixteen"


class Desk:
    """A service with one notification, whose sink for letters does not take it."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.said: list[Said] = []
        self.engine = database.engine
        job = AlertsJob(
            venue="bybit", folder=str(folder), database=None, link=None,
            alerts=alerts(
                f"letters webhook:http://127.0.0.1:9/ secret={KEY}", "log file:a.jsonl", "screens browser:",
                window=0.0, attempts=1,
            ),
        )  # fmt: skip
        self.service = Service(job, database, EventClock(AT), self.said.append)
        SignalLog(folder / "signals", MIB, Ledger()).offer([signal()])
        self.turn()

    def turn(self) -> None:
        self.said.clear()
        self.service.turn()
        for sender in self.service.senders:
            while sender.step() == 0.0:
                """The next one."""

    @property
    def orders(self) -> Orders:
        return self.service.orders

    @property
    def history(self) -> History:
        return History(self.engine, "bybit")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Database.open(None, tmp_path) as database:
        yield Desk(tmp_path, database)


@pytest.mark.parametrize("is_named", [True, False])
def test_what_was_read_is_told_again_as_read(desk: Desk, is_named: bool) -> None:
    (told,) = desk.history.newest(9)
    order = MarkRead(number=7, ids=(told.id, "no-such-one") if is_named else None)

    done, again = desk.orders.carry_out(order), desk.orders.carry_out(order)
    desk.turn()

    assert (done.number, done.changed, done.failure) == (7, 1, None)
    assert again.changed == 0
    assert [one.notification.read_at for one in desk.said if isinstance(one, Told)] == [AT]
    assert [one.unread for one in desk.said if isinstance(one, AlertsFigures)] == [0]
    desk.turn()
    assert desk.said == []


def test_what_another_process_read_is_seen_with_the_next_figures(desk: Desk) -> None:
    desk.turn()
    desk.history.read(None, AT)
    desk.service._tell_at = 0
    desk.turn()

    assert [one.notification.read_at for one in desk.said if isinstance(one, Told)] == [AT]


def test_dead_letters_are_tried_again(desk: Desk) -> None:
    before = desk.service.figures().sinks[0]
    done = desk.orders.carry_out(Resend(number=1, letters=None))
    waiting = desk.service.figures().sinks[0]
    desk.turn()
    after = desk.service.figures().sinks[0]

    assert (before.dead, waiting.pending, waiting.dead) == (1, 1, 0)
    assert (done.changed, after.failed, after.dead) == (1, 2, 1)
    assert desk.orders.carry_out(Resend(number=2, letters=(4711,))).changed == 0


def test_a_sink_is_tried_where_it_is(desk: Desk) -> None:
    tried = {name: desk.orders.carry_out(TrySink(number=1, sink=name)).tried for name in ("letters", "log", "screens")}
    unknown = desk.orders.carry_out(TrySink(number=3, sink="nobody"))

    assert {name: one.is_sent for name, one in tried.items() if one is not None} == {
        "letters": False, "log": True, "screens": True,
    }  # fmt: skip
    assert [one.notification.channel for one in desk.said if isinstance(one, Told)][-1] == "screens"
    assert unknown.failure == "there is no sink 'nobody'; there are: letters, log, screens"


def test_a_database_that_fails_is_told_without_what_it_says(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise sa.exc.OperationalError("UPDATE secret", {}, OSError("disk"))

    monkeypatch.setattr(History, "read", fail)
    done = desk.orders.carry_out(MarkRead(number=1, ids=None))

    assert done.failure == "the database did not take it; try again"
