import json

import pytest

from tidemark.errors import SettingsError
from tidemark.ingest.venues.base import Channel
from tidemark.ingest.venues.bybit import subscribe


def test_topics_are_named_as_the_exchange_names_them() -> None:
    topics = subscribe.topics(["BTCUSDT"], [Channel.TRADES, Channel.TICKERS, Channel.KLINES], "publicTrade")

    assert [topic.name for topic in topics] == ["publicTrade.BTCUSDT", "tickers.BTCUSDT", "kline.1.BTCUSDT"]


def test_560_symbols_with_all_channels_take_two_connections() -> None:
    sockets = subscribe.sockets(
        "wss://x", [f"COIN{n:03}USDT" for n in range(560)], [Channel.TRADES, Channel.TICKERS, Channel.KLINES], ""
    )

    # 560 * (26 + 22 + 22) bytes with quotes and commas are 39,200, and 20,000 fit on one.
    assert len(sockets) == 2


def test_the_request_is_as_documented() -> None:
    assert json.loads(subscribe.message("subscribe", ["publicTrade.BTCUSDT"], 3)) == {
        "req_id": "3",
        "op": "subscribe",
        "args": ["publicTrade.BTCUSDT"],
    }


def test_an_unknown_stream_is_a_setting_to_correct() -> None:
    with pytest.raises(SettingsError, match="bybit has no trade stream 'aggTrade'; it has: publicTrade"):
        subscribe.sockets("wss://x", ["BTCUSDT"], [Channel.TRADES], "aggTrade")


def test_books_come_from_the_stream_that_is_deep_enough_and_marks_from_the_tickers() -> None:
    wanted = [Channel.BOOKS, Channel.LIQUIDATIONS, Channel.MARKS]

    assert [topic.name for topic in subscribe.topics(["BTCUSDT"], wanted, "")] == [
        "orderbook.50.BTCUSDT",
        "allLiquidation.BTCUSDT",
    ]
    assert subscribe.topics(["BTCUSDT"], [Channel.BOOKS], "", 51)[0].name == "orderbook.200.BTCUSDT"
    with pytest.raises(SettingsError, match="1001 levels"):
        subscribe.topics(["BTCUSDT"], [Channel.BOOKS], "", 1001)
