"""What people were told: the notifications of the history, page by page."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.api.past import NotificationFilter, Past
from tidemark.api.routes.base import Answer, Milliseconds, PastRoute
from tidemark.model.notification import Notification
from tidemark.units import MIB, MILLISECOND

# When it was made, and the id that tells it from others.
_CURSOR = r"^[0-9]{20} [A-Za-z0-9._~%-]{1,180}$"


class AskedNotifications(msgspec.Struct, frozen=True, kw_only=True):
    """Which notifications: the newest `limit` that sort behind the cursor."""

    only_unread: Annotated[bool, Meta(description="Only those that nobody has read")] = False
    count: Annotated[bool, Meta(description="Whether to count all that fit, on every page")] = False
    limit: Annotated[int, Meta(ge=1, le=200, description="At most so many")] = 100
    before: Annotated[
        Annotated[str, Meta(pattern=_CURSOR)] | None, Meta(description="What `next_before` of the page before said")
    ] = None


class NotificationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One notification, of `events` events at once. severity: info, warning or critical.

    symbols: at most 100 of all. link: to the dashboard, null where nobody said where that is. read_ms: when somebody
    read it, null while nobody has.
    """

    id: str
    at_ms: Milliseconds
    severity: str
    title: str
    text: str
    events: int
    symbols: tuple[str, ...]
    rules: tuple[str, ...]
    link: str | None
    read_ms: Milliseconds | None


class NotificationPage(Answer, frozen=True, kw_only=True):
    """A page of notifications, the newest first; next_before asks for the next page, null where there is none.

    count: of all that fit, null where it was not asked for. note: why there is nothing, where the reason is not the
    question.
    """

    notifications: tuple[NotificationRow, ...]
    next_before: str | None
    count: int | None
    note: str | None


async def _notifications(past: Past, asked: AskedNotifications) -> NotificationPage:
    wanted = NotificationFilter(only_unread=asked.only_unread)
    page = await past.notifications(wanted, limit=asked.limit, before=asked.before, counts=asked.count)
    return NotificationPage(
        as_of_ms=past.now_ms,
        notifications=tuple(map(notification_row, page.rows)),
        next_before=page.next_before,
        count=page.count,
        note=page.note,
    )


def notification_row(told: Notification) -> NotificationRow:
    """As it is answered."""
    return NotificationRow(
        id=told.id,
        at_ms=told.at // MILLISECOND,
        severity=told.severity.word,
        title=told.title,
        text=told.text,
        events=told.count,
        symbols=told.symbols,
        rules=told.rules,
        link=told.link,
        read_ms=None if told.read_at is None else told.read_at // MILLISECOND,
    )


ROUTES = (
    PastRoute(
        path="/api/v1/history/notifications",
        summary="What people were told, and whether somebody has read it",
        asked=AskedNotifications,
        answer=NotificationPage,
        give=_notifications,
        transient=4 * MIB,
    ),
)
