"""When what waits is told: gathered first, then held back. Pure functions of given times (ns).

What happens within a window becomes one notification; after it the same group is held back for a cooldown, in which it
gathers on; in quiet hours only what is critical is told; a sink is sent so many in an hour, and what waits gathers on.
Nothing is ever dropped here: whatever is held back is in the next notification, and counted there.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from tidemark.alerts.quiet import quiet_until
from tidemark.model.notification import Event, Severity
from tidemark.settings.alerting import HISTORY, Alerts, Quiet, SinkSpec, zone_of
from tidemark.units import HOUR, SECOND

# The group of all that is collected.
DIGEST = "digest"


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """One way to people: what goes there, and how often. Empty sets stand for everything; no `rate` for no limit."""

    name: str
    severity: Severity
    rules: frozenset[str]
    symbols: frozenset[str]
    events: frozenset[str]
    window: int
    cooldown: int
    digest: int
    rate: int | None
    quiet: Quiet | None
    zone: ZoneInfo

    def takes(self, event: Event) -> bool:
        """Whether *event* is told here."""
        return (
            event.severity >= self.severity
            and (not self.rules or event.rule in self.rules)
            and (not self.symbols or event.symbol in self.symbols)
            and (not self.events or event.happened.value in self.events)
        )

    def group_of(self, event: Event) -> str:
        """With which others it is told: a digest has all of them, but for what is critical."""
        return DIGEST if self.digest and event.severity < Severity.CRITICAL else event.group


class Waiting(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What waits of one group: how many, since when, and the worst of them."""

    group: str
    count: int
    since: int
    severity: Severity


def channel_of(spec: SinkSpec, alerts: Alerts) -> Channel:
    """The channel of a sink."""
    return Channel(
        name=spec.name,
        severity=spec.severity,
        rules=spec.rules,
        symbols=spec.symbols,
        events=spec.events,
        window=round(alerts.window * SECOND),
        cooldown=round(alerts.cooldown * SECOND),
        digest=round(spec.digest_s * SECOND),
        rate=spec.rate,
        quiet=spec.quiet,
        zone=zone_of(alerts),
    )


def history(alerts: Alerts) -> Channel:
    """The channel of the notifications that are kept to be read: everything, at any time."""
    everything = SinkSpec(name=HISTORY, url="history:", rate=1)
    return msgspec.structs.replace(channel_of(everything, alerts), rate=None)


def ready_at(waiting: Waiting, channel: Channel, told_at: int | None, now: int) -> int:
    """When *waiting* may be told: *now*, or when that is to be asked again. told_at: of its group, the last time."""
    due = waiting.since + channel.window
    if waiting.group == DIGEST:
        due = waiting.since + channel.digest
    elif told_at is not None:
        due = max(due, told_at + channel.cooldown)
    due = max(due, now)
    if channel.quiet is not None and waiting.severity < Severity.CRITICAL:
        return quiet_until(due, channel.quiet, channel.zone) or due
    return due


def free_at(made: Sequence[int], rate: int | None, now: int) -> int:
    """When the next one may be made, *now* or later. made: when the last were, the newest first, at least *rate*."""
    if rate is None or len(made) < rate:
        return now
    return max(now, made[rate - 1] + HOUR)
