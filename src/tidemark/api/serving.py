"""A port and who comes to it: taking it, the connections that are open, and closing them in order."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import cast

import structlog
from aiohttp import web

from tidemark.api.conversation import Conversation
from tidemark.errors import AddressError
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.units import KIB

_CONNECTION_BYTES = 32 * KIB
_OWNER = "api/connections"
# Of what was accepted and not taken up yet.
_BACKLOG = 128
# A client that is still being answered when the process ends has so long.
_SHUTDOWN_S = 3.0
# A client that takes nothing is noticed by the kernel within this, and holds so little of what was sent to it.
_USER_TIMEOUT_MS = 20_000
_SEND_BYTES = 64 * KIB
# Of connections that were hung up on, and are about to go.
_LEAVING = 8
log = structlog.get_logger()


class Doors:
    """Makes a handler for each connection, up to *most* of them.

    One more takes the place of the oldest that asks nothing; where all ask something it is hung up on at once.

    An owner of the ledger: what it counts are connections that are open.
    """

    def __init__(self, most: int, ledger: Ledger) -> None:
        self.reservation = self.reserve(most)
        # Whoever serves sets it.
        self.server: web.Server | None = None
        self._most = most
        self._evicted = self._refused = 0
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
            policy="hangs up on the oldest that asks nothing, else on the next one",
        )

    def usage(self) -> Usage:
        """Connections that are open; `evicted` asked nothing when others came, `rejected` were hung up on at once."""
        used = len(self.server.connections) if self.server is not None else 0
        self._peak = max(self._peak, used)
        return Usage(
            used=used,
            peak=self._peak,
            bytes_used=used * _CONNECTION_BYTES,
            evicted=self._evicted,
            rejected=self._refused,
        )

    def __call__(self) -> asyncio.BaseProtocol:
        """The protocol of a connection that was just accepted."""
        if self.server is None or not self._has_room(cast("list[Conversation]", self.server.connections)):
            self._refused += 1
            return _Closed()
        return Conversation(self.server)

    def _has_room(self, connections: Sequence[Conversation]) -> bool:
        """Whether one more may come, for whom another was hung up on where need be."""
        if len(connections) < self._most:
            return True
        # Those that were hung up on are there until the loop has turned.
        leaving = sum(one.is_leaving for one in connections)
        if len(connections) - leaving >= self._most:
            idle = next((one for one in connections if one.is_idle), None)
            if idle is None or leaving >= _LEAVING:
                return False
            idle.hang_up()
            self._evicted += 1
        return True


class _Closed(asyncio.Protocol):
    """Hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # That of uvloop is no asyncio.Transport, and has all that one has.
        cast("asyncio.Transport", transport).abort()


async def serve(
    app: web.Application,
    listening: socket.socket,
    doors: Doors,
    works: Sequence[Callable[[], Coroutine[None, None, None]]],
    close: Callable[[], Awaitable[None]],
) -> None:
    """Let *app* answer who comes to *listening*, and do *works* beside it, until cancelled; then *close* what is open.

    It may be called again afterwards: what is accepted has a descriptor of its own.
    """
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    doors.server = runner.server
    server = await asyncio.get_running_loop().create_server(doors, sock=listening.dup(), backlog=_BACKLOG)
    log.info("serving", address=address_of(listening))
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work(), name="api")
    finally:
        server.close()
        await close()
        await runner.cleanup()


def listen(host: str, port: int, *, any_port: bool = False, section: str = "api") -> socket.socket:
    """A socket that listens at *host*, at another port than *port* where that is taken and *any_port* will do.

    AddressError where it cannot be had; section: of the settings that it names.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise AddressError(f"{section}.host {host!r} is no address that is known here; set it to 127.0.0.1") from error
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
            f"the API cannot listen at {host}, port {port}: {error.strerror}; name another one with {section}.port"
            + (", or set api.enabled to false" if section == "api" else "")
        ) from error
    return made


def address_of(listening: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listening.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - that is compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
