"""Notifications in the database: how a row of theirs is read."""

from typing import Any

import msgspec
import sqlalchemy as sa

from tidemark.model.notification import Notification

_DECODER = msgspec.json.Decoder(Notification)


def notification_of(row: sa.Row[Any]) -> Notification:
    """The notification that a row of `NOTIFICATIONS` tells."""
    return msgspec.structs.replace(_DECODER.decode(row.record), read_at=row.read_at)


def title_of(record: str) -> str:
    """The title of the notification that a row keeps as *record*."""
    return _DECODER.decode(record).title
