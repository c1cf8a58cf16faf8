"""Whatever Apprise reaches, by its URL: Telegram, Discord, Slack, e-mail, ntfy and the rest; 30 MB, once one is set.

A message that was not confirmed is tried again: a service that took it and did not say so gets it twice.
"""

import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tidemark.alerts.sinks.addresses import is_loopback, resolve
from tidemark.alerts.sinks.base import Message, Place
from tidemark.alerts.sinks.registry import refuse_options, truth
from tidemark.errors import SettingsError, SinkError
from tidemark.model.notification import Severity
from tidemark.settings.alerting import SinkSpec

if TYPE_CHECKING:
    from apprise import NotifyBase

SCHEMES = ()
EXAMPLE = "ntfy://ntfy.sh/a-topic-of-yours severity=warning"
# Those that send to whatever address they are given, as a webhook does; the others are for services and their hosts.
_WEBHOOKS = frozenset({"json", "jsons", "xml", "xmls", "form", "forms"})
_PARTS = re.compile(r"[^A-Za-z0-9_.~-]+")
_LEAST_SECRET = 4
_TOLD = 200


def make(spec: SinkSpec, _: Place) -> "AppriseSink":
    """The sink of *spec*; SettingsError where Apprise does not understand its URL."""
    refuse_options(spec, "private", "plain")
    where = f"alerts.sinks: {spec.name}"
    host = _host(spec)
    is_webhook = spec.scheme in _WEBHOOKS
    if is_webhook and not spec.scheme.endswith("s") and not is_loopback(host) and not truth(spec, "plain"):
        raise SettingsError(
            f"{where}: {spec.scheme}:// would send it readable by anybody; write {spec.scheme}s://, or allow it with"
            " plain=yes"
        )
    service = _service(spec)
    if service is None:
        raise SettingsError(
            f"{where}: its address is none that Apprise understands, nor one that begins with webhook:, file:,"
            " desktop: or browser:; see the services in Apprise's documentation"
        )
    return AppriseSink(service, spec, host if is_webhook else None)


class AppriseSink:
    """One service. host: looked at before each message, None where it is not the user who says what it is."""

    is_idempotent = False
    is_of_monitor = False

    def __init__(self, service: "NotifyBase", spec: SinkSpec, host: str | None) -> None:
        self._service = service
        self._spec = spec
        self._host = host

    def send(self, message: Message) -> None:
        """Send it as HTML, which Apprise turns into whatever the service takes."""
        import apprise  # noqa: PLC0415 - it loads all its services: 30 MB

        if self._host is not None:
            resolve(self._host, 0, private=truth(self._spec, "private"))
        told = message.notification
        kinds = {
            Severity.INFO: apprise.NotifyType.INFO,
            Severity.WARNING: apprise.NotifyType.WARNING,
            Severity.CRITICAL: apprise.NotifyType.FAILURE,
        }
        sender = apprise.Apprise(self._service)
        with apprise.LogCapture(level=apprise.logging.WARNING) as said:  # type: ignore[no-untyped-call]
            is_sent = sender.notify(
                body=message.rich,
                title=told.title,
                notify_type=kinds[told.severity],
                body_format=apprise.NotifyFormat.HTML,
            )
            words = said.getvalue()
        if not is_sent:
            raise SinkError(f"the service did not take it: {masked(words, self._spec.url) or 'it did not say why'}")


def masked(words: str, url: str) -> str:
    """The last line of *words*, without anything that stands in *url* behind its scheme."""
    lines = [line for line in words.splitlines() if line.strip()]
    last = " ".join(lines[-1].split()) if lines else ""
    rest = unquote(url.partition(":")[2])
    for part in sorted({part for part in _PARTS.split(rest) if len(part) >= _LEAST_SECRET}, key=len, reverse=True):
        last = last.replace(part, "***")
    return last[:_TOLD]


def _host(spec: SinkSpec) -> str:
    try:
        return urlsplit(spec.url).hostname or ""
    except ValueError:
        return ""


def _service(spec: SinkSpec) -> "NotifyBase | None":
    import apprise  # noqa: PLC0415 - it loads all its services: 30 MB

    # What it logs may hold addresses: it is read where something is sent, and goes nowhere else.
    told = logging.getLogger("apprise")
    told.propagate = False
    if not told.handlers:
        told.addHandler(logging.NullHandler())
    # Nothing is followed to another place, kept on disk, or done in threads of its own.
    asset = apprise.AppriseAsset(
        app_id="Tidemark", app_desc="Tidemark", app_url="", http_redirects=False, async_mode=False, secure_logging=True,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )  # fmt: skip
    service = apprise.Apprise.instantiate(spec.url, asset=asset, suppress_exceptions=True)
    if service is not None and "overflow=" not in spec.url:
        # What is too long for a service is cut, instead of refused.
        service.overflow_mode = apprise.OverflowMode.TRUNCATE
    return service
