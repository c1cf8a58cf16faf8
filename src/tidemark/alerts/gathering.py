"""Makes notifications of the events that wait: together, when their time has come, and each event once on a channel.

What is taken out of the events and what is put into the notifications and the outbox is one transaction.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import sqlalchemy as sa

from tidemark.alerts.pace import Channel, Waiting, free_at, ready_at
from tidemark.alerts.scorecards import Scorecards
from tidemark.alerts.texts import Gathered, Texts, title_of
from tidemark.model.notification import MOST_NAMED, MOST_TOLD, Event, Notification, Severity
from tidemark.settings.alerting import HISTORY
from tidemark.store.tables import ALERT_EVENTS, NOTIFICATIONS, OUTBOX
from tidemark.units import HOUR, MILLISECOND

# A digest may be of all rules; their scorecards are told of so many.
_MOST_RULES = 16
# More groups than there are rules, sides and things that happen.
_MOST_GROUPS = 1000
_EVENT = msgspec.json.Decoder(Event)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one step made, of all channels; when the next one has something to do, None where nothing waits."""

    made: tuple[Notification, ...]
    next_at: int | None


class Gathering:
    """The events of *venue* that wait on *channels*."""

    def __init__(
        self,
        engine: sa.Engine,
        venue: str,
        channels: Sequence[Channel],
        texts: Texts,
        scorecards: Scorecards,
        random: Random,
    ) -> None:
        self._engine = engine
        self._venue = venue
        self._channels = channels
        self._texts = texts
        self._scorecards = scorecards
        self._random = random

    def abandon(self) -> int:
        """Take away what waits on channels that are not configured any more; give how many events that were."""
        columns = ALERT_EVENTS.c
        names = [channel.name for channel in self._channels]
        gone = sa.delete(ALERT_EVENTS).where(columns.venue == self._venue, columns.channel.not_in(names))
        with self._engine.begin() as connection:
            return int(connection.execute(gone).rowcount)

    def step(self, now: int) -> Step:
        """Make whatever is due at *now* (ns), the worst first."""
        made: list[Notification] = []
        later: list[int] = []
        for channel in self._channels:
            waiting = self._waiting(channel, now)
            if not waiting:
                continue
            told_at = self._told_at(channel, now)
            made_at = self._made_at(channel, now)
            for one in waiting:
                at = ready_at(one, channel, told_at.get(one.group), free_at(made_at, channel.rate, now))
                if at > now:
                    later.append(at)
                    continue
                made.append(self._make(channel, one.group, now))
                made_at.insert(0, now)
        return Step(made=tuple(made), next_at=min(later, default=None))

    def _waiting(self, channel: Channel, now: int) -> list[Waiting]:
        columns = ALERT_EVENTS.c
        query = (
            sa.select(
                columns.group_key,
                sa.func.count().label("number_of"),
                sa.func.min(columns.since).label("oldest"),
                sa.func.max(columns.severity).label("worst"),
            )
            .where(columns.venue == self._venue, columns.channel == channel.name)
            .group_by(columns.group_key)
            .order_by(sa.desc("worst"), sa.asc("oldest"))
            .limit(_MOST_GROUPS)
        )
        with self._engine.connect() as connection:
            return [
                Waiting(
                    group=row.group_key, count=row.number_of, since=min(row.oldest, now), severity=Severity(row.worst)
                )
                for row in connection.execute(query)
            ]

    def _told_at(self, channel: Channel, now: int) -> dict[str, int]:
        """When the groups were told that are still held back."""
        if not channel.cooldown:
            return {}
        columns = NOTIFICATIONS.c
        query = (
            sa.select(columns.group_key, sa.func.max(columns.at).label("newest"))
            .where(
                columns.venue == self._venue,
                columns.channel == channel.name,
                # What was made later than now was made before a clock was put back: it holds nobody.
                columns.at.between(now - channel.cooldown + 1, now),
            )
            .group_by(columns.group_key)
        )
        with self._engine.connect() as connection:
            return {row.group_key: row.newest for row in connection.execute(query)}

    def _made_at(self, channel: Channel, now: int) -> list[int]:
        """When the notifications of the last hour were made, the newest first."""
        if channel.rate is None:
            return []
        columns = NOTIFICATIONS.c
        query = sa.select(columns.at).where(
            columns.venue == self._venue, columns.channel == channel.name, columns.at.between(now - HOUR + 1, now)
        )
        with self._engine.connect() as connection:
            return list(connection.execute(query.order_by(columns.at.desc()).limit(channel.rate)).scalars())

    def _make(self, channel: Channel, group: str, now: int) -> Notification:
        columns = ALERT_EVENTS.c
        mine = (columns.venue == self._venue, columns.channel == channel.name, columns.group_key == group)
        with self._engine.connect() as connection:
            last, gathered = _gathered(connection, mine)
        cards = [line for rule in gathered.rules if (line := self._scorecards.line(rule, now)) is not None]
        gathered = msgspec.structs.replace(gathered, scorecards=tuple(cards))
        notification = Notification(
            id=f"{now // MILLISECOND:013d}-{self._random.getrandbits(32):08x}",
            channel=channel.name,
            group=group,
            at=now,
            severity=gathered.severity,
            title=title_of(gathered),
            text=self._texts.plain(gathered, now),
            count=gathered.count,
            symbols=gathered.symbols,
            rules=gathered.rules,
            link=self._texts.link_of(gathered),
        )
        # The history goes to no sink.
        rich = "" if channel.name == HISTORY else self._texts.rich(gathered, now)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(ALERT_EVENTS).where(*mine, columns.number <= last))
            connection.execute(sa.insert(NOTIFICATIONS), [self._row(notification, rich)])
            if channel.name != HISTORY:
                connection.execute(sa.insert(OUTBOX), [self._letter(notification, now)])
        return notification

    def _row(self, notification: Notification, rich: str) -> dict[str, object]:
        return {
            "venue": self._venue,
            "id": notification.id,
            "channel": notification.channel,
            "group_key": notification.group,
            "at": notification.at,
            "severity": int(notification.severity),
            "count": notification.count,
            "read_at": None,
            "record": msgspec.json.encode(notification).decode(),
            "rich": rich,
        }

    def _letter(self, notification: Notification, now: int) -> dict[str, object]:
        return {
            "venue": self._venue,
            "channel": notification.channel,
            "group_key": notification.group,
            "notification": notification.id,
            "state": "pending",
            "attempts": 0,
            "next_at": now,
            "changed_at": now,
            "error": "",
        }


def _gathered(connection: sa.Connection, mine: Sequence[sa.ColumnElement[bool]]) -> tuple[int, Gathered]:
    """The events that are *mine*, and the number of the last of them. Nobody but this process adds any."""
    columns = ALERT_EVENTS.c
    whole: Any = connection.execute(
        sa.select(
            sa.func.count(), sa.func.max(columns.number), sa.func.max(columns.severity),
            sa.func.count(sa.distinct(columns.symbol)),
        ).where(*mine)
    ).one()  # fmt: skip
    worst = sa.select(columns.event).where(*mine).order_by(columns.severity.desc(), columns.number).limit(MOST_TOLD)
    symbols = _distinct(columns.symbol, mine, MOST_NAMED)
    rules = _distinct(columns.rule, mine, _MOST_RULES)
    return whole[1], Gathered(
        count=whole[0],
        severity=Severity(whole[2]),
        events=tuple(_EVENT.decode(text) for text in connection.execute(worst).scalars()),
        symbols=tuple(connection.execute(symbols).scalars()),
        symbol_count=whole[3],
        rules=tuple(connection.execute(rules).scalars()),
    )


def _distinct(column: sa.Column[Any], mine: Sequence[sa.ColumnElement[bool]], most: int) -> sa.Select[Any]:
    """The values of *column*, in the order in which they first came."""
    first = sa.func.min(ALERT_EVENTS.c.number)
    return sa.select(column).where(*mine).group_by(column).order_by(first).limit(most)
