"""A WebSocket server on loopback that behaves as a test tells it to."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_create_server

from tidemark.model.events import StreamGap

TRADE = (
    b'{"topic":"publicTrade.BTCUSDT","data":[{"T":1789470139371,"s":"BTCUSDT","S":"Sell","v":"0.003","p":"77256.70",'
    b'"i":"0e5ae7e6","seq":9685122331}]}'
)


class Peer(WSListener):
    """The server's end of one connection."""

    def __init__(self, exchange: "Exchange") -> None:
        self.exchange = exchange
        self.transport: WSTransport | None = None
        self.received: list[Any] = []
        self.is_open = True

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self.exchange.peers.append(self)
        self.exchange.changed.set()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            message = json.loads(frame.get_payload_as_bytes())
            self.received.append(message)
            reply = self.exchange.answer(message)
            if reply is not None:
                transport.send(WSMsgType.TEXT, json.dumps(reply).encode())
        self.exchange.changed.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.is_open = False
        self.exchange.changed.set()

    def send(self, payload: bytes, **flags: Any) -> None:
        assert self.transport is not None
        self.transport.send(flags.pop("msg_type", WSMsgType.TEXT), payload, **flags)

    def drop(self) -> None:
        assert self.transport is not None
        self.transport.disconnect(graceful=False)


def accept(message: Any) -> Any:
    """Answer like Bybit: yes to everything."""
    if message["op"] == "ping":
        return {"success": True, "ret_msg": "pong", "conn_id": "1", "req_id": "", "op": "ping"}
    return {"success": True, "ret_msg": "", "conn_id": "1", "req_id": message["req_id"], "op": message["op"]}


class Exchange:
    """Who connected, and what they sent."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self.answer = answer
        self.peers: list[Peer] = []
        self.changed = asyncio.Event()
        self.port = 0

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for *condition*, looked at whenever something happened; gives up after 10 seconds."""
        async with asyncio.timeout(10):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def exchange_on_loopback(
    answer: Callable[[Any], Any] = accept, tls: ssl.SSLContext | None = None
) -> AsyncIterator["Exchange"]:
    """An Exchange that listens on a free port."""
    exchange = Exchange(answer)
    server = await ws_create_server(lambda _: Peer(exchange), "127.0.0.1", 0, ssl=tls)
    exchange.port = server.sockets[0].getsockname()[1]
    try:
        yield exchange
    finally:
        for peer in exchange.peers:
            peer.drop()
        server.close()
        await server.wait_closed()


class Recorder:
    """A sink that keeps what it is given, and tells the exchange's waiters."""

    def __init__(self, changed: asyncio.Event) -> None:
        self.frames: list[bytes] = []
        self.times: list[int] = []
        self.gaps: list[StreamGap] = []
        self.alarms: list[str] = []
        self._changed = changed

    def on_frame(self, connection_id: str, payload: memoryview, ts_recv: int) -> None:
        assert connection_id
        self.frames.append(bytes(payload))
        self.times.append(ts_recv)
        self._changed.set()

    def on_gap(self, gap: StreamGap) -> None:
        self.gaps.append(gap)
        self._changed.set()

    def alarm(self, message: str) -> None:
        self.alarms.append(message)
        self._changed.set()
