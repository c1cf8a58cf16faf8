"""What the database says was told, held against what those who were told have, when a soak is over."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from tidemark.alerts.outbox import Outbox
from tidemark.clock import SystemClock
from tidemark.errors import DECODE_ERRORS
from tidemark.proof.soak.receiver import Arrival, Reception, Told, contents
from tidemark.settings.alerting import HISTORY
from tidemark.store.database import Database
from tidemark.store.tables import ALERT_EVENTS, ALERT_KEYS, FILE, NOTIFICATIONS, OUTBOX
from tidemark.units import SECOND

# What is due is sent within so long by the wall: a sender looks every ten seconds, and is busy with one notification
# for 25; after a failure of the database it waits for five.
PATIENCE_S = 45.0
_LOOK_S = 0.1
_MOST_WORDS = 12
_AT_ONCE = 500
_TOLD = msgspec.json.Decoder(Told)


class Delivered(msgspec.Struct, kw_only=True):
    """What came of the notifications of a soak. made: on their way to a sink at any time. sent: as the database says.

    events: that were to be told. Words about what is wrong, bounded each: lost: was sent, and is not there as it was.
    twice: is there more than once where that cannot be. disordered: came before an older one of its group. overdue: not
    sent though it was time. dead: was given up. untold: events that are in no notification and wait for none.
    """

    events: int = 0
    made: int = 0
    sent: int = 0
    lost: list[str] = msgspec.field(default_factory=list)  # bounded: `_MOST_WORDS`
    twice: list[str] = msgspec.field(default_factory=list)  # bounded: `_MOST_WORDS`
    disordered: list[str] = msgspec.field(default_factory=list)  # bounded: `_MOST_WORDS`
    overdue: list[str] = msgspec.field(default_factory=list)  # bounded: `_MOST_WORDS`
    dead: list[str] = msgspec.field(default_factory=list)  # bounded: `_MOST_WORDS`
    untold: list[str] = msgspec.field(default_factory=list)  # bounded: `_MOST_WORDS`
    reception: Reception = msgspec.field(default_factory=Reception)


def wait_until_sent(folder: Path, venue: str, now: Callable[[], int], patience_s: float = PATIENCE_S) -> list[str]:
    """Wait until nothing in the database of *folder* is due at *now* (ns); words about what still is after all."""
    if not (folder / FILE).exists():
        return []
    clock = SystemClock()
    until = clock.monotonic_ns() + round(patience_s * SECOND)
    with Database.open(None, folder) as database:
        while found := _overdue(database.engine, venue, now()):
            if clock.monotonic_ns() >= until:
                return found
            time.sleep(_LOOK_S)
    return []


def judge(folder: Path, venue: str, arrivals: Mapping[str, Mapping[str, Arrival]]) -> Delivered:
    """Hold the database of *folder* against *arrivals*, by channel and id."""
    found = Delivered()
    if not (folder / FILE).exists():
        return found
    with Database.open(None, folder) as database:
        for channel, theirs in arrivals.items():
            _compare(found, database.engine, venue, channel, theirs)
        found.dead += (
            f"{one.title!r} to {one.channel}, after {one.attempts} attempts: {one.error}"
            for one in Outbox(database.engine, venue).dead(_MOST_WORDS)
        )
        found.events = _count(database.engine, sa.select(sa.func.count()).where(ALERT_KEYS.c.venue == venue))
        for channel in (HISTORY, *arrivals):
            told = _events_of(database.engine, venue, channel)
            if told != found.events:
                found.untold.append(f"{channel}: {told:,} of {found.events:,} events are told, or wait to be")
    return found


def lines_of(path: Path) -> tuple[dict[str, Arrival], list[str]]:
    """What a sink has written to *path*, by its id; and the ids that stand there more than once."""
    arrivals: dict[str, Arrival] = {}  # bounded: by what a soak tells
    twice: list[str] = []
    if path.exists():
        with path.open("rb") as lines:
            for line in lines:
                try:
                    told = _TOLD.decode(line)
                except DECODE_ERRORS:
                    # A line that was cut short when the disk was full, or its writer killed.
                    continue
                if told.id in arrivals:
                    _say(twice, f"{told.id} stands in {path.name} more than once")
                arrivals.setdefault(told.id, Arrival(place=len(arrivals), contents=contents(told), is_answered=True))
    return arrivals, twice


def _compare(found: Delivered, engine: sa.Engine, venue: str, channel: str, theirs: Mapping[str, Arrival]) -> None:
    newest: dict[str, int] = {}  # bounded: the groups there are
    for group, state, identity, record in _letters(engine, venue, channel):
        found.made += 1
        found.sent += state == "sent"
        arrival = theirs.get(identity)
        if arrival is None:
            if state == "sent":
                _say(found.lost, f"{identity} was sent to {channel} and is not there")
            continue
        if arrival.contents != contents(_TOLD.decode(record)):
            _say(found.lost, f"{identity} is another one at {channel}")
        if arrival.place < newest.get(group, -1):
            _say(found.disordered, f"{identity} of {group} came to {channel} before an older one")
        newest[group] = max(arrival.place, newest.get(group, -1))


def _letters(engine: sa.Engine, venue: str, channel: str) -> Iterator[tuple[str, str, str, str]]:
    """Group, state, id and record of each notification of *channel*, in the order in which they were made."""
    letters = OUTBOX.c
    is_its_record = sa.and_(NOTIFICATIONS.c.venue == letters.venue, NOTIFICATIONS.c.id == letters.notification)
    query = (
        sa.select(letters.group_key, letters.state, letters.notification, NOTIFICATIONS.c.record)
        .join(NOTIFICATIONS, is_its_record)
        .where(letters.venue == venue, letters.channel == channel)
        .order_by(letters.number)
    )
    with engine.connect() as connection:
        for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
            yield row.group_key, row.state, row.notification, row.record


def _overdue(engine: sa.Engine, venue: str, now: int) -> list[str]:
    letters = OUTBOX.c
    is_open = (letters.venue == venue, letters.state.in_(("pending", "sending")))
    oldest = sa.select(sa.func.min(letters.number)).where(*is_open).group_by(letters.channel, letters.group_key)
    query = sa.select(OUTBOX).where(letters.number.in_(oldest), letters.next_at <= now).order_by(letters.next_at)
    with engine.connect() as connection:
        return [
            f"{row.notification} to {row.channel} is {row.state}, due for {(now - row.next_at) / SECOND:,.0f} s, after"
            f" {row.attempts} attempts: {row.error or 'no failure'}"
            for row in connection.execute(query.limit(_MOST_WORDS))
        ]


def _events_of(engine: sa.Engine, venue: str, channel: str) -> int:
    made, waiting = NOTIFICATIONS.c, ALERT_EVENTS.c
    told = sa.select(sa.func.coalesce(sa.func.sum(made.count), 0)).where(made.venue == venue, made.channel == channel)
    waits = sa.select(sa.func.count()).where(waiting.venue == venue, waiting.channel == channel)
    return _count(engine, told) + _count(engine, waits)


def _count(engine: sa.Engine, query: sa.Select[Any]) -> int:
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def _say(words: list[str], said: str) -> None:
    if len(words) < _MOST_WORDS:
        words.append(said)
