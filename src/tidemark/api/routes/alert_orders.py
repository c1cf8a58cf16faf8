"""What can be ordered of those who tell people: read, sent again, tried out. The process of the alerts does it."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Action, Answer
from tidemark.errors import RequestError
from tidemark.live.alerts_job import MOST_NAMED, Done, MarkRead, Order, Resend, TrySink

_ID = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._~%-]{1,180}$")]
_NUMBER = Annotated[int, Meta(ge=1, le=2**53)]


class ReadNotifications(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ids: of the notifications that somebody has read, at most 100; null: all that there are."""

    ids: Annotated[tuple[_ID, ...], Meta(min_length=1, max_length=MOST_NAMED)] | None


class ResendLetters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """numbers: of the dead letters to try again, at most 100; null: all that there are."""

    numbers: Annotated[tuple[_NUMBER, ...], Meta(min_length=1, max_length=MOST_NAMED)] | None


class TrialOfSink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """sink: the name of one that is configured."""

    sink: Annotated[str, Meta(min_length=1, max_length=40)]


class Changed(Answer, frozen=True, kw_only=True):
    """changed: how many were another way before; what was that way already, or is not there, does not count."""

    changed: int


class SinkTested(Answer, frozen=True, kw_only=True):
    """What became of one notification, sent at once and past the outbox. detail: why it was not sent."""

    sink: str
    scheme: str
    is_sent: bool
    detail: str


async def _read(monitor: Monitor, asked: ReadNotifications) -> Changed:
    done = await _done(monitor, lambda number: MarkRead(number=number, ids=asked.ids))
    return Changed(as_of_ms=monitor.now_ms, changed=done.changed)


async def _resend(monitor: Monitor, asked: ResendLetters) -> Changed:
    done = await _done(monitor, lambda number: Resend(number=number, letters=asked.numbers))
    return Changed(as_of_ms=monitor.now_ms, changed=done.changed)


async def _test(monitor: Monitor, asked: TrialOfSink) -> SinkTested:
    tried = (await _done(monitor, lambda number: TrySink(number=number, sink=asked.sink))).tried
    if tried is None:
        raise RequestError(409, "the sink was not tried")
    return SinkTested(
        as_of_ms=monitor.now_ms,
        sink=tried.sink,
        scheme=tried.scheme,
        is_sent=tried.is_sent is True,
        detail=tried.detail,
    )


async def _done(monitor: Monitor, make: Callable[[int], Order]) -> Done:
    """RequestError (409) where nobody can do it; UnreachableError where nobody does at the moment."""
    alerting = monitor.parts.alerting
    if alerting is None:
        raise RequestError(409, "nobody is told: no sink is configured; name one in alerts.sinks")
    done = await alerting.carry_out(make)
    if done.failure is not None:
        raise RequestError(409, done.failure)
    return done


ACTIONS = (
    Action(
        path="/api/v1/alerts/dead/resend",
        summary="Try dead letters again",
        asked=ResendLetters,
        answer=Changed,
        give=_resend,
    ),
    Action(
        path="/api/v1/alerts/test",
        summary="Send one notification to a sink, and say what became of it",
        asked=TrialOfSink,
        answer=SinkTested,
        give=_test,
    ),
    Action(
        path="/api/v1/notifications/read",
        summary="Mark notifications as read",
        asked=ReadNotifications,
        answer=Changed,
        give=_read,
    ),
)
