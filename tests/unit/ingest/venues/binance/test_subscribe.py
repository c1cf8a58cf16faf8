import json

import pytest

from tidemark.errors import SettingsError
from tidemark.ingest.venues.base import Channel
from tidemark.ingest.venues.binance import subscribe
from tidemark.ingest.venues.frame import chunked


def test_topics_are_named_as_the_exchange_names_them() -> None:
    topics = subscribe.topics(["BTCUSDT", "币安人生USDT"], [Channel.TRADES, Channel.TICKERS, Channel.KLINES], "trade")

    assert [topic.name for topic in topics] == [
        "btcusdt@trade",
        "币安人生usdt@trade",
        "!ticker@arr",
        "btcusdt@kline_1m",
        "币安人生usdt@kline_1m",
    ]


def test_aggregates_are_the_default() -> None:
    assert subscribe.topics(["BTCUSDT"], [Channel.TRADES], "")[0].name == "btcusdt@aggTrade"


def test_560_symbols_with_all_channels_take_six_connections_of_200_streams() -> None:
    sockets = subscribe.sockets(
        "wss://x", [f"COIN{n:03}USDT" for n in range(560)], [Channel.TRADES, Channel.TICKERS, Channel.KLINES], ""
    )

    assert [len(socket.topics) for socket in sockets] == [200, 200, 200, 200, 200, 121]
    assert {socket.url for socket in sockets} == {"wss://x/market/stream"}


def test_no_request_is_longer_than_4096_bytes() -> None:
    topics = subscribe.topics([f"1000000币安人生{n}USDT" for n in range(200)], [Channel.KLINES], "")
    limits = subscribe.LIMITS

    requests = [
        subscribe.message("SUBSCRIBE", [topic.name for topic in chunk], 10**9)
        for chunk in chunked(topics, limits.topics_per_message, limits.bytes_per_message)
    ]

    assert max(map(len, requests)) <= 4096
    assert sum(len(json.loads(request)["params"]) for request in requests) == 200


def test_an_unknown_stream_is_a_setting_to_correct() -> None:
    with pytest.raises(SettingsError, match="binance has no trade stream 'publicTrade'; it has: aggTrade, trade"):
        subscribe.sockets("wss://x", ["BTCUSDT"], [Channel.TRADES], "publicTrade")


def test_books_have_connections_of_their_own_since_they_are_public_streams() -> None:
    sockets = subscribe.sockets("wss://x", ["BTCUSDT"], [Channel.BOOKS, Channel.LIQUIDATIONS, Channel.MARKS], "")

    assert [(socket.url, [topic.name for topic in socket.topics]) for socket in sockets] == [
        ("wss://x/market/stream", ["!forceOrder@arr", "!markPrice@arr@1s"]),
        ("wss://x/public/stream", ["btcusdt@depth@100ms"]),
    ]
