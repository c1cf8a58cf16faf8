"""A signed webhook: `webhook:https://example.org/in secret=...`, a POST of JSON that its receiver can trust.

`Tidemark-Signature: v1=` is the HMAC-SHA256 of `<timestamp>.<body>` in hexadecimal, with the secret as its key;
`Tidemark-Timestamp` is in seconds, so that an old request can be told; `Idempotency-Key` is the same however often the
same notification is tried. Redirects are not followed. The host's name is looked up once, and what is sent goes to the
address that was looked at.
"""

import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

import msgspec

from tidemark.alerts.sinks.addresses import is_loopback, resolve
from tidemark.alerts.sinks.base import Message, Place
from tidemark.alerts.sinks.registry import refuse_options, truth
from tidemark.errors import SettingsError, SinkError, SinkRefusedError
from tidemark.settings.alerting import SinkSpec
from tidemark.units import MILLISECOND, SECOND

SCHEMES = ("webhook",)
EXAMPLE = "webhook:https://example.org/in secret=a-long-secret-of-yours"
_LEAST_SECRET = 16
# Of one step, such as to connect; and of all of it, however slowly an answer drips.
_STEP_S, _ALL_S = 10.0, 25.0
_READ_BYTES = 4096
_LONGEST_WAIT_S = 3600
# What another attempt may change.
_LATER = frozenset({408, 425, 429})


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent, as JSON."""

    id: str
    channel: str
    at_ms: int
    severity: str
    title: str
    text: str
    count: int
    symbols: tuple[str, ...]
    rules: tuple[str, ...]
    link: str | None


def make(spec: SinkSpec, place: Place) -> "Webhook":
    """The sink of *spec*."""
    refuse_options(spec, "secret", "private", "plain")
    where = f"alerts.sinks: {spec.name}"
    try:
        url = urlsplit(spec.url.partition(":")[2])
        host, port = url.hostname, url.port
    except ValueError as error:
        raise SettingsError(f"{where}: what follows webhook: is no address; write webhook:https://host/path") from error
    if url.scheme not in {"https", "http"} or not host or url.username is not None:
        raise SettingsError(f"{where}: what follows webhook: is no address; write webhook:https://host/path")
    if url.scheme == "http" and not is_loopback(host) and not truth(spec, "plain"):
        raise SettingsError(f"{where}: http would send it readable by anybody; write https, or allow it with plain=yes")
    secret = spec.options.get("secret", "")
    if len(secret) < _LEAST_SECRET:
        raise SettingsError(f"{where} needs secret=... of at least {_LEAST_SECRET} characters, to sign what it sends")
    usual = 443 if url.scheme == "https" else 80
    return Webhook(url, host, port or usual, secret, place, private=truth(spec, "private"))


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What `Tidemark-Signature` says of *body*, sent at *timestamp*."""
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={signed.hexdigest()}"


class Webhook:
    """Sends to one address."""

    is_idempotent = True
    is_of_monitor = False

    def __init__(self, url: SplitResult, host: str, port: int, secret: str, place: Place, *, private: bool) -> None:
        self._url = url
        self._host = host
        self._port = port
        self._secret = secret
        self._clock = place.clock
        self._private = private

    def send(self, message: Message) -> None:
        """Send it; a success is any answer of 200 to 299."""
        body = msgspec.json.encode(_body(message))
        timestamp = str(self._clock.now_ns() // SECOND)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "tidemark",
            "Idempotency-Key": message.notification.id,
            "Tidemark-Timestamp": timestamp,
            "Tidemark-Signature": signature(self._secret, timestamp, body),
        }
        address = resolve(self._host, self._port, private=self._private)[0]
        connection = _Pinned(self._host, self._port, address, is_secure=self._url.scheme == "https")
        timer = threading.Timer(_ALL_S, connection.cut)
        timer.daemon = True
        timer.start()
        try:
            query = f"?{self._url.query}" if self._url.query else ""
            connection.request("POST", (self._url.path or "/") + query, body, headers)
            answer = connection.getresponse()
            answer.read(_READ_BYTES)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise SinkError(f"it did not answer: {_words(error)}") from error
        finally:
            timer.cancel()
            connection.close()
        _judge(answer.status, answer.getheader("Retry-After"))


class _Pinned(http.client.HTTPConnection):
    """To *address*, which is one of *host*: nobody looks the name up a second time, and no proxy is asked."""

    def __init__(self, host: str, port: int, address: str, *, is_secure: bool) -> None:
        super().__init__(host, port, timeout=_STEP_S)
        self.default_port = 443 if is_secure else 80
        self._address = address
        self._context = ssl.create_default_context() if is_secure else None

    def connect(self) -> None:
        """Connect, and see who is there."""
        self.sock = socket.create_connection((self._address, self.port), _STEP_S)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """End whatever is still going on."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _body(message: Message) -> Body:
    told = message.notification
    return Body(
        id=told.id,
        channel=told.channel,
        at_ms=told.at // MILLISECOND,
        severity=told.severity.word,
        title=told.title,
        text=told.text,
        count=told.count,
        symbols=told.symbols,
        rules=told.rules,
        link=told.link,
    )


def _judge(status: int, retry_after: str | None) -> None:
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise SinkRefusedError(f"it answered {status}: redirects are not followed; write the address that it leads to")
    words = f"it answered {status} {http.client.responses.get(status, '')}".strip()
    if status >= 500 or status in _LATER:
        wait_s = int(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
        raise SinkError(words, retry_after_s=None if wait_s is None else min(wait_s, _LONGEST_WAIT_S))
    raise SinkRefusedError(words)


def _words(error: Exception) -> str:
    # What the library says of an answer that is none may hold the address.
    return str(getattr(error, "strerror", None) or type(error).__name__)[:200]
