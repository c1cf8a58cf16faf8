"""What the process of the alerts is told, and what it says. Shared with the process that starts it.

A job when it begins; then orders, each of which it answers.
"""

from typing import Any

import msgspec

from tidemark.memory.ledger import Reservation
from tidemark.model.notification import Notification
from tidemark.settings.alerting import Alerts
from tidemark.sources import Secret
from tidemark.units import KIB, MIB

MODULE = "tidemark.alerts.process"
# The address space of the process: of its libraries, a stack for each sink, and the heap.
ADDRESS_BYTES = 1 << 30
# What it may have resident, which the plan names beside the budget of the service. Measured by benchmarks/alerts.py.
RESIDENT_BYTES = 128 * MIB
# Of what it says, as one line: a notification has at most 8,000 characters of text.
LINE_BYTES = 128 * KIB
# Orders that wait until another one is carried out, and ids or numbers of one of them.
MOST_ORDERS = 8
MOST_NAMED = 100
# It ends with this code where the settings are wrong: to begin it again would change nothing.
WRONG_SETTINGS = 2


class AlertsJob(msgspec.Struct, frozen=True, kw_only=True):
    """venue: the name of the folder. database: a URL, None for the file of SQLite in `folder`. level: of its log.

    link: where the dashboard is, None where nobody serves it.
    """

    venue: str
    folder: str
    database: str | None
    alerts: Alerts
    link: str | None
    level: str = "info"


class SinkFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One sink. scheme: what its address begins with. pending, dead: in the outbox; the others since the start.

    failure: why the last attempt failed, None when it did not, or nothing was sent.
    """

    name: str
    scheme: str
    pending: int
    dead: int
    sent: int
    failed: int
    failure: str | None


class AlertsFigures(msgspec.Struct, frozen=True, kw_only=True, tag="figures"):
    """The process. events: told since the start; late: too old to be told; unread: notifications of the history."""

    events: int
    late: int
    notifications: int
    unread: int
    sinks: tuple[SinkFigures, ...]


class Told(msgspec.Struct, frozen=True, kw_only=True, tag="notification"):
    """A notification: of the channel "history", or of a sink that pushes to browsers. The same may be said twice."""

    notification: Notification


class MarkRead(msgspec.Struct, frozen=True, kw_only=True, tag="mark_read"):
    """Somebody has read these notifications, by their ids; None: all of them. number: of the order."""

    number: int
    ids: tuple[str, ...] | None


class Resend(msgspec.Struct, frozen=True, kw_only=True, tag="resend"):
    """Try these dead letters again, by their numbers; None: all of them. number: of the order."""

    number: int
    letters: tuple[int, ...] | None


class TrySink(msgspec.Struct, frozen=True, kw_only=True, tag="try_sink"):
    """Send one notification to a sink at once, past the outbox. number: of the order."""

    number: int
    sink: str


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the trial of one sink. is_sent: None where it cannot be tried from here; `detail` says why."""

    sink: str
    scheme: str
    is_sent: bool | None
    detail: str


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """What became of the order of that *number*.

    changed: notifications or dead letters that are another way now. tried: of a trial. failure: why nothing was done,
    None where it was.
    """

    number: int
    changed: int = 0
    tried: Tried | None = None
    failure: str | None = None


Order = MarkRead | Resend | TrySink
Said = AlertsFigures | Told | Done


def encode(job: AlertsJob) -> bytes:
    """*job* as one line, its secrets in it: for nobody but the process."""
    return msgspec.json.encode(job, enc_hook=_reveal) + b"\n"


def decode(line: bytes) -> AlertsJob:
    """The job that *line* tells; msgspec.DecodeError where it tells none."""
    return msgspec.json.decode(line, type=AlertsJob, dec_hook=_hide)


def reserve() -> Reservation:
    """What it takes beside the service."""
    return Reservation(
        owner="alerts", kind="external", capacity=RESIDENT_BYTES, item_bytes=1, policy="keeps what waits on disk"
    )


def _reveal(value: Any) -> str:
    if not isinstance(value, Secret):
        raise TypeError(f"no way to write {type(value).__name__}")
    return value.reveal()


def _hide(kind: type, value: Any) -> Any:
    if kind is not Secret:
        raise TypeError(f"no way to read {kind.__name__}")
    return Secret(str(value))
