"""`notifications`: the newest notifications, then each one as it comes, four times a second at most."""

import re
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.api.push.figures import MarketFigures
from tidemark.api.push.messages import Delta, Snapshot, Stamp
from tidemark.api.push.reads import Reads
from tidemark.live.alerting import Alerting
from tidemark.model.notification import Notification
from tidemark.settings.alerting import HISTORY
from tidemark.units import MILLISECOND

_SHOWN = 50
# Of one message: what more there is comes with the next ones.
_MOST = 50
# Fifty of both kinds are far below what may wait for a client, whatever script they are written in.
_TITLE, _TEXT, _SYMBOLS = 200, 280, 10


class PushedNotification(msgspec.Struct, frozen=True, kw_only=True):
    """One notification, of `events` events at once, cut short: REST has all of it.

    severity: info, warning or critical. symbols: the first ten. read_ms: when somebody read it, null while nobody has.
    """

    id: str
    at_ms: Annotated[int, Meta(description="Milliseconds since the epoch")]
    severity: str
    title: str
    text: str
    events: int
    symbols: tuple[str, ...]
    read_ms: Annotated[int, Meta(description="Milliseconds since the epoch")] | None


class NotificationsSnapshot(Snapshot, frozen=True, kw_only=True):
    """told: the newest fifty of the history; shown: those that a sink pushes to browsers. Both the newest first."""

    told: tuple[PushedNotification, ...]
    shown: tuple[PushedNotification, ...]


class NotificationsDelta(Delta, frozen=True, kw_only=True):
    """told: what the history has got since, or what was read; shown: what browsers are to show. Both oldest first.

    A later one takes the place of the earlier one of its id. Some may come that are known already.
    """

    told: tuple[PushedNotification, ...]
    shown: tuple[PushedNotification, ...]


class Kind:
    """See topics.base. Where nobody is told, the topic is there and has nothing to say."""

    PATTERN = re.compile(r"notifications")
    PERIOD_MS = 250
    MOST = 1
    IS_WHOLE = False
    # Each is told once: who does not take them is closed, and gets the newest when it comes back.
    CONFLATES = False

    def __init__(self, reads: Reads, figures: MarketFigures) -> None:
        del figures
        self._alerting = reads.alerting

    def open(self, names: Mapping[str, str]) -> "_Notifications | _Nothing":
        """See topics.base."""
        del names
        return _Nothing() if self._alerting is None else _Notifications(self._alerting)


class _Nothing:
    def change(self, at: Stamp) -> Delta | Snapshot | None:
        del at
        return None

    def whole(self, at: Stamp) -> Snapshot:
        return NotificationsSnapshot(topic=at.topic, seq=at.seq, ts=at.ts, told=(), shown=())


class _Notifications:
    """Keeps how many it has told."""

    def __init__(self, alerting: Alerting) -> None:
        self._alerting = alerting
        self._taken = alerting.heard.taken

    def change(self, at: Stamp) -> Delta | Snapshot | None:
        heard = self._alerting.heard
        new = heard.after(self._taken, _MOST)
        if new is None:
            self._taken = heard.taken
            return self.whole(at)
        if not new:
            return None
        self._taken += len(new)
        return NotificationsDelta(
            topic=at.topic,
            seq=at.seq,
            ts=at.ts,
            told=tuple(_row(one) for one in new if one.channel == HISTORY),
            shown=tuple(_row(one) for one in new if one.channel != HISTORY),
        )

    def whole(self, at: Stamp) -> Snapshot:
        told = sorted(self._alerting.recent.values(), key=lambda one: (one.at, one.id), reverse=True)
        return NotificationsSnapshot(
            topic=at.topic,
            seq=at.seq,
            ts=at.ts,
            told=tuple(map(_row, told[:_SHOWN])),
            shown=tuple(map(_row, self._alerting.heard.for_browsers(_SHOWN))),
        )


def _row(told: Notification) -> PushedNotification:
    return PushedNotification(
        id=told.id,
        at_ms=told.at // MILLISECOND,
        severity=told.severity.word,
        title=_short(told.title, _TITLE),
        text=_short(told.text, _TEXT),
        events=told.count,
        symbols=told.symbols[:_SYMBOLS],
        read_ms=None if told.read_at is None else told.read_at // MILLISECOND,
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
