"""A monitor at a port of this machine: its real application over a process that has lived for a while."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler
from tests.api_process import Lived, lived

from tidemark.api.access import RateLimit
from tidemark.api.answering import action_handlers, handlers
from tidemark.api.application import INSTANCE, IS_KNOWN, PUSH_PATH, Gate, application
from tidemark.api.static_files import StaticFiles
from tidemark.api.tokens import Token
from tidemark.api.turns import Turns
from tidemark.memory.ledger import Ledger
from tidemark.serve.process import run
from tidemark.serve.relay.upstream import Upstream
from tidemark.settings.settings import load
from tidemark.sources import Secret

WORD = "tdm_open_sesame"


async def knows(token: str, client: str) -> Token | None:
    """That word is good for reading alone."""
    if (token, client) != (WORD, "127.0.0.1"):
        return None
    return Token(id="0" * 8, name="word", scopes=("read",), created_ms=0)


class Served:
    """It, with the targets that it was asked for, and those that it answered anew."""

    def __init__(self, process: Lived, *, is_guarded: bool, instance: str | None) -> None:
        self.process = process
        self.asked: list[str] = []
        self.answered: list[int] = []
        self.is_asked = asyncio.Event()
        self.held: asyncio.Event | None = None
        gate = Gate(
            host="127.0.0.1",
            origins=(),
            rate=RateLimit(10_000.0, process.clock, Ledger()),
            verify=knows if is_guarded else None,
        )
        all_handlers = handlers(process.monitor, Turns()) | {PUSH_PATH: self._push}
        self.instance = instance
        app = application(all_handlers, actions=action_handlers(process.monitor), gate=gate, files=StaticFiles())
        app.on_response_prepare.append(self._named)
        app.middlewares.append(self._counted)
        self.server = TestServer(app)

    async def _named(self, _: web.Request, response: web.StreamResponse) -> None:
        """As a monitor does; one test lets another one take its place."""
        if self.instance is not None:
            response.headers[INSTANCE] = self.instance

    async def _push(self, request: web.Request) -> web.StreamResponse:
        return await self.process.hub.handle(request, is_authenticated=request[IS_KNOWN])

    @web.middleware
    async def _counted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/health/live":
            return await handler(request)
        self.asked.append(request.path_qs)
        self.is_asked.set()
        if self.held is not None:
            await self.held.wait()
        response = await handler(request)
        self.answered.append(response.status)
        return response

    @property
    def address(self) -> str:
        return str(self.server.make_url("")).rstrip("/")


@asynccontextmanager
async def served(process: Lived, *, is_guarded: bool = False, instance: str | None = "life1") -> AsyncIterator[Served]:
    made = Served(process, is_guarded=is_guarded, instance=instance)
    async with made.server:
        yield made


@asynccontextmanager
async def upstream_of(
    monitor: Served, *, ledger: Ledger | None = None, token: str | None = None
) -> AsyncIterator[Upstream]:
    made = Upstream(monitor.address, None if token is None else Secret(token), ledger or Ledger())
    await made.open()
    try:
        yield made
    finally:
        await made.close()


async def lived_in(folder: Path) -> Lived:
    return await lived(folder, 300)


@asynccontextmanager
async def serving(monitor: Served, folder: Path, **flags: str) -> AsyncIterator[str]:
    """The process that serves beside it, here; gives its address."""
    stop = asyncio.Event()
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    given = {"store.folder": str(folder), "serve.monitor": monitor.address, "serve.port": "0"}
    given |= {name.replace("__", "."): value for name, value in flags.items()}
    running = asyncio.create_task(run(load(None, {}, given).settings, stop, address.set_result))
    running.add_done_callback(lambda _: address.cancel())
    with suppress(asyncio.CancelledError):
        await address
    if running.done():
        await running
    try:
        yield address.result()
    finally:
        stop.set()
        await running


async def move(process: Lived) -> None:
    """Let the monitor live, a second of its time every twentieth of ours, and say what is due, until cancelled."""
    while True:
        process.live(1)
        await process.hub.turn()
        await asyncio.sleep(0.05)
