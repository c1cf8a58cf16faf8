"""Sends one notification to each sink at once, past the outbox, and says what became of it."""

from collections.abc import Sequence
from random import Random

from tidemark.alerts.sinks import registry
from tidemark.alerts.sinks.base import Message, Place
from tidemark.errors import SettingsError, SinkError
from tidemark.live.alerts_job import Tried
from tidemark.model.notification import Notification, Severity
from tidemark.settings.alerting import SinkSpec
from tidemark.units import MILLISECOND

_TITLE = "Tidemark: a trial"
_TEXT = "This is a trial of the sink {name}. Nothing has happened in the market."


def trial(specs: Sequence[SinkSpec], place: Place, link: str | None, random: Random) -> list[Tried]:
    """One notification to each of *specs*, one after the other."""
    return [_tried(spec, place, _message(spec, link, place.clock.now_ns(), random)) for spec in specs]


def _tried(spec: SinkSpec, place: Place, message: Message) -> Tried:
    is_sent: bool | None = True
    detail = "it took the notification"
    try:
        sink = registry.make(spec, place)
        if sink.is_of_monitor and place.say is None:
            is_sent, detail = None, "only the monitor reaches it: it shows what happens from then on"
        else:
            sink.send(message)
    except (SinkError, SettingsError) as error:
        is_sent, detail = False, str(error)
    return Tried(sink=spec.name, scheme=spec.scheme, is_sent=is_sent, detail=detail)


def _message(spec: SinkSpec, link: str | None, now: int, random: Random) -> Message:
    text = _TEXT.format(name=spec.name)
    told = Notification(
        id=f"{now // MILLISECOND:013d}-{random.getrandbits(32):08x}",
        channel=spec.name,
        group="trial",
        at=now,
        severity=Severity.INFO,
        title=_TITLE,
        text=text,
        count=0,
        link=link,
    )
    return Message(notification=told, rich=f"<p>{text}</p>")
