import asyncio

import pytest
from aiohttp import web

from tidemark.kernels.page import Page
from tidemark.sim.binance.session import BinanceSession
from tidemark.sim.clients import HEADERS, TEXT, Client, Router, Switches, header, kind_of, symbol_of
from tidemark.sim.faults import Faults


@pytest.mark.parametrize(
    ("length", "head"),
    [
        (5, b"\x81\x05"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_header_is_that_of_rfc_6455(length: int, head: bytes) -> None:
    assert header(length, TEXT) == head


def test_prepared_headers_are_the_same() -> None:
    assert all(HEADERS[length] == header(length, TEXT) for length in range(2048))


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("publicTrade.BTCUSDT", "trade"),
        ("btcusdt@trade", "trade"),
        ("btcusdt@aggTrade", "trade"),
        ("tickers.BTCUSDT", "ticker"),
        ("!ticker@arr", "ticker"),
        ("btcusdt@bookTicker", "ticker"),
        ("btcusdt@miniTicker", "ticker"),
        ("kline.1.BTCUSDT", "kline"),
        ("btcusdt@kline_1m", "kline"),
        ("btcusdt@depth@0ms", "book"),
        ("btcusdt@forceOrder", "liquidation"),
        ("!forceOrder@arr", "liquidation"),
        ("allLiquidation.BTCUSDT", "liquidation"),
        ("!markPrice@arr@1s", "mark"),
        ("orderbook.50.BTCUSDT", "book"),
        ("btcusdt@depth@100ms", "book"),
        ("btcusdt@nosuch", "other"),
    ],
)
def test_streams_are_counted_by_kind(topic: str, kind: str) -> None:
    assert kind_of(topic) == kind


def test_switches_show_what_is_in_force() -> None:
    switches = Switches(Faults())
    assert not switches.touches_frames
    assert not switches.is_silent

    switches.set(Faults(gap=0.5, silent=True))

    assert switches.touches_frames
    assert switches.is_silent


def test_a_router_without_clients_has_sent_nothing() -> None:
    assert Router().sent() == {}


class Wire(asyncio.Transport):
    """A transport that keeps what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.is_open = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return not self.is_open

    def get_write_buffer_size(self) -> int:
        return sum(map(len, self.written))

    def abort(self) -> None:
        self.is_open = False


def connected(path: str = "/ws", faults: Faults | None = None) -> tuple[Client, Wire, Router]:
    session = BinanceSession()
    session.opened(path, {})
    client, wire, router = Client(web.WebSocketResponse(), session, Switches(faults or Faults()), 1), Wire(), Router()
    client.attach(wire)
    router.join(client)
    return client, wire, router


def test_many_frames_are_handed_over_in_one_write() -> None:
    client, wire, _ = connected()
    client.say(b"{}")
    client.push(0, "a@trade", b"[1]", None)
    client.hand_over()

    assert wire.written == [b"\x81\x02{}\x81\x03[1]"]
    assert client.buffered == 9


def test_a_combined_stream_gets_the_recorded_envelope_or_a_new_one() -> None:
    client, wire, _ = connected("/stream")
    client.push(0, "a@trade", b"[1]", None)
    client.push(0, "a@trade", b"[1]", b"{verbatim}")
    client.hand_over()

    made = b'{"stream":"a@trade","data":[1]}'
    assert wire.written == [b"\x81" + bytes([len(made)]) + made + b"\x81\x0a{verbatim}"]


def test_a_silent_exchange_makes_no_frames_but_answers() -> None:
    client, wire, _ = connected(faults=Faults(silent=True))
    client.push(0, "a@trade", b"[1]", None)
    client.say(b"{}")
    client.hand_over()

    assert wire.written == [b"\x81\x02{}"]


def test_held_frames_leave_when_they_are_due() -> None:
    client, wire, _ = connected(faults=Faults(delay_ms=5))
    client.push(0, "a@trade", b"[1]", None)
    client.hand_over()
    client.release(4_999_999)
    client.hand_over()
    assert wire.written == []

    client.release(5_000_000)
    client.hand_over()

    assert wire.written == [b"\x81\x03[1]"]


def test_a_client_that_was_cut_takes_nothing_more() -> None:
    client, wire, _ = connected()
    client.cut()
    client.push(0, "a@trade", b"[1]", None)
    client.hand_over()

    assert client.is_gone
    assert wire.written == []
    assert client.buffered == 0


def test_a_topic_is_routed_to_those_who_want_it_and_counted_beyond_them() -> None:
    client, _, router = connected()
    router.subscribe(client, ("a@trade", "a@trade", "b@bookTicker"))
    page = Page(0)
    for _ in range(7):
        page.put(0, router.routes["a@trade"].number, b"{}")
    router.deliver(page)
    assert router.routes["a@trade"].clients == (client,)

    router.unsubscribe(client, ("a@trade", "never@trade"))
    assert set(router.routes) == {"b@bookTicker"}

    router.leave(client)
    assert (router.routes, router.clients, client.topics) == ({}, (), set())
    assert router.sent() == {"trade": 7, "ticker": 0}


def test_what_the_path_does_not_carry_is_not_routed() -> None:
    client, _, router = connected("/market/ws")
    router.subscribe(client, ("a@bookTicker", "a@aggTrade"))

    assert set(router.routes) == {"a@aggTrade"}
    assert client.topics == {"a@bookTicker", "a@aggTrade"}


@pytest.mark.parametrize(
    ("topic", "symbol"),
    [("btcusdt@depth@100ms", "BTCUSDT"), ("kline.1.BTCUSDT", "BTCUSDT"), ("publicTrade.ETHUSDT", "ETHUSDT"),
     ("!forceOrder@arr", "")],
)  # fmt: skip
def test_a_topic_names_its_symbol(topic: str, symbol: str) -> None:
    assert symbol_of(topic) == symbol


def test_faults_touch_only_the_channels_and_symbols_they_name() -> None:
    switches = Switches(Faults(channels=("book",), symbols=("BTCUSDT",)))

    assert switches.concern("orderbook.50.BTCUSDT")
    assert not switches.concern("orderbook.50.ETHUSDT")
    assert not switches.concern("publicTrade.BTCUSDT")
    switches.set(Faults())
    assert switches.concern("publicTrade.BTCUSDT")


def test_one_channel_dies_on_a_living_connection() -> None:
    client, wire, _ = connected(faults=Faults(silent=True, channels=("book",)))
    client.push(0, "a@depth@100ms", b"[1]", None)
    client.push(0, "a@trade", b"[2]", None)
    client.hand_over()

    assert wire.written == [b"\x81\x03[2]"]


def test_a_delayed_channel_does_not_delay_the_others() -> None:
    client, wire, _ = connected(faults=Faults(delay_ms=5, channels=("trade",)))
    client.push(0, "a@trade", b"[1]", None)
    client.push(0, "a@bookTicker", b"[2]", None)
    client.hand_over()
    client.release(5_000_000)
    client.hand_over()

    assert wire.written == [b"\x81\x03[2]", b"\x81\x03[1]"]
