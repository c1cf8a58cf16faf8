"""A server on loopback that acknowledges every subscription, and for each line of its input sends all of its frames.

It is a process of its own, so that what it takes is not counted. Every frame is one send.
"""

import asyncio
import json
import logging
import sys
from time import perf_counter

from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from benchmarks.material.frames import bybit
from tidemark.live.loop import run_loop

# What may wait in the socket's buffer of the process before sending pauses.
_BUFFERED = 1 << 20
_BURST = 64
# Sleeping is not finer than this, so what is due then is sent together, a frame a send.
_STEP_S = 0.001
_QUIET = logging.Logger("firehose", logging.CRITICAL + 1)  # noqa: LOG001


class _Client(WSListener):
    """One connection."""

    def __init__(self, clients: "set[_Client]") -> None:
        self._clients = clients
        self.transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self._clients.add(self)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        del transport
        self._clients.discard(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            asked = json.loads(frame.get_payload_as_bytes())
            answer = {"success": True, "ret_msg": "", "conn_id": "1", "req_id": asked.get("req_id"), "op": asked["op"]}
            transport.send(WSMsgType.TEXT, json.dumps(answer).encode())
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()


async def _send(transport: WSTransport, payloads: list[bytes], rate: float) -> None:
    """All of *payloads*, *rate* a second, or as fast as they go when it is 0."""
    under = transport.underlying_transport
    started = perf_counter()
    sent = 0
    while sent < len(payloads):
        due = sent + _BURST if rate == 0 else int((perf_counter() - started) * rate)
        for payload in payloads[sent:due]:
            transport.send(WSMsgType.TEXT, payload)
        sent = max(sent, due)
        if rate:
            await asyncio.sleep(_STEP_S)
        else:
            while under.get_write_buffer_size() > _BUFFERED:  # noqa: ASYNC110 - a transport tells its size, not when it sinks
                await asyncio.sleep(0)


async def _serve(messages: int, rate: float) -> None:
    frames = bybit(messages, max(1, round(messages / rate)) if rate else 1)
    clients: set[_Client] = set()

    def accept(request: WSUpgradeRequest) -> _Client:
        del request
        return _Client(clients)

    server = await ws_create_server(accept, "127.0.0.1", 0, logger_name=_QUIET)
    port = server.sockets[0].getsockname()[1]
    ready = {"port": port, "messages": messages, "trades": frames.trades, "duplicates": frames.duplicates}
    print(json.dumps(ready), flush=True)
    loop = asyncio.get_running_loop()
    # A line asks for the frames, the end of the input for the end.
    while await loop.run_in_executor(None, sys.stdin.readline):
        for client in list(clients):
            if client.transport is not None:
                await _send(client.transport, frames.payloads, rate)
    server.close()


if __name__ == "__main__":
    run_loop(_serve(int(sys.argv[1]), float(sys.argv[2])))
