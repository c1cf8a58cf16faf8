from typing import Any

import msgspec
import pytest

from tidemark.errors import FrameError, RateLimitError, RefusedError
from tidemark.ingest.venues.bybit import rest
from tidemark.model.instrument import Status
from tidemark.model.timeframe import Timeframe

BTC: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "contractType": "LinearPerpetual",
    "status": "Trading",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "launchTime": "1584230400000",
    "deliveryTime": "0",
    "deliveryFeeRate": "",
    "priceScale": "2",
    "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
    "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
    "lotSizeFilter": {"maxOrderQty": "1190.000", "minOrderQty": "0.001", "qtyStep": "0.001"},
    "unifiedMarginTrade": True,
    "fundingInterval": 480,
    "settleCoin": "USDT",
}


def reply(result: Any, **rest_of_it: Any) -> bytes:
    return msgspec.json.encode({"retCode": 0, "retMsg": "OK", "result": result, "time": 1789470190000, **rest_of_it})


def page(*changes: dict[str, Any], cursor: str = "") -> bytes:
    return reply({"category": "linear", "list": [{**BTC, **change} for change in changes], "nextPageCursor": cursor})


def test_an_instrument_has_its_figures() -> None:
    ((bitcoin,), cursor) = rest.parse_instruments(page({}, cursor="next"))

    assert (bitcoin.venue, bitcoin.symbol, bitcoin.base, bitcoin.quote) == ("bybit", "BTCUSDT", "BTC", "USDT")
    assert (bitcoin.tick_size, bitcoin.lot_size, bitcoin.status) == (0.1, 0.001, Status.TRADING)
    assert (bitcoin.launched_at, bitcoin.funding_interval_h) == (1584230400000 * 10**6, 8.0)
    assert cursor == "next"


def test_only_linear_perpetuals_in_usdt_are_kept() -> None:
    found, cursor = rest.parse_instruments(
        page(
            {"symbol": "BTC-25DEC26", "contractType": "LinearFutures"},
            {"symbol": "BTCUSDT-25DEC26", "contractType": "LinearFutures"},
            {"symbol": "BTCPERP", "quoteCoin": "USDC", "settleCoin": "USDC"},
            {"symbol": "BTCUSD", "contractType": "InversePerpetual", "quoteCoin": "USD", "settleCoin": "BTC"},
            {"symbol": "TSLAUSDT", "symbolType": "stock", "launchTime": "0"},
        )
    )

    assert [(instrument.symbol, instrument.launched_at) for instrument in found] == [("TSLAUSDT", None)]
    assert cursor is None


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Trading", Status.TRADING),
        ("PreLaunch", Status.PENDING),
        ("Delivering", Status.CLOSING),
        ("Closed", Status.CLOSED),
        ("Surprise", Status.CLOSED),
    ],
)
def test_statuses(text: str, status: Status) -> None:
    assert rest.parse_instruments(page({"status": text}))[0][0].status is status


def test_a_tick_size_of_zero_is_refused() -> None:
    with pytest.raises(FrameError) as caught:
        rest.parse_instruments(page({"priceFilter": {"tickSize": "0"}}))

    assert caught.value.kind == "bad_number"


def test_tickers_of_dated_contracts_with_blank_fields_are_left_out() -> None:
    rows = [
        {"symbol": "BTCUSDT", "lastPrice": "5", "fundingRate": "-0.0001", "nextFundingTime": "1789488000000"},
        {"symbol": "BTC-25DEC26", "lastPrice": "6", "fundingRate": "", "nextFundingTime": "0"},
    ]

    (ticker,) = rest.parse_tickers(reply({"category": "linear", "list": rows}), 7)

    assert (ticker.symbol, ticker.last, ticker.funding_rate) == ("BTCUSDT", 5.0, -0.0001)
    assert (ticker.ts_event, ticker.ts_recv) == (1789470190000 * 10**6, 7)


def test_a_page_of_candles_has_both_ends() -> None:
    request = rest.klines("BTCUSDT", Timeframe.H4, 1_789_470_120_000, 5000)

    assert request.path == "/v5/market/kline"
    assert dict(request.query) == {
        "category": "linear",
        "symbol": "BTCUSDT",
        "interval": "240",
        "start": "1789470120000",
        "end": str(1_789_470_120_000 + 1000 * 4 * 3_600_000 - 1),
        "limit": "1000",
    }


def test_recent_trades_are_turned_to_oldest_first() -> None:
    row = {"symbol": "BTCUSDT", "price": "2", "size": "3", "side": "Buy", "isBlockTrade": False}
    rows = [
        {**row, "execId": "b", "time": "1789470120001", "seq": "9"},
        {**row, "execId": "a", "time": "1789470120000", "side": "Sell"},
    ]

    trades = rest.parse_recent_trades(reply({"category": "linear", "list": rows}), "BTCUSDT", 7)

    assert [(trade.trade_id, trade.is_buy, trade.sequence) for trade in trades] == [("a", False, 0), ("b", True, 9)]
    with pytest.raises(FrameError, match="another symbol"):
        rest.parse_recent_trades(reply({"list": rows}), "ETHUSDT", 7)


def test_errors_in_good_replies_are_told_apart() -> None:
    with pytest.raises(RateLimitError, match="Too many visits"):
        rest.parse_server_time(msgspec.json.encode({"retCode": 10006, "retMsg": "Too many visits!", "result": {}}))
    with pytest.raises(RefusedError, match=r"Not supported symbols \(code 10001\)"):
        rest.parse_server_time(msgspec.json.encode({"retCode": 10001, "retMsg": "Not supported symbols", "result": {}}))


def test_headers_tell_what_is_left() -> None:
    spent = rest.spent({"x-bapi-limit-status": "0", "x-bapi-limit-reset-timestamp": "1789470190123"})

    assert (spent.used, spent.left, spent.resets_at_ms) == (None, 0, 1789470190123)
    assert rest.spent({}).left is None
    assert rest.spent({"x-bapi-limit-status": "-1"}).left is None
    assert rest.spent({"x-bapi-limit-status": "7" * 5000}).left is None


def book_reply(**changes: object) -> bytes:
    book = {"s": "BTCUSDT", "b": [["1.5", "2"], ["2", "1"]], "a": [["3", "4"]], "ts": 1789470190002, "u": 7, "seq": 8}
    return reply({**book, "cts": 1789470190000, **changes})


def test_a_book_is_told_best_first_whatever_its_order() -> None:
    book = rest.parse_book_snapshot(book_reply(), "BTCUSDT", 7)

    assert (book.bids, book.asks) == (((2.0, 1.0), (1.5, 2.0)), ((3.0, 4.0),))
    assert (book.update_id, book.sequence, book.ts_event, book.ts_recv) == (7, 8, 1789470190000 * 10**6, 7)
    assert dict(rest.book_snapshot("BTCUSDT", 1000).query)["limit"] == "500"


@pytest.mark.parametrize("changes", [{"s": "ETHUSDT"}, {"b": [["1", "0"]]}, {"a": [["0", "1"]]}])
def test_a_book_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(FrameError):
        rest.parse_book_snapshot(book_reply(**changes), "BTCUSDT", 7)


def test_trades_cannot_be_asked_for_by_time() -> None:
    assert rest.trade_range("BTCUSDT", 1000, 2000) is None
    assert rest.TRADES_PAGE == 1000
