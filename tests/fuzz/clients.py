"""What a client of the local exchange can say: messages on a socket, addresses, faults to switch on."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

import msgspec
from aiohttp import web
from tests.fuzz import corpus
from tests.fuzz.target import Take

from tidemark.clock import EventClock
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel
from tidemark.kernels.page import Page
from tidemark.model.timeframe import Timeframe
from tidemark.sim.clients import CHUNK, Client
from tidemark.sim.faults import Faults
from tidemark.sim.server import Exchange
from tidemark.sim.settings import SimSettings
from tidemark.sim.status import changed

# Of one input: further ones would say no more.
_MOST_MESSAGES = 30


def exchange(name: str) -> Exchange:
    """A small local exchange, whose time stands still but for what is fed."""
    return Exchange(SimSettings(venue=name, symbols=6), corpus.market(name), EventClock(corpus.START_NS))


def messages(name: str) -> list[bytes]:
    """What our own client says, and what else the exchanges document; the first line is the address."""
    venue = registry.find(name)
    topics = [topic.name for socket in venue.sockets(["BTCUSDT"], list(Channel)) for topic in socket.topics]
    own = [venue.subscribe(topics, 1), venue.heartbeat.message or b"", venue.unsubscribe(topics[:2], 2)]
    address = b"/v5/public/linear" if name == "bybit" else b"/ws"
    others = [
        b'{"op":"ping","req_id":"7"}',
        b'{"op":"subscribe","args":["kline.1.ETHUSDT","orderbook.200.BTCUSDT"],"req_id":3}',
        b'{"op":"auth","args":["x"]}',
        b'{"method":"LIST_SUBSCRIPTIONS","id":3}',
        b'{"method":"SUBSCRIBE","params":["!ticker@arr","btcusdt@depth20@100ms","ethusdt@kline_1m"],"id":"a"}',
        b'{"method":"GET_PROPERTY","params":["combined"],"id":null}',
    ]
    said = [b"\n".join([address, *own]), b"\n".join([address, *others])]
    said += [b"\n".join([address, one]) for one in own + others]
    if name == "binance":
        said.append(b"/market/stream?streams=btcusdt@aggTrade/btcusdt@depth/5\n" + own[0])
        said.append(b"/public/ws/ethusdt@bookTicker\n" + own[0])
    return said


def hearing(name: str) -> Take:
    """A connection an input: its address, then its messages; at the end the market goes on for a quarter second."""
    local = exchange(name)
    number = 0

    def take(data: bytes) -> bool:
        nonlocal number
        number += 1
        address, *lines = data.split(b"\n")[: 1 + _MOST_MESSAGES]
        client = Client(web.WebSocketResponse(), local.venue.session(), local.switches, number)
        local.router.join(client)
        try:
            path, query = _address(address)
            if not local._is_stream(path):
                return False
            is_open = local._act(client, client.session.opened(path, query))
            for line in lines:
                if is_open:
                    answer = client.session.heard(_text(line), number * 10_000, client.topics)
                    is_open = local._act(client, answer)
            if local.router.routes:
                _go_on(local)
            return bool(client.topics)
        finally:
            local.router.leave(client)
            assert not local.router.routes, "a client left, and its topics stayed"

    return take


def addresses(name: str) -> list[bytes]:
    """What our own client asks, and every page with the parameters that it knows."""
    asked = [_written(request.path, dict(request.query)) for request, _ in corpus.asked(name)]
    paths = [
        "/_sim/status", "/v5/market/kline", "/v5/market/instruments-info", "/fapi/v1/klines", "/fapi/v1/depth",
        "/fapi/v1/aggTrades", "/fapi/v1/ticker/24hr", "/fapi/v1/exchangeInfo", "/dapi/v1/exchangeInfo",
    ]  # fmt: skip
    known = {"category": "linear", "symbol": "BTCUSDT", "interval": "1", "start": "1795247000000", "limit": "3"}
    others = {"symbol": "BTCUSDT", "minute": "1795247000000", "startTime": "1795247000000", "endTime": "1795247900000"}
    return asked + [_written(path, query) for path in paths for query in (known, others, {})]


def answering(name: str) -> Take:
    """A request an input, as the server answers it; of use when the answer is one."""
    local = exchange(name)

    def take(data: bytes) -> bool:
        path, query = _address(data)
        if path == "/_sim/status":
            return bool(local.told(query))
        return local._reply(path, query).status == 200

    return take


def _go_on(local: Exchange) -> None:
    page = Page(CHUNK)
    page.until_ns = 1 << 62
    for _ in local.source.pages(page, local.router.wanted, 1.0, local.switches.faults.clock_skew_ms):
        local.router.deliver(page)
    local.router.deliver(page)
    for client in local.router.clients:
        client.hand_over()


def _address(data: bytes) -> tuple[str, Mapping[str, str]]:
    """Path and query as the server hands them on: decoded, what is no UTF-8 replaced."""
    path, _, query = data.decode(errors="replace").partition("?")
    return f"/{path.lstrip('/')}", dict(parse_qsl(query, keep_blank_values=True))


def _written(path: str, query: Mapping[str, str]) -> bytes:
    return f"{path}?{urlencode(query)}".encode() if query else path.encode()


def _text(line: bytes) -> str | None:
    """A message; what is no UTF-8 never reaches a session, and stands for a ping here."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def switches() -> list[bytes]:
    """Every fault switched on by itself, and a few together."""
    every = msgspec.to_builtins(Faults())
    values = {
        "channels": ["book", "trade"], "symbols": ["BTCUSDT"], "drop_every_s": 1.5, "delay_ms": 40, "reorder_ms": 90,
        "burst_s": 0.5, "clock_skew_ms": -1500, "retry_after_s": 3, "malformed_kinds": ["deep", "binary"],
        "rest_delay_s": 0.25,
    }  # fmt: skip
    on = {name: values.get(name, True if isinstance(value, bool) else 0.3) for name, value in every.items()}
    return [msgspec.json.encode({name: value}) for name, value in on.items()] + [msgspec.json.encode(on), b"{}"]


def switching(name: str) -> Take:
    """Faults an input: they are switched on, and the market goes on under them for a quarter second."""
    local = exchange(name)
    topics = [t.name for socket in registry.find(name).sockets(["BTCUSDT"], list(Channel)) for t in socket.topics]
    question = registry.find(name).rest.klines("BTCUSDT", Timeframe.M1, corpus.START_NS // 10**6 - 600_000, 5)
    number = 0

    def take(body: bytes) -> bool:
        nonlocal number
        number += 1
        client = Client(web.WebSocketResponse(), local.venue.session(), local.switches, number)
        local.router.join(client)
        local.router.subscribe(client, tuple(topics))
        try:
            msgspec.json.encode(local.switch(changed(local.switches.faults, body)))
            _go_on(local)
            client.release(local.source.now_ns())
            client.hand_over()
            local._reply(question.path, dict(question.query))
        finally:
            local.router.leave(client)
            local.switch(Faults())
        return True

    return take
