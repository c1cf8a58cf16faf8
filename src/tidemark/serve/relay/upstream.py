"""The monitor, as a process that serves further clients asks it: over few connections, and never without an end."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Literal, NamedTuple

import aiohttp
import structlog
from yarl import URL

from tidemark.api.application import INSTANCE
from tidemark.errors import UnreachableError
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.sources import Secret
from tidemark.units import KIB, MIB

_OWNER = "serve/monitor"
# Of questions and exports; push has one of its own.
_CONNECTIONS = 16
# What aiohttp reads ahead for one, and its own buffers.
_CONNECTION_BYTES = 192 * KIB
# For an answer as a whole; to connect; for a look at whether the monitor is there, and between two looks.
_DEADLINE_S, _CONNECT_S, _LOOK_S, _EVERY_S = 10.0, 2.0, 2.0, 1.0
_MOST_BODY = 8 * MIB
_PIECE = 64 * KIB
_LIVE = "/health/live"
_PATIENCE = aiohttp.ClientTimeout(total=_DEADLINE_S, sock_connect=_CONNECT_S)
# The monitor gives up a little earlier.
_POSTING = aiohttp.ClientTimeout(total=28.0, sock_connect=_CONNECT_S)
_GLANCE = aiohttp.ClientTimeout(total=_LOOK_S)
# Refusals that are meant for this process, and not for its client.
_OURS: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "asks for another token than serve.token",
    HTTPStatus.FORBIDDEN: "lets this process read only; give serve.token one with --scope write",
    HTTPStatus.MISDIRECTED_REQUEST: "is not served under the name that serve.monitor has",
    HTTPStatus.TOO_MANY_REQUESTS: "was asked too much by this process; raise api.rate there",
}
_HANDSHAKES: Mapping[int, str] = {
    HTTPStatus.SERVICE_UNAVAILABLE: "has no room for one more push client; raise api.clients there",
    HTTPStatus.UNAUTHORIZED: _OURS[HTTPStatus.UNAUTHORIZED],
}
_FAILURES = (aiohttp.ClientError, TimeoutError, OSError)
Pieces = AsyncIterator[bytes]
log = structlog.get_logger()


class Told(NamedTuple):
    """What the monitor answered. etag: None without one. at_ms: its clock, in whole seconds; 0 where it said none."""

    status: int
    body: bytes
    content_type: str
    etag: str | None
    retry_after: str | None
    at_ms: int


class Upstream:
    """Asks the monitor at *address*; `open` before anything else, `close` at the end.

    is_up: whether it answered a moment ago. While it did not, a question fails at once. instance: what tells one life
    of a monitor from another, and from other monitors; None before the first answer. An owner of the ledger.
    """

    def __init__(self, address: str, token: Secret | None, ledger: Ledger) -> None:
        self.reservation = self.reserve()
        self.address = address
        self.is_up = True
        self.instance: str | None = None
        self.asked = self.failed = 0
        self._headers = {"Accept-Encoding": "identity"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token.reveal()}"
        self._ledger = ledger
        self._session: aiohttp.ClientSession | None = None
        self._busy = self._peak = 0
        ledger.open(self)

    @staticmethod
    def reserve() -> Reservation:
        """What its connections take; allocates nothing."""
        return Reservation(
            owner=_OWNER,
            kind="external",
            capacity=_CONNECTIONS,
            item_bytes=_CONNECTION_BYTES,
            policy="lets the next question wait",
        )

    def usage(self) -> Usage:
        """Connections that are busy."""
        return Usage(used=self._busy, peak=self._peak, bytes_used=self._busy * _CONNECTION_BYTES)

    async def open(self) -> None:
        """Be ready; UnreachableError where there is no monitor at the address."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS + 1),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            timeout=_PATIENCE,
        )
        await self._look()
        if self.instance is None:
            raise UnreachableError(f"what answers at {self.address} is no monitor; see serve.monitor")

    async def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()

    async def watch(self) -> None:
        """Look once a second whether the monitor is there, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self._look()
            except UnreachableError as error:
                self._note(error)
            else:
                self._note(None)

    async def ask(self, target: str, etag: str | None = None) -> Told:
        """The answer to GET *target*, a path with its query; status 304 where it is still the one with *etag*.

        UnreachableError, worth a retry, where the monitor is not there, or refuses this process.
        """
        headers = {} if etag is None else {"If-None-Match": etag}
        async with self._asked("GET", target, headers) as response:
            return await self._told(response)

    async def post(self, path: str, body: bytes) -> Told:
        """The answer to POST *path* with a *body* of JSON; UnreachableError as with `ask`, worth no retry by itself."""
        headers = {"Content-Type": "application/json"}
        async with self._asked("POST", path, headers, _POSTING, body) as response:
            return await self._told(response)

    @asynccontextmanager
    async def stream(self, method: str, target: str) -> AsyncGenerator[tuple[Mapping[str, str], int, Pieces]]:
        """Headers, status and pieces of an answer, each piece fetched when it is asked for."""
        patient = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_DEADLINE_S)
        async with self._asked(method, target, {}, patient) as response:
            yield response.headers, response.status, self._pieces(response)

    @asynccontextmanager
    async def push(self, path: str) -> AsyncGenerator[aiohttp.ClientWebSocketResponse[Literal[False]]]:
        """A push connection, with messages as they come: nothing is unpacked or decoded."""
        address = URL(self.address + path).with_scheme("wss" if self.address.startswith("https") else "ws")
        try:
            connected = await self._opened.ws_connect(
                address,
                compress=0,
                decode_text=False,
                max_msg_size=_MOST_BODY,
                timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
            )
        except _FAILURES as error:
            raise self._unreachable(error) from error
        try:
            yield connected
        finally:
            await connected.close()

    @asynccontextmanager
    async def _asked(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        patience: aiohttp.ClientTimeout = _PATIENCE,
        body: bytes | None = None,
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        if not self.is_up:
            raise UnreachableError(f"the monitor at {self.address} does not answer at the moment")
        self.asked += 1
        self._busy += 1
        self._peak = max(self._peak, self._busy)
        url = URL(self.address + target, encoded=True)
        try:
            try:
                response = await self._opened.request(
                    method, url, headers=headers, data=body, allow_redirects=False, timeout=patience
                )
            except _FAILURES as error:
                raise self._unreachable(error) from error
            # What whoever takes the answer does wrong is no failure of the monitor.
            async with response:
                refusal = _OURS.get(response.status)
                if refusal is not None:
                    raise UnreachableError(f"the monitor at {self.address} {refusal}")
                yield response
        finally:
            self._busy -= 1

    async def _told(self, response: aiohttp.ClientResponse) -> Told:
        with self._ledger.transient(response.content_length or 0):
            body = b"".join([piece async for piece in self._pieces(response, _MOST_BODY)])
        return Told(
            response.status,
            body,
            response.headers.get("Content-Type", ""),
            response.headers.get("ETag"),
            response.headers.get("Retry-After"),
            _ms(response.headers.get("Date")),
        )

    async def _pieces(self, response: aiohttp.ClientResponse, most: int | None = None) -> Pieces:
        held = 0
        try:
            async for piece in response.content.iter_chunked(_PIECE):
                held += len(piece)
                if most is not None and held > most:
                    raise UnreachableError(f"an answer of the monitor at {self.address} has more than {most} bytes")
                yield piece
        except _FAILURES as error:
            raise self._unreachable(error) from error

    async def _look(self) -> None:
        """Ask whether the monitor is there; UnreachableError."""
        try:
            async with self._opened.get(self.address + _LIVE, timeout=_GLANCE, allow_redirects=False) as response:
                self.instance = response.headers.get(INSTANCE)
        except _FAILURES as error:
            raise self._unreachable(error) from error

    def _note(self, error: UnreachableError | None) -> None:
        """Say it once when the monitor has gone, and when it is back."""
        if self.is_up and error is not None:
            log.warning("the monitor does not answer", cause=str(error))
        elif not self.is_up and error is None:
            log.info("the monitor is back", address=self.address)
        self.is_up = error is None

    def _unreachable(self, error: Exception) -> UnreachableError:
        self.failed += 1
        if isinstance(error, aiohttp.WSServerHandshakeError):
            why = _HANDSHAKES.get(error.status, f"refuses push, with status {error.status}")
            return UnreachableError(f"the monitor at {self.address} {why}")
        reason = "not in time" if isinstance(error, TimeoutError) else _words(error)
        return UnreachableError(f"the monitor at {self.address} does not answer: {reason}; see serve.monitor")

    @property
    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise UnreachableError(f"nothing was opened to the monitor at {self.address} yet")
        return self._session


def _words(error: Exception) -> str:
    """What the system says of it, without what the library adds."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)[:200] or type(error).__name__


def _ms(date: str | None) -> int:
    """The moment of a Date header (ms), a whole second; 0 where it says none."""
    try:
        return round(parsedate_to_datetime(date).timestamp()) * 1000 if date else 0
    except ValueError:
        return 0
