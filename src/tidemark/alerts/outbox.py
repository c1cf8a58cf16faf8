"""What is on its way to the sinks, in SQL: tried again until it arrives, in order; dead letters where it never does.

That a notification is being sent is written before it is; after a crash in between it is sent again only where its sink
knows that it had it, and is a dead letter elsewhere, which says that it may have arrived.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import msgspec
import sqlalchemy as sa

from tidemark.alerts.sinks.base import Message
from tidemark.model.notification import Notification
from tidemark.store.tables import ALERT_KEYS, NOTIFICATIONS, OUTBOX
from tidemark.units import DAY, HOUR, SECOND

MAY_HAVE_ARRIVED = "the process ended while it was being sent: it may have arrived"
_GONE = "its sink is not configured any more"
# Between two attempts: so long after the first one, twice as long after each, at most an hour.
_FIRST_S, _LONGEST_S = 5.0, 3600.0
# Rows that are removed in one statement.
_AT_ONCE = 500
_MOST_ERROR = 300
_NOTIFICATION = msgspec.json.Decoder(Notification)
_C = OUTBOX.c
_OPEN = ("pending", "sending")


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is to be sent now, and was written down as being sent."""

    number: int
    message: Message


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A notification that did not arrive. number: by which it is resent. at: when it was given up (ns)."""

    number: int
    channel: str
    at: int
    attempts: int
    error: str
    title: str
    notification: str


class Outbox:
    """The outbox of *venue*. Each method is one transaction, and may be used by several threads."""

    def __init__(self, engine: sa.Engine, venue: str) -> None:
        self._engine = engine
        self._venue = venue

    def recover(self, idempotent: Mapping[str, bool], now: int) -> tuple[int, int]:
        """After a start: put right what a killed process left. Give how many are sent again, and how many are dead.

        idempotent: of each channel that there is, whether its sink may be sent the same again.
        """
        safe = [name for name, is_safe in idempotent.items() if is_safe]
        being_sent = (self._mine, _C.state == "sending")
        with self._engine.begin() as connection:
            again = connection.execute(
                sa.update(OUTBOX).where(*being_sent, _C.channel.in_(safe)).values(state="pending", next_at=now)
            ).rowcount
            dead = connection.execute(
                sa.update(OUTBOX).where(*being_sent).values(state="dead", changed_at=now, error=MAY_HAVE_ARRIVED)
            ).rowcount
            gone = sa.update(OUTBOX).where(self._mine, _C.state == "pending", _C.channel.not_in(list(idempotent)))
            dead += connection.execute(gone.values(state="dead", changed_at=now, error=_GONE)).rowcount
        return again, dead

    def take(self, channel: str, now: int) -> Letter | None:
        """The next one that is due on *channel*, now written down as being sent; None where there is none.

        Of each group only the oldest is ever sent: what comes behind it waits for it.
        """
        with self._engine.begin() as connection:
            head = self._head(connection, channel)
            if head is None or not _is_due(head.next_at, now):
                return None
            attempt = head.attempts + 1
            taken = (
                sa.update(OUTBOX)
                .where(_C.number == head.number, _C.state == "pending")
                .values(state="sending", attempts=attempt, changed_at=now)
            )
            if connection.execute(taken).rowcount != 1:
                return None
            row = connection.execute(
                sa.select(NOTIFICATIONS.c.record, NOTIFICATIONS.c.rich).where(
                    NOTIFICATIONS.c.venue == self._venue, NOTIFICATIONS.c.id == head.notification
                )
            ).one()
        message = Message(notification=_NOTIFICATION.decode(row.record), rich=row.rich, attempt=attempt)
        return Letter(number=head.number, message=message)

    def next_at(self, channel: str) -> int | None:
        """When the next one is due on *channel*; None where nothing waits there."""
        with self._engine.begin() as connection:
            head = self._head(connection, channel)
        return None if head is None else int(head.next_at)

    def sent(self, number: int, now: int) -> None:
        """It arrived."""
        self._change(number, state="sent", changed_at=now, error="")

    def failed(self, number: int, now: int, next_at: int, words: str) -> None:
        """It did not arrive, and is tried again at *next_at*."""
        self._change(number, state="pending", changed_at=now, next_at=next_at, error=words[:_MOST_ERROR])

    def died(self, number: int, now: int, words: str) -> None:
        """It will not be tried again by itself."""
        self._change(number, state="dead", changed_at=now, error=words[:_MOST_ERROR])

    def dead(self, most: int) -> list[DeadLetter]:
        """The dead letters, the newest first."""
        query = (
            sa.select(OUTBOX, NOTIFICATIONS.c.record)
            .join(NOTIFICATIONS, sa.and_(NOTIFICATIONS.c.venue == _C.venue, NOTIFICATIONS.c.id == _C.notification))
            .where(self._mine, _C.state == "dead")
            .order_by(_C.number.desc())
            .limit(most)
        )
        with self._engine.connect() as connection:
            return [
                DeadLetter(
                    number=row.number,
                    channel=row.channel,
                    at=row.changed_at,
                    attempts=row.attempts,
                    error=row.error,
                    title=_NOTIFICATION.decode(row.record).title,
                    notification=row.notification,
                )
                for row in connection.execute(query)
            ]

    def resend(self, numbers: Sequence[int] | None, now: int) -> int:
        """Try dead letters again, all of them without *numbers*; give how many that were."""
        chosen = [self._mine, _C.state == "dead"]
        if numbers is not None:
            chosen.append(_C.number.in_(numbers))
        again = sa.update(OUTBOX).where(*chosen).values(state="pending", attempts=0, next_at=now, changed_at=now)
        with self._engine.begin() as connection:
            return int(connection.execute(again).rowcount)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many there are, by channel and state."""
        query = sa.select(_C.channel, _C.state, sa.func.count()).where(self._mine).group_by(_C.channel, _C.state)
        with self._engine.connect() as connection:
            return {(channel, state): count for channel, state, count in connection.execute(query)}

    def bound(self, most_dead: int) -> int:
        """Keep the newest *most_dead* dead letters; give how many others were removed."""
        dead = (self._mine, _C.state == "dead")
        with self._engine.begin() as connection:
            oldest_kept = connection.execute(
                sa.select(_C.number).where(*dead).order_by(_C.number.desc()).offset(most_dead - 1).limit(1)
            ).scalar()
            if oldest_kept is None:
                return 0
            return int(connection.execute(sa.delete(OUTBOX).where(*dead, _C.number < oldest_kept)).rowcount)

    def forget(self, now: int, *, keep: int, max_age: int) -> int:
        """Remove notifications older than *keep* (ns) that are on no way any more, and keys that no record has.

        A record that is older than *max_age* makes no event: its key is not needed. Some hundred at a time.
        """
        columns = NOTIFICATIONS.c
        needed = sa.select(_C.notification).where(self._mine, _C.state != "sent")
        old = (
            sa.select(columns.id)
            .where(columns.venue == self._venue, columns.at < now - keep, columns.id.not_in(needed))
            .limit(_AT_ONCE)
        )
        with self._engine.begin() as connection:
            found = list(connection.execute(old).scalars())
            connection.execute(sa.delete(OUTBOX).where(self._mine, _C.notification.in_(found)))
            connection.execute(sa.delete(NOTIFICATIONS).where(columns.venue == self._venue, columns.id.in_(found)))
            connection.execute(
                sa.delete(ALERT_KEYS).where(
                    ALERT_KEYS.c.venue == self._venue, ALERT_KEYS.c.at < now - max(2 * max_age, DAY)
                )
            )
        return len(found)

    @property
    def _mine(self) -> sa.ColumnElement[bool]:
        return _C.venue == self._venue

    def _head(self, connection: sa.Connection, channel: str) -> sa.Row[Any] | None:
        """Of the oldest of each group, the one that is due first."""
        heads = (
            sa.select(sa.func.min(_C.number))
            .where(self._mine, _C.channel == channel, _C.state.in_(_OPEN))
            .group_by(_C.group_key)
        )
        query = sa.select(OUTBOX).where(_C.number.in_(heads), _C.state == "pending").order_by(_C.next_at, _C.number)
        return connection.execute(query.limit(1)).first()

    def _change(self, number: int, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.update(OUTBOX).where(_C.number == number).values(**values))


def delay_ns(attempt: int, random: Random) -> int:
    """How long after the failure of *attempt* the next one is due: ever longer, at most an hour, and never all at once.

    >>> delay_ns(1, Random(1)) <= 5 * SECOND < delay_ns(9, Random(1)) <= HOUR
    True
    """
    longest = min(_LONGEST_S, _FIRST_S * 2 ** min(attempt - 1, 20))
    return int(longest * random.uniform(0.5, 1.0) * SECOND)


def _is_due(next_at: int, now: int) -> bool:
    # Nothing waits so long but by a clock that was put back.
    return next_at <= now or next_at > now + 2 * HOUR
