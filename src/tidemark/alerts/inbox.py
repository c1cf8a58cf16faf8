"""From the log of signals into the database: each event once, with every channel that it is to be told on.

The place in the log is written with the events, in one transaction: a process that is killed anywhere goes on where it
was, and what it had read already is known by its key.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tidemark.alerts.events import event_of, happening_of
from tidemark.alerts.pace import Channel
from tidemark.model.notification import Event, Severity
from tidemark.model.signal import Outcome, Record, Signal
from tidemark.store import signal_rows
from tidemark.store.segments import numbered
from tidemark.store.signal_log import SUFFIX, read_records
from tidemark.store.tables import ALERT_EVENTS, ALERT_KEYS, PLACES

# Records of one transaction.
_AT_ONCE = 200


class Inbox:
    """The log at *folder*, as it is read for the alerts of *venue*.

    told: what of a signal is told at all. max_age: what is older (ns) when it is first read is told to nobody, and
    counted in `late`. `unknown`: what became of signals that the database does not have. `taken`: events that were new.
    """

    def __init__(
        self,
        engine: sa.Engine,
        venue: str,
        folder: Path,
        channels: Sequence[Channel],
        *,
        told: frozenset[str],
        severities: Mapping[str, Severity],
        max_age: int,
    ) -> None:
        self.taken = self.late = self.unknown = 0
        self._engine = engine
        self._venue = venue
        self._folder = folder
        self._log = f"alerts {folder.resolve()}"
        self._channels = channels
        self._told = told
        self._severities = severities
        self._max_age = max_age
        self._place: tuple[str, int] | None = None

    def has_more(self) -> bool:
        """Whether the log may hold something that was not read; the database is not asked."""
        newest = numbered(self._folder, SUFFIX)[-1:]
        return bool(newest) and (newest[0].name, newest[0].stat().st_size) != self._place

    def read(self, now: int) -> int:
        """Take in what is new at *now* (ns); give how many events that were. The signals are to be loaded before."""
        before = self.taken
        segment, offset = self._stood()
        found = numbered(self._folder, SUFFIX)
        if segment not in {path.name for path in found}:
            # It was dropped, or the log began anew: what was told already is known by its key.
            segment, offset = "", 0
        for path in found:
            if path.name < segment:
                continue
            end = start = offset if path.name == segment and offset <= path.stat().st_size else 0
            waiting: list[Record] = []
            for record, end in read_records(path, start):
                if record is not None:
                    waiting.append(record)
                if len(waiting) >= _AT_ONCE:
                    self._put(waiting, (path.name, end), now)
                    waiting.clear()
            self._put(waiting, (path.name, end), now)
        return self.taken - before

    def _stood(self) -> tuple[str, int]:
        with self._engine.begin() as connection:
            place = connection.execute(sa.select(PLACES).where(PLACES.c.log == self._log)).first()
        return (place.segment, place.read_bytes) if place is not None else ("", 0)

    def _put(self, records: Sequence[Record], place: tuple[str, int], now: int) -> None:
        if not records and place == self._place:
            return
        with self._engine.begin() as connection:
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            events = self._events(connection, records, now)
            new = self._new(connection, list(events.values()))
            if new:
                connection.execute(
                    insert(ALERT_KEYS), [{"venue": self._venue, "key": one.key, "at": one.at} for one in new]
                )
                rows = [self._row(one, channel, now) for one in new for channel in self._channels if channel.takes(one)]
                if rows:
                    connection.execute(sa.insert(ALERT_EVENTS), rows)
            behind = {"segment": place[0], "read_bytes": place[1]}
            connection.execute(
                insert(PLACES)
                .values(log=self._log, **behind)
                .on_conflict_do_update(index_elements=[PLACES.c.log], set_=behind)
            )
        # Now it is there.
        self._place = place
        self.taken += len(new)

    def _events(self, connection: sa.Connection, records: Sequence[Record], now: int) -> dict[str, Event]:
        events: dict[str, Event] = {}  # bounded: by the records
        for record in records:
            happened = happening_of(record)
            if happened is None or happened.value not in self._told or isinstance(record, Outcome):
                continue
            if now - record.at > self._max_age:
                self.late += 1
                continue
            signal = record if isinstance(record, Signal) else self._signal(connection, record.id)
            event = event_of(record, signal, self._severities, happened) if signal is not None else None
            if event is None:
                self.unknown += 1
            else:
                events[event.key] = event
        return events

    def _signal(self, connection: sa.Connection, identity: str) -> Signal | None:
        found = signal_rows.find(connection, self._venue, identity)
        return None if found is None else found.signal

    def _new(self, connection: sa.Connection, events: list[Event]) -> list[Event]:
        if not events:
            return []
        columns = ALERT_KEYS.c
        asked = sa.select(columns.key).where(columns.venue == self._venue, columns.key.in_([one.key for one in events]))
        known = set(connection.execute(asked).scalars())
        return [one for one in events if one.key not in known]

    def _row(self, event: Event, channel: Channel, now: int) -> dict[str, object]:
        return {
            "venue": self._venue,
            "channel": channel.name,
            "group_key": channel.group_of(event),
            "symbol": event.symbol,
            "rule": event.rule,
            "severity": int(event.severity),
            "since": now,
            "event": msgspec.json.encode(event).decode(),
        }
