"""The local exchange: one port that answers REST and WebSocket as the venue does."""

import asyncio
import random
import socket as sockets
from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec
from aiohttp import WSMsgType, web

from tidemark.clock import Clock
from tidemark.errors import AddressError, SettingsError
from tidemark.sim.binance.rest import BinanceRest
from tidemark.sim.bybit.rest import BybitRest
from tidemark.sim.clients import Client, Router, Switches
from tidemark.sim.faults import Faults
from tidemark.sim.market import Source
from tidemark.sim.pump import Pump
from tidemark.sim.schedule import Pacer
from tidemark.sim.settings import Address, SimSettings
from tidemark.sim.status import Status, candle_status, changed, status, symbol_status
from tidemark.sim.venue import Answer, Reply, Venue
from tidemark.units import parse_whole

MILLISECOND = 1_000_000
# How often a connection looks up from waiting: for its next ping, for a fault switched on meanwhile.
LOOK_UP_S = 0.25
# An address may name 1,024 streams.
LONGEST_ADDRESS = 64 * 1024
# Binance cuts who leaves its ping unanswered that long.
PONG_WITHIN_S = 600.0


class Exchange:
    """Everything behind the port. One per server; `pump.run` makes time pass."""

    def __init__(self, settings: SimSettings, source: Source, clock: Clock) -> None:
        self.settings = settings
        self.source = source
        self.clock = clock
        self.router = Router()
        self.switches = Switches(settings.faults)
        source.faults = settings.faults
        self.pump = Pump(source, self.router, self.switches, Pacer(clock, settings.speed))
        self.venue: Venue = BybitRest(source) if settings.venue == "bybit" else BinanceRest(source)
        self.requests = 0
        # While it does, whoever connects is hung up on at once.
        self.refuses = False
        self._rng = random.Random(settings.seed)
        self._connections = 0

    def now_ms(self) -> int:
        """The exchange's clock as it tells it, with the skew in force."""
        return self.pump.now_ns() // MILLISECOND + self.switches.faults.clock_skew_ms

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=1 << 20)
        app.router.add_get("/_sim/status", self._status)
        app.router.add_get("/_sim/faults", self._faults)
        app.router.add_post("/_sim/faults", self._switch)
        app.router.add_get("/{path:.*}", self._get)
        return app

    def told(self, query: Mapping[str, str]) -> Status:
        """What /_sim/status tells; of one market and minute (ms) as well where *query* names them."""
        candle, symbol = None, None
        now_ms = self.pump.now_ns() // MILLISECOND
        if "symbol" in query:
            minute = parse_whole(query.get("minute", ""))
            candle = candle_status(self.source, query["symbol"], now_ms if minute is None else minute)
            symbol = symbol_status(self.source, query["symbol"])
        return status(self.source, self.router, now_ms, self.requests, self.pump.cut_for_slowness, candle, symbol)

    def switch(self, faults: Faults) -> Faults:
        """Put *faults* in force; what happens once happens now. Gives those that stay."""
        if faults.drop_once:
            for client in self.router.clients:
                client.cut()
            faults = msgspec.structs.replace(faults, drop_once=False)
        if faults.burst_s:
            self.pump.burst(faults.burst_s)
            faults = msgspec.structs.replace(faults, burst_s=0.0)
        self.switches.set(faults)
        self.source.faults = faults
        return faults

    async def _status(self, request: web.Request) -> web.Response:
        return web.Response(body=msgspec.json.encode(self.told(request.query)), content_type="application/json")

    async def _faults(self, request: web.Request) -> web.Response:  # noqa: ARG002 - all handlers are called alike
        """The switches in force, and what each does."""
        told = {"faults": self.switches.faults, "help": (Faults.__doc__ or "").splitlines()}
        return web.Response(body=msgspec.json.encode(told), content_type="application/json")

    async def _switch(self, request: web.Request) -> web.Response:
        try:
            faults = self.switch(changed(self.switches.faults, await request.read()))
        except SettingsError as error:
            return web.Response(text=f"{error}\n", status=400)
        return web.Response(body=msgspec.json.encode(faults), content_type="application/json")

    def _is_stream(self, path: str) -> bool:
        return any(
            path.startswith(known[:-1]) if known.endswith("*") else path == known for known in self.venue.stream_paths
        )

    async def _get(self, request: web.Request) -> web.StreamResponse:
        if self.refuses and request.transport is not None:
            request.transport.abort()
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._converse(request) if self._is_stream(request.path) else web.Response(status=404)
        return self._answer(await self.reply(request.path, request.query))

    async def reply(self, path: str, query: Mapping[str, str]) -> Reply:
        """The reply to GET *path*, through the faults in force."""
        self.requests += 1
        faults = self.switches.faults
        if faults.rest_delay_s:
            await asyncio.sleep(faults.rest_delay_s)
        if faults.server_error and self._rng.random() < faults.server_error:
            return Reply(b"<html><body>503 Service Unavailable</body></html>", status=503)
        return self._reply(path, query)

    def _reply(self, path: str, query: Mapping[str, str]) -> Reply:
        faults, venue, now_ms = self.switches.faults, self.venue, self.now_ms()
        # Requests are counted by this machine's clock: that is the one by which a client spreads them.
        wall_ms = self.clock.now_ns() // MILLISECOND
        spent = venue.window_of(path).spend(venue.weight(path, query), wall_ms)
        if faults.too_many_requests and self._rng.random() < faults.too_many_requests:
            reply = venue.refusal("banned" if faults.banned else "fault", faults.retry_after_s, now_ms)
        elif spent.refused is not None:
            reply = venue.refusal(spent.refused, spent.retry_after_s, now_ms)
        else:
            reply = venue.reply(path, query, now_ms)
        # The headers tell of the main budget, whichever the request counted against.
        if venue.window_of(path) is not venue.window:
            spent = venue.window.told(wall_ms)
        counted = venue.headers(spent.used, spent.limit, spent.resets_ms)
        return msgspec.structs.replace(reply, headers=reply.headers + counted)

    @staticmethod
    def _answer(reply: Reply) -> web.Response:
        return web.Response(
            body=reply.body, status=reply.status, content_type="application/json", headers=dict(reply.headers)
        )

    async def _converse(self, request: web.Request) -> web.StreamResponse:
        """One connection, from handshake to end."""
        # A writer limit of 0 makes each send wait while the transport is full; see `Client.drained`.
        socket = web.WebSocketResponse(autoping=False, autoclose=False, compress=False, writer_limit=0)
        try:
            await socket.prepare(request)
        except ConnectionError:
            # Gone before the handshake was answered; so is the way for this.
            return web.Response(status=400)
        self._connections += 1
        seed = self.settings.seed * 1_000_003 + self._connections
        client = Client(socket, self.venue.session(), self.switches, seed)
        client.attach(request.transport)
        self.router.join(client)
        try:
            # Who goes away in the middle of a reply needs no other.
            with suppress(ConnectionError):
                if self._act(client, client.session.opened(request.path, request.query)):
                    await self._listen(client)
                else:
                    await socket.close(code=1008, message=b"Invalid request")
        finally:
            self.router.leave(client)
        return socket

    async def _listen(self, client: Client) -> None:
        opened = pinged = answered = self.clock.monotonic_ns()
        while not client.is_gone:
            now = self.clock.monotonic_ns()
            faults = self.switches.faults
            if faults.drop_every_s and now - opened >= faults.drop_every_s * 1e9:
                client.cut()
                return
            every = self.venue.ping_every_s
            if every is not None and now - answered >= (every + PONG_WITHIN_S) * 1e9:
                client.cut()
                return
            if every is not None and now - pinged >= every * 1e9:
                pinged = now
                await client.socket.ping(str(self.now_ms()).encode())
            try:
                message = await client.socket.receive(timeout=LOOK_UP_S)
            except TimeoutError:
                continue
            if message.type in {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}:
                await client.socket.close()
                return
            if message.type is WSMsgType.PONG:
                answered = now
            answer = await self._hear(client, message.type, message.data)
            if not self._act(client, answer):
                await client.socket.close(code=1008, message=(answer.close or "").encode())
                return

    async def _hear(self, client: Client, kind: WSMsgType, data: object) -> Answer:
        faults = self.switches.faults
        if faults.silent and not faults.answer_pings:
            return Answer()
        now_ms = self.clock.now_ns() // MILLISECOND
        if kind is WSMsgType.PING and isinstance(data, bytes | bytearray):
            await client.socket.pong(bytes(data))
        if kind is WSMsgType.TEXT and isinstance(data, str):
            return client.session.heard(data, now_ms, client.topics)
        return client.session.heard(None, now_ms, client.topics)

    def _act(self, client: Client, answer: Answer) -> bool:
        """Do what *answer* says; False when the connection ends with it."""
        # Replies first: an acknowledgement comes before the data it announces.
        for reply in answer.replies:
            client.say(reply)
        client.hand_over()
        self.router.unsubscribe(client, answer.unsubscribe)
        self.router.subscribe(client, answer.subscribe)
        return answer.close is None


async def serve(settings: SimSettings, source: Source, clock: Clock, on_ready: Callable[[Address], None]) -> None:
    """Run the local exchange until cancelled; *on_ready* is told where it answers. Raises AddressError."""
    if source.venue != settings.venue:
        raise SettingsError(f"sim.venue is {settings.venue!r}, but the source speaks {source.venue!r}")
    exchange = Exchange(settings, source, clock)
    runner = web.AppRunner(exchange.application(), access_log=None, shutdown_timeout=0.5, max_line_size=LONGEST_ADDRESS)
    await runner.setup()
    try:
        listener = _listen_on(settings.host, settings.port)
        await web.SockSite(runner, listener).start()
        place = f"{settings.host}:{listener.getsockname()[1]}"
        on_ready(Address(f"http://{place}", f"ws://{place}"))
        await exchange.pump.run()
    finally:
        await runner.cleanup()


def _listen_on(host: str, port: int) -> sockets.socket:
    try:
        return sockets.create_server((host, port), backlog=512)
    except OSError as error:
        raise AddressError(
            f"the local exchange cannot listen on {host}:{port}: {error.strerror}; choose another port, or 0 for any"
        ) from error
