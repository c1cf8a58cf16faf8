import shutil
from pathlib import Path

import sqlalchemy as sa
from tests.alerting import AT, VENUE, alerts, signal, tables, transition

from tidemark.alerts.inbox import Inbox
from tidemark.alerts.pace import channel_of, history
from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Reason, Record, Stage
from tidemark.settings.alerting import check
from tidemark.store import signal_rows
from tidemark.store.signal_log import SignalLog
from tidemark.store.tables import ALERT_EVENTS
from tidemark.units import HOUR, MIB, SECOND


def inbox(engine: sa.Engine, folder: Path, *sinks: str, told: tuple[str, ...] = ("raised", "target")) -> Inbox:
    settings = alerts(*sinks)
    channels = (history(settings), *(channel_of(spec, settings) for spec in check(settings)))
    return Inbox(engine, VENUE, folder, channels, told=frozenset(told), severities={}, max_age=HOUR)


def told(engine: sa.Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        return [(row.channel, row.symbol) for row in connection.execute(sa.select(ALERT_EVENTS))]


def log(folder: Path, engine: sa.Engine, *records: Record) -> None:
    """Written down by the monitor, and loaded."""
    SignalLog(folder, MIB, Ledger()).offer(records)
    with engine.begin() as connection:
        signal_rows.put(connection, VENUE, records)


def other(number: int, **fields: object) -> Record:
    return signal(id=f"S{number}", symbol=f"S{number}USDT", **fields)


def test_each_record_is_an_event_once_on_every_channel_that_takes_it(tmp_path: Path) -> None:
    engine = tables()
    made = inbox(engine, tmp_path, "phone file:x", "loud file:y severity=critical")
    log(tmp_path, engine, signal(), transition(), transition(was=Stage.ACTIVE, now=Stage.EXPIRED, reason=Reason.OVER))

    assert (made.has_more(), made.read(AT), made.has_more(), made.read(AT)) == (True, 2, False, 0)
    assert told(engine) == [("history", "BTCUSDT"), ("phone", "BTCUSDT")] * 2
    assert (made.taken, made.late, made.unknown) == (2, 0, 0)


def test_another_process_goes_on_where_the_first_one_was(tmp_path: Path) -> None:
    engine = tables()
    log(tmp_path, engine, signal())
    assert inbox(engine, tmp_path).read(AT) == 1
    log(tmp_path, engine, other(1))

    again = inbox(engine, tmp_path)
    assert (again.has_more(), again.read(AT)) == (True, 1)
    assert told(engine) == [("history", "BTCUSDT"), ("history", "S1USDT")]


def test_a_log_that_begins_anew_tells_nothing_twice(tmp_path: Path) -> None:
    engine = tables()
    made = inbox(engine, tmp_path)
    log(tmp_path, engine, signal())
    made.read(AT)
    shutil.rmtree(tmp_path)
    log(tmp_path, engine, signal(), other(1), other(2))

    assert made.read(AT) == 2
    (segment,) = tmp_path.iterdir()
    segment.rename(segment.with_name("000000000009.signals"))
    assert made.read(AT) == 0


def test_what_is_old_when_it_is_first_read_is_counted_and_told_to_nobody(tmp_path: Path) -> None:
    engine = tables()
    log(tmp_path, engine, signal(at=AT - HOUR - SECOND), other(1))
    made = inbox(engine, tmp_path)

    assert (made.read(AT), made.late) == (1, 1)


def test_what_became_of_a_signal_that_nobody_knows_is_counted(tmp_path: Path) -> None:
    engine = tables()
    SignalLog(tmp_path, MIB, Ledger()).offer([transition(id="ETHUSDT-liquidation_cascade-long-1")])
    made = inbox(engine, tmp_path)

    assert (made.read(AT), made.unknown) == (0, 1)


def test_many_records_are_read_in_pieces_and_damaged_lines_are_passed(tmp_path: Path) -> None:
    engine = tables()
    log(tmp_path, engine, *(other(number) for number in range(450)))
    (segment,) = tmp_path.iterdir()
    with segment.open("r+b") as file:
        file.seek(20)
        file.write(b"!")
    made = inbox(engine, tmp_path)

    assert made.read(AT) == 449


def test_there_may_be_no_log_yet(tmp_path: Path) -> None:
    made = inbox(tables(), tmp_path / "absent")

    assert (made.has_more(), made.read(AT)) == (False, 0)
