from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from tests.alerting import AT, VENUE, Desk, desk, event

from tidemark.proof.soak.delivery import Delivered, judge, lines_of, wait_until_sent
from tidemark.proof.soak.receiver import Arrival, Told, contents
from tidemark.store.database import Database
from tidemark.store.tables import ALERT_EVENTS, ALERT_KEYS, NOTIFICATIONS, OUTBOX
from tidemark.units import SECOND

SINK = "hook"


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Desk]:
    """Three notifications, two of them of one group, that were sent."""
    with Database.open(None, tmp_path) as database:
        one = desk(database.engine, f"{SINK} file:x", window=0.0, cooldown=0.0)
        for number, rule in enumerate(("confluence", "confluence", "whale_flow")):
            with one.engine.begin() as connection:
                connection.execute(sa.insert(ALERT_KEYS), [{"venue": VENUE, "key": f"key-{number}", "at": AT}])
            one.put([event(number, rule=rule)], AT)
            one.gathering.step(AT + number)
        while (letter := one.outbox.take(SINK, AT + SECOND)) is not None:
            one.outbox.sent(letter.number, AT + SECOND)
        yield one


def arrivals(one: Desk) -> dict[str, Arrival]:
    """Each of them as it was sent, in the order in which they were made."""
    records = [row.record for row in one.rows(NOTIFICATIONS) if row.channel == SINK]
    notifications = sorted((msgspec.json.decode(record, type=Told) for record in records), key=lambda told: told.id)
    return {told.id: Arrival(place=n, contents=contents(told)) for n, told in enumerate(notifications)}


def test_what_was_sent_and_is_there_is_in_order(told: Desk, tmp_path: Path) -> None:
    found = judge(tmp_path, VENUE, {SINK: arrivals(told)})

    assert found == Delivered(events=3, made=3, sent=3)


def test_what_was_sent_and_is_not_there_is_lost(told: Desk, tmp_path: Path) -> None:
    theirs = arrivals(told)
    gone = next(iter(theirs))
    del theirs[gone]

    assert judge(tmp_path, VENUE, {SINK: theirs}).lost == [f"{gone} was sent to hook and is not there"]


def test_what_arrived_as_something_else_is_lost(told: Desk, tmp_path: Path) -> None:
    theirs = arrivals(told)
    other = next(iter(theirs))
    theirs[other].contents = b"another"

    assert judge(tmp_path, VENUE, {SINK: theirs}).lost == [f"{other} is another one at hook"]


def test_those_of_a_group_that_change_their_order_are_told_and_others_may(told: Desk, tmp_path: Path) -> None:
    theirs = arrivals(told)
    places = [row.notification for row in told.rows(OUTBOX)]
    theirs[places[2]].place = -1
    fine = judge(tmp_path, VENUE, {SINK: theirs}).disordered
    theirs[places[0]].place, theirs[places[1]].place = 1, 0

    assert fine == []
    assert judge(tmp_path, VENUE, {SINK: theirs}).disordered == [
        f"{places[1]} of confluence/long/raised came to hook before an older one"
    ]


def test_dead_letters_are_told_with_their_cause(told: Desk, tmp_path: Path) -> None:
    told.outbox.died(1, AT + SECOND, "it answered 404")
    (words,) = judge(tmp_path, VENUE, {SINK: arrivals(told)}).dead

    assert words.endswith("to hook, after 1 attempts: it answered 404")


@pytest.mark.parametrize("table", [ALERT_KEYS, NOTIFICATIONS])
def test_an_event_that_is_in_no_notification_or_in_two_is_told(told: Desk, tmp_path: Path, table: sa.Table) -> None:
    theirs = arrivals(told)
    oldest = sa.select(sa.func.min(table.c[list(table.primary_key)[1].name])).where(table.c.venue == VENUE)
    with told.engine.begin() as connection:
        connection.execute(sa.delete(table).where(table.c[list(table.primary_key)[1].name] == oldest.scalar_subquery()))

    assert judge(tmp_path, VENUE, {SINK: theirs}).untold


def test_an_event_that_still_waits_is_not_forgotten(told: Desk, tmp_path: Path) -> None:
    with told.engine.begin() as connection:
        connection.execute(sa.insert(ALERT_KEYS), [{"venue": VENUE, "key": "key-9", "at": AT}])
    missing = judge(tmp_path, VENUE, {SINK: arrivals(told)}).untold
    told.put([event(9)], AT)

    assert len(missing) == 2
    assert len(told.rows(ALERT_EVENTS)) == 2
    assert judge(tmp_path, VENUE, {SINK: arrivals(told)}).untold == []


def test_only_what_is_due_and_has_nothing_before_it_is_waited_for(told: Desk, tmp_path: Path) -> None:
    told.outbox.failed(1, AT, AT + 60 * SECOND, "it answered 503")
    # Of the same group: it waits for the first.
    told.outbox.failed(2, AT, AT, "")

    assert wait_until_sent(tmp_path, VENUE, lambda: AT + 59 * SECOND) == []
    (words,) = wait_until_sent(tmp_path, VENUE, lambda: AT + 70 * SECOND, patience_s=0.2)
    assert words.endswith("to hook is pending, due for 10 s, after 1 attempts: it answered 503")


def test_what_is_sent_in_time_is_not_overdue(told: Desk, tmp_path: Path) -> None:
    told.outbox.failed(1, AT, AT, "")
    asked: list[int] = []

    def now() -> int:
        asked.append(1)
        if len(asked) == 2:
            told.outbox.sent(1, AT)
        return AT

    assert wait_until_sent(tmp_path, VENUE, now) == []
    assert len(asked) == 2


def test_without_a_database_nobody_was_told_anything(tmp_path: Path) -> None:
    assert judge(tmp_path, VENUE, {SINK: {}}) == Delivered()
    assert wait_until_sent(tmp_path, VENUE, lambda: AT) == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_read_line_by_line_and_what_was_cut_short_is_no_line(told: Desk, tmp_path: Path) -> None:
    lines = [row.record.encode() for row in told.rows(NOTIFICATIONS) if row.channel == SINK]
    path = tmp_path / "told.jsonl"
    path.write_bytes(lines[0] + b"\n" + lines[1][:40] + b"\n" + lines[1] + b"\n" + lines[0] + b"\n")
    theirs, twice = lines_of(path)
    first = msgspec.json.decode(lines[0], type=Told).id

    assert [one.place for one in theirs.values()] == [0, 1]
    assert theirs[first].contents == arrivals(told)[first].contents
    assert twice == [f"{first} stands in told.jsonl more than once"]
    assert lines_of(tmp_path / "none") == ({}, [])
