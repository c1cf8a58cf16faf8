"""Who is told in a soak: a receiver of the webhook on loopback, in threads of its own, that can be told to fail.

It lives by the wall, as the process that sends to it does, and knows of each notification once, by its key.
"""

import hashlib
import hmac
import socket
import struct
import threading
from contextlib import suppress
from enum import StrEnum
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import cast

import msgspec

from tidemark.errors import DECODE_ERRORS
from tidemark.units import KIB

# More than a soak of days can tell, at the rate that it sets.
MOST_KEYS = 100_000
_MOST_BODY = 256 * KIB
# A sender gives up before that.
_PATIENCE_S = 60.0
_RETRY_AFTER_S = 20
# Closed like that, a connection is reset.
_RESET = struct.pack("ii", 1, 0)
_LOOK_S = 0.05


class Manner(StrEnum):
    """How it fails: it answers 503, takes what it is sent and never answers, hangs up half way, or is not there."""

    REFUSES = "sink refuses"
    HANGS = "sink hangs"
    HANGS_UP = "sink hangs up"
    GONE = "sink gone"


class Arrival(msgspec.Struct, kw_only=True):
    """A notification that was taken in, as the first it came. is_answered: whether its sender was told so, ever."""

    place: int
    contents: bytes
    is_answered: bool = False


class Reception(msgspec.Struct, frozen=True, kw_only=True):
    """What came in. repeated: of what was there, and of these `again`, after an answer had said that it is.

    failed: by the manner; who is not there counts none. changed: came again, and was another. unsigned: its signature
    or its key was none. unkept: there was no place for it.
    """

    taken: int = 0
    repeated: int = 0
    again: int = 0
    changed: int = 0
    unsigned: int = 0
    unkept: int = 0
    failed: dict[str, int] = {}  # bounded: by the manners


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a sink is told; of a file other fields as well."""

    id: str
    channel: str
    title: str
    text: str
    count: int
    symbols: tuple[str, ...]
    rules: tuple[str, ...]
    link: str | None


_TOLD = msgspec.json.Decoder(Told)


def contents(told: Told) -> bytes:
    """What tells one content from another."""
    return hashlib.sha256(msgspec.json.encode(told)).digest()[:16]


class Receiver:
    """Listens from the start on, and keeps its port until it is closed. *secret* is what is signed with."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._lock = threading.Lock()
        self._arrivals: dict[str, Arrival] = {}  # bounded: `MOST_KEYS`
        self._counts = dict.fromkeys(("repeated", "again", "changed", "unsigned", "unkept"), 0)  # bounded: its keys
        self._failed: dict[str, int] = {}  # bounded: the manners
        self._manner: Manner | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        # While nobody listens nobody else gets the port.
        self._holder = _bound(0)
        self._port: int = self._holder.getsockname()[1]
        self.behave(None)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._port}/soak"

    @property
    def arrivals(self) -> dict[str, Arrival]:
        """What was taken in, by its key."""
        return self._arrivals

    def reception(self) -> Reception:
        """What came in so far."""
        with self._lock:
            return Reception(taken=len(self._arrivals), failed=dict(self._failed), **self._counts)

    def behave(self, manner: Manner | None) -> None:
        """Fail like that from now on; None: do not."""
        self._manner = manner
        if manner is Manner.GONE:
            self._leave()
        elif self._server is None:
            self._server = _Server(self, self._port)
            serve = self._server.serve_forever
            self._thread = threading.Thread(target=serve, args=(_LOOK_S,), name="receiver", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Nobody listens any more."""
        self._leave()
        self._holder.close()

    def _leave(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = self._thread = None

    def meet(self, asked: "_Asked") -> None:
        """Take in one request, or fail."""
        manner, length = self._manner, int(asked.headers.get("Content-Length", 0))
        if not 0 < length <= _MOST_BODY:
            asked.answer(413)
            return
        if manner is Manner.HANGS_UP:
            asked.rfile.read(length // 2)
            self._fail(manner)
            asked.reset()
            return
        body = asked.rfile.read(length)
        if len(body) < length:
            return
        if manner is Manner.REFUSES:
            self._fail(manner)
            asked.answer(503, _RETRY_AFTER_S)
            return
        key = self._take(asked, body)
        if key is None:
            asked.answer(400)
        elif manner is Manner.HANGS:
            self._fail(manner)
            asked.wait()
        else:
            asked.answer(200)
            with self._lock:
                if key in self._arrivals:
                    self._arrivals[key].is_answered = True

    def _fail(self, manner: Manner) -> None:
        with self._lock:
            self._failed[manner.value] = self._failed.get(manner.value, 0) + 1

    def _take(self, asked: "_Asked", body: bytes) -> str | None:
        """Keep what came; give its key, None where it is not from whom it should be."""
        key = asked.headers.get("Idempotency-Key", "")
        told = self._read(asked, body)
        with self._lock:
            if told is None or told.id != key:
                self._counts["unsigned"] += 1
                return None
            known = self._arrivals.get(key)
            if known is not None:
                self._counts["repeated"] += 1
                self._counts["again"] += known.is_answered
                self._counts["changed"] += known.contents != contents(told)
            elif len(self._arrivals) < MOST_KEYS:
                self._arrivals[key] = Arrival(place=len(self._arrivals), contents=contents(told))
            else:
                self._counts["unkept"] += 1
        return key

    def _read(self, asked: "_Asked", body: bytes) -> Told | None:
        """What *body* tells, where its signature is what the documentation says."""
        stamp, signature = (asked.headers.get(f"Tidemark-{name}", "") for name in ("Timestamp", "Signature"))
        signed = hmac.new(self._secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signature.encode(), f"v1={signed}".encode()):
            return None
        try:
            return _TOLD.decode(body)
        except DECODE_ERRORS:
            return None


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(("127.0.0.1", port))
    return made


class _Server(ThreadingTCPServer):
    # A request that hangs holds up no end.
    daemon_threads = True

    def __init__(self, receiver: Receiver, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Asked, bind_and_activate=False)
        self.receiver = receiver
        self.socket.close()
        self.socket = _bound(port)
        self.server_activate()

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that was killed is nothing that somebody has to know."""


class _Asked(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S

    def do_POST(self) -> None:
        """One notification."""
        cast("_Server", self.server).receiver.meet(self)

    def answer(self, status: int, retry_after_s: int | None = None) -> None:
        """Say how it went."""
        self.send_response(status)
        if retry_after_s is not None:
            self.send_header("Retry-After", str(retry_after_s))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def wait(self) -> None:
        """Say nothing, until the other one has enough of it."""
        self.close_connection = True
        with suppress(OSError):
            self.rfile.read(1)

    def reset(self) -> None:
        """End the connection, not in order."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nobody reads it."""
