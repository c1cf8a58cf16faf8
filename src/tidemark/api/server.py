"""Serves what the monitor knows from within its process: opens the port, and closes it in order."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import cast

import structlog
from aiohttp import web

from tidemark.api.access import RateLimit, is_loopback, refuse_open_bind
from tidemark.api.application import IS_KNOWN, PUSH_PATH, Gate, Verify, application
from tidemark.api.conversation import Conversation
from tidemark.api.metrics.exposition import CONTENT_TYPE
from tidemark.api.metrics.metrics import TRANSIENT_BYTES, Metrics
from tidemark.api.monitor import Monitor
from tidemark.api.push.hub import Hub
from tidemark.api.push.reads import Reads
from tidemark.api.routes.base import Nothing
from tidemark.api.routes.health import parts_of
from tidemark.api.routes.memory import memory
from tidemark.api.score_history import ScoreHistory
from tidemark.api.static_files import StaticFiles
from tidemark.api.tokens import Tokens, Verifier
from tidemark.errors import AddressError
from tidemark.live.assembly import Parts
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.settings import Settings
from tidemark.sources import Loaded
from tidemark.units import KIB

# Connections that ask and are answered, beside those of push.
_ASKING = 32
_CONNECTION_BYTES = 32 * KIB
_OWNER = "api/connections"
# Of what was accepted and not taken up yet.
_BACKLOG = 128
# A client that is still being answered when the process ends has so long.
_SHUTDOWN_S = 3.0
# A client that takes nothing is noticed by the kernel within this, and holds so little of what was sent to it.
_USER_TIMEOUT_MS = 20_000
_SEND_BYTES = 64 * KIB
log = structlog.get_logger()


class Doors:
    """Makes a handler for each connection, up to *most* of them; one more is hung up on at once.

    An owner of the ledger: what it counts are connections that are open.
    """

    def __init__(self, most: int, ledger: Ledger) -> None:
        self.reservation = self.reserve(most)
        # Whoever serves sets it.
        self.server: web.Server | None = None
        self._most = most
        self._refused = 0
        self._peak = 0
        ledger.open(self)

    @staticmethod
    def reserve(most: int) -> Reservation:
        """What so many connections take; allocates nothing."""
        return Reservation(
            owner=_OWNER,
            kind="external",
            capacity=most,
            item_bytes=_CONNECTION_BYTES,
            policy="hangs up on the next one",
        )

    def usage(self) -> Usage:
        """Connections that are open; `rejected` were hung up on."""
        used = len(self.server.connections) if self.server is not None else 0
        self._peak = max(self._peak, used)
        return Usage(used=used, peak=self._peak, bytes_used=used * _CONNECTION_BYTES, rejected=self._refused)

    def __call__(self) -> asyncio.BaseProtocol:
        """The protocol of a connection that was just accepted."""
        if self.server is None or len(self.server.connections) >= self._most:
            self._refused += 1
            return _Closed()
        return Conversation(self.server)


class _Closed(asyncio.Protocol):
    """Hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # That of uvloop is no asyncio.Transport, and has all that one has.
        cast("asyncio.Transport", transport).abort()


class Server:
    """Runs beside the monitor. any_port: where the port of the settings is taken, another one will do."""

    def __init__(self, loaded: Loaded[Settings], *, any_port: bool = False) -> None:
        self._loaded = loaded
        self._any_port = any_port
        # Of the page; None before it is open.
        self.address: str | None = None

    def reserve(self, settings: Settings, series: int) -> Sequence[Reservation]:
        """Every owner that `open` registers."""
        return (
            Doors.reserve(_ASKING + settings.api.clients),
            RateLimit.reserve(),
            *(() if is_loopback(settings.api.host) else Verifier.reserve()),
            *Hub.reserve(settings, series=series),
            *ScoreHistory.reserve(series=series),
        )

    def open(self, parts: Parts) -> Callable[[], Awaitable[None]]:
        """Register the owners and take the port; give what serves there until it is cancelled.

        AddressError where the port is taken, SettingsError where anybody could ask.
        """
        api, ledger, engine = parts.settings.api, parts.ledger, parts.engine
        tokens = Tokens(parts.settings.store.path)
        refuse_open_bind(api.host, has_tokens=not is_loopback(api.host) and bool(tokens.listed()))
        listening = listen(api.host, api.port, any_port=self._any_port)
        self.address = address_of(listening)
        doors = Doors(_ASKING + api.clients, ledger)
        series = engine.universe.reservation.capacity
        history = ScoreHistory(engine.universe, engine.analysis, series=series, ledger=ledger)
        monitor = Monitor(parts, self._loaded, history)
        # Who is on this machine and may open its loopback needs no token.
        verify = None if is_loopback(api.host) else _reader(Verifier(tokens, parts.clock, ledger))
        gate = Gate(host=api.host, origins=api.origins, rate=RateLimit(api.rate, parts.clock, ledger), verify=verify)
        hub = _hub(monitor, series, verify)
        monitor.market = hub.market
        metrics = Metrics(parts, push=hub.figures)
        app = application(monitor, gate, StaticFiles(), {PUSH_PATH: _push(hub), "/metrics": _scrape(metrics, ledger)})

        async def serve() -> None:
            try:
                await self._serve(app, listening, doors, (lambda: history.follow(parts.clock), hub.follow), hub)
            except asyncio.CancelledError:
                listening.close()
                raise

        return serve

    async def _serve(
        self,
        app: web.Application,
        listening: socket.socket,
        doors: Doors,
        works: Sequence[Callable[[], Coroutine[None, None, None]]],
        hub: Hub,
    ) -> None:
        runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=_SHUTDOWN_S,
        )
        await runner.setup()
        doors.server = runner.server
        # What is accepted has a descriptor of its own; this one stays for when serving begins again.
        server = await asyncio.get_running_loop().create_server(doors, sock=listening.dup(), backlog=_BACKLOG)
        log.info("serving", address=self.address)
        try:
            async with asyncio.TaskGroup() as group:
                for work in works:
                    group.create_task(work(), name="api")
        finally:
            server.close()
            await hub.close("the process stops")
            await runner.cleanup()


def _reader(verifier: Verifier) -> Verify:
    async def verify(secret: str, client: str) -> bool:
        token = await verifier.verify(secret, client)
        return token is not None and token.allows("read")

    return verify


def _hub(monitor: Monitor, series: int, verify: Verify | None) -> Hub:
    parts = monitor.parts
    reads = Reads(
        engine=parts.engine,
        ledger=parts.ledger,
        clock=parts.clock,
        lags=parts.health.lags,
        is_conflated=lambda: parts.conflation.is_on,
        figures=lambda: monitor.figures,
        health=lambda: parts_of(monitor),
        memory=lambda: memory(monitor, Nothing()),
    )

    return Hub(reads, clients=parts.settings.api.clients, series=series, ledger=parts.ledger, authenticate=verify)


def _push(hub: Hub) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def push(request: web.Request) -> web.StreamResponse:
        return await hub.handle(request, is_authenticated=request[IS_KNOWN])

    return push


def _scrape(metrics: Metrics, ledger: Ledger) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def scrape(_: web.Request) -> web.Response:
        with ledger.transient(TRANSIENT_BYTES):
            return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    return scrape


def listen(host: str, port: int, *, any_port: bool = False) -> socket.socket:
    """A socket that listens at *host*, at another port than *port* where that is taken and *any_port* will do.

    AddressError where it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise AddressError(f"api.host {host!r} is no address that is known here; set it to 127.0.0.1") from error
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            made.bind(address)
        except OSError as error:
            if not (any_port and error.errno == errno.EADDRINUSE):
                raise
            made.bind((address[0], 0, *address[2:]))
        made.listen(_BACKLOG)
        made.setblocking(False)
    except OSError as error:
        made.close()
        raise AddressError(
            f"the API cannot listen at {host}, port {port}: {error.strerror}; name another one with api.port, or set"
            " api.enabled to false"
        ) from error
    return made


def address_of(listening: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listening.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - that is compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
