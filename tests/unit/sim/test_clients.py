import pytest

from tidemark.sim.clients import HEADERS, TEXT, Router, Switches, header, kind_of
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
        ("btcusdt@forceOrder", "other"),
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
