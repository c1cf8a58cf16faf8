"""The notifications that people read: the newest of them, those that nobody has read, and that somebody has."""

from collections.abc import Sequence

import sqlalchemy as sa

from tidemark.model.notification import Notification
from tidemark.settings.alerting import HISTORY
from tidemark.store.notification_rows import notification_of
from tidemark.store.tables import NOTIFICATIONS

_C = NOTIFICATIONS.c


class History:
    """The notifications of *venue* on the channel "history"."""

    def __init__(self, engine: sa.Engine, venue: str) -> None:
        self._engine = engine
        self._mine = (_C.venue == venue, _C.channel == HISTORY)

    def newest(self, most: int, *, only_unread: bool = False) -> list[Notification]:
        """At most *most*, the newest first."""
        unread = [_C.read_at.is_(None)] if only_unread else []
        query = sa.select(NOTIFICATIONS).where(*self._mine, *unread).order_by(_C.at.desc(), _C.id.desc()).limit(most)
        with self._engine.connect() as connection:
            return [notification_of(row) for row in connection.execute(query)]

    def unread(self) -> int:
        """How many nobody has read."""
        query = sa.select(sa.func.count()).select_from(NOTIFICATIONS).where(*self._mine, _C.read_at.is_(None))
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def read(self, ids: Sequence[str] | None, now: int) -> int:
        """Somebody read these at *now* (ns), all of them without *ids*; give how many nobody had read before."""
        chosen = [*self._mine, _C.read_at.is_(None), *([] if ids is None else [_C.id.in_(ids)])]
        with self._engine.begin() as connection:
            return int(connection.execute(sa.update(NOTIFICATIONS).where(*chosen).values(read_at=now)).rowcount)
