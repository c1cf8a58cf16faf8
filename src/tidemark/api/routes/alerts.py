"""Who is told: the sinks, how each of them is, and what was told last, from what the monitor has in memory."""

import msgspec

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Nothing, Route
from tidemark.api.routes.notifications import NotificationRow, notification_row
from tidemark.live.alerting import Alerting
from tidemark.units import MIB


class SinkRow(msgspec.Struct, frozen=True, kw_only=True):
    """One sink. scheme: what its address begins with, which is all that is told of it.

    pending: on their way; dead: given up, until they are resent. sent, failed: attempts since its process began.
    failure: why the last attempt failed, null when it did not.
    """

    name: str
    scheme: str
    pending: int
    dead: int
    sent: int
    failed: int
    failure: str | None


class AlertsTold(Answer, frozen=True, kw_only=True):
    """The process that tells people. is_wanted: whether a sink is configured; nothing runs without one.

    failure: why the process does not run, null where it does. resident_bytes: its memory. events: told since it began;
    late: too old to be told when they were first read; unread: notifications that nobody has read.
    """

    is_wanted: bool
    is_running: bool
    failure: str | None
    resident_bytes: int
    events: int
    late: int
    unread: int
    sinks: tuple[SinkRow, ...]


class RecentNotifications(Answer, frozen=True, kw_only=True):
    """The newest notifications, at most 100, the newest first; /api/v1/history/notifications has all that are kept."""

    notifications: tuple[NotificationRow, ...]


def _alerts(monitor: Monitor, _: Nothing) -> AlertsTold:
    return told_of(monitor.parts.alerting, monitor.now_ms)


def told_of(alerting: Alerting | None, now_ms: int) -> AlertsTold:
    """How *alerting* is; None stands for nobody who is to be told."""
    figures = alerting.figures if alerting is not None else None
    return AlertsTold(
        as_of_ms=now_ms,
        is_wanted=alerting is not None,
        is_running=alerting is not None and alerting.pid is not None,
        failure=alerting.failure if alerting is not None else None,
        resident_bytes=alerting.resident if alerting is not None else 0,
        events=figures.events if figures is not None else 0,
        late=figures.late if figures is not None else 0,
        unread=figures.unread if figures is not None else 0,
        sinks=tuple(
            SinkRow(
                name=one.name,
                scheme=one.scheme,
                pending=one.pending,
                dead=one.dead,
                sent=one.sent,
                failed=one.failed,
                failure=one.failure,
            )
            for one in (figures.sinks if figures is not None else ())
        ),
    )


def _notifications(monitor: Monitor, _: Nothing) -> RecentNotifications:
    alerting = monitor.parts.alerting
    return RecentNotifications(as_of_ms=monitor.now_ms, notifications=recent_of(alerting))


def recent_of(alerting: Alerting | None) -> tuple[NotificationRow, ...]:
    """What *alerting* told last, the newest first."""
    told = () if alerting is None else sorted(alerting.recent.values(), key=lambda one: (one.at, one.id), reverse=True)
    return tuple(map(notification_row, told))


ROUTES = (
    Route(
        path="/api/v1/alerts",
        summary="Who is told: the sinks, and how each of them is",
        asked=Nothing,
        answer=AlertsTold,
        give=_alerts,
    ),
    Route(
        path="/api/v1/notifications",
        summary="What people were told last",
        asked=Nothing,
        answer=RecentNotifications,
        give=_notifications,
        transient=2 * MIB,
    ),
)
