"""Serves what the monitor knows from within its process."""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler

from tidemark.api import answering
from tidemark.api.access import RateLimit, is_loopback, refuse_open_bind
from tidemark.api.application import IS_KNOWN, PUSH_PATH, Gate, application
from tidemark.api.metrics.exposition import CONTENT_TYPE
from tidemark.api.metrics.metrics import TRANSIENT_BYTES, Metrics
from tidemark.api.monitor import Monitor
from tidemark.api.push.hub import Hub
from tidemark.api.push.reads import Reads
from tidemark.api.reading import Reading
from tidemark.api.routes.base import Nothing
from tidemark.api.routes.health import parts_of
from tidemark.api.routes.memory import memory
from tidemark.api.score_history import ScoreHistory
from tidemark.api.serving import Doors, address_of, listen, serve
from tidemark.api.static_files import StaticFiles
from tidemark.api.tokens import Tokens, Verifier
from tidemark.api.turns import Turns
from tidemark.live.assembly import Parts
from tidemark.live.place import folder_name
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.settings.settings import Settings
from tidemark.sources import Loaded

# Connections that ask and are answered, beside those of push.
_ASKING = 32


class Server:
    """Runs beside the monitor. any_port: where the port of the settings is taken, another one will do."""

    def __init__(self, loaded: Loaded[Settings], *, any_port: bool = False) -> None:
        self._loaded = loaded
        self._any_port = any_port
        self._listening: socket.socket | None = None
        # Of the page; None before the port was taken.
        self.address: str | None = None

    def begin(self, settings: Settings) -> None:
        """Take the port."""
        self.take_port(settings)

    def take_port(self, settings: Settings) -> socket.socket:
        """The socket that will be served; whoever connects before that waits. Done twice, it changes nothing.

        AddressError where the port is taken, SettingsError where anybody could ask.
        """
        if self._listening is None:
            api, tokens = settings.api, Tokens(settings.store.path)
            refuse_open_bind(api.host, has_tokens=not is_loopback(api.host) and bool(tokens.listed()))
            self._listening = listen(api.host, api.port, any_port=self._any_port)
            self.address = address_of(self._listening)
        return self._listening

    def reserve(self, settings: Settings, series: int) -> Sequence[Reservation]:
        """Every owner that `open` registers."""
        return (
            Doors.reserve(_ASKING + settings.api.clients),
            RateLimit.reserve(),
            *(() if is_loopback(settings.api.host) else Verifier.reserve()),
            *Hub.reserve(settings, series=series),
            *Reading.reserve(),
            *ScoreHistory.reserve(series=series),
        )

    def open(self, parts: Parts) -> Callable[[], Awaitable[None]]:
        """Register the owners; give what serves at the port until it is cancelled.

        AddressError and SettingsError as with `take_port`, where that was not done before.
        """
        api, ledger, engine = parts.settings.api, parts.ledger, parts.engine
        listening = self.take_port(parts.settings)
        doors = Doors(_ASKING + api.clients, ledger)
        series = engine.universe.reservation.capacity
        history = ScoreHistory(engine.universe, engine.analysis, series=series, ledger=ledger)
        monitor = Monitor(parts, self._loaded, history)
        # Who is on this machine and may open its loopback needs no token.
        verifier = None if is_loopback(api.host) else Verifier(Tokens(parts.settings.store.path), parts.clock, ledger)
        gate = Gate(
            host=api.host,
            origins=api.origins,
            rate=RateLimit(api.rate, parts.clock, ledger),
            verify=None if verifier is None else verifier.verify,
        )
        hub = _hub(monitor, series, None if verifier is None else verifier.may_read)
        monitor.market = hub.market
        folder = parts.settings.store.path / folder_name(parts.settings)
        reading = Reading(parts.settings, folder, parts.clock, ledger)
        monitor.database = reading.standing
        turns = Turns()
        handlers: dict[str, Handler] = {
            **answering.handlers(monitor, turns),
            **reading.handlers(turns),
            PUSH_PATH: _push(hub),
            "/metrics": _scrape(Metrics(parts, push=hub.figures, reading=reading), ledger, turns),
        }
        actions = answering.action_handlers(monitor)
        app = application(handlers, actions=actions, gate=gate, files=StaticFiles(), instance=secrets.token_hex(8))
        works = (lambda: history.follow(parts.clock), hub.follow, reading.follow)

        async def run() -> None:
            try:
                await serve(app, listening, doors, works, lambda: hub.close("the process stops"))
            except asyncio.CancelledError:
                listening.close()
                raise

        return run


def _hub(monitor: Monitor, series: int, authenticate: Callable[[str, str], Awaitable[bool]] | None) -> Hub:
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
        recent=parts.recent,
        alerting=parts.alerting,
        backtesting=parts.backtesting,
    )

    return Hub(reads, clients=parts.settings.api.clients, series=series, ledger=parts.ledger, authenticate=authenticate)


def _push(hub: Hub) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def push(request: web.Request) -> web.StreamResponse:
        return await hub.handle(request, is_authenticated=request[IS_KNOWN])

    return push


def _scrape(metrics: Metrics, ledger: Ledger, turns: Turns) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def scrape(_: web.Request) -> web.Response:
        await turns.next()
        with ledger.transient(TRANSIENT_BYTES):
            return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    return scrape
