from typing import Any

import msgspec
import pytest

from tidemark.errors import FrameError, RateLimitError, RefusedError
from tidemark.ingest.venues.binance import rest
from tidemark.model.instrument import Status
from tidemark.model.timeframe import Timeframe

BTC: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "pair": "BTCUSDT",
    "contractType": "PERPETUAL",
    "deliveryDate": 4133404802000,
    "onboardDate": 1569398400000,
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "marginAsset": "USDT",
    "underlyingType": "COIN",
    "filters": [
        {"minPrice": "402", "maxPrice": "1246396.60", "filterType": "PRICE_FILTER", "tickSize": "0.10"},
        {"stepSize": "0.001", "filterType": "LOT_SIZE", "maxQty": "1000", "minQty": "0.001"},
        {"stepSize": "0.01", "filterType": "MARKET_LOT_SIZE", "maxQty": "1000", "minQty": "0.001"},
        {"limit": 200, "filterType": "MAX_NUM_ORDERS"},
        {"multiplierDown": "0.5454", "multiplierUp": "1.1", "multiplierDecimal": "4", "filterType": "PERCENT_PRICE"},
    ],
}


def info(*changes: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"timezone": "UTC", "symbols": [{**BTC, **change} for change in changes]})


def test_an_instrument_has_its_figures() -> None:
    ((bitcoin,), _) = rest.parse_instruments(info({}))

    assert (bitcoin.venue, bitcoin.symbol, bitcoin.base, bitcoin.quote) == ("binance", "BTCUSDT", "BTC", "USDT")
    assert (bitcoin.tick_size, bitcoin.lot_size, bitcoin.status) == (0.1, 0.001, Status.TRADING)
    assert (bitcoin.launched_at, bitcoin.funding_interval_h) == (1569398400000 * 10**6, None)


def test_perpetuals_in_usdt_are_kept_stocks_and_metals_among_them() -> None:
    found, _ = rest.parse_instruments(
        info(
            {"symbol": "BTCUSDT_261225", "contractType": "CURRENT_QUARTER"},
            {"symbol": "BTCUSDC", "quoteAsset": "USDC", "marginAsset": "USDC"},
            {"symbol": "XAUUSDT", "contractType": "TRADIFI_PERPETUAL", "underlyingType": "COMMODITY"},
            {"symbol": "币安人生USDT", "baseAsset": "币安人生"},
            {"symbol": "ODDUSDT", "contractType": "PERPETUAL DELIVERING"},
        )
    )

    assert [instrument.symbol for instrument in found] == ["XAUUSDT", "币安人生USDT"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("TRADING", Status.TRADING),
        ("PENDING_TRADING", Status.PENDING),
        ("SETTLING", Status.CLOSING),
        ("PRE_DELIVERING", Status.CLOSING),
        ("CLOSE", Status.CLOSED),
        ("SURPRISE", Status.CLOSED),
    ],
)
def test_statuses(text: str, status: Status) -> None:
    assert rest.parse_instruments(info({"status": text}))[0][0].status is status


def test_an_instrument_without_a_tick_size_is_refused() -> None:
    with pytest.raises(FrameError, match="BTCUSDT: tick size None") as caught:
        rest.parse_instruments(info({"filters": BTC["filters"][1:]}))

    assert caught.value.kind == "bad_number"


@pytest.mark.parametrize(("limit", "weight"), [(99, 1), (100, 2), (500, 5), (1000, 5), (1001, 10), (9999, 10)])
def test_candles_cost_what_the_exchange_charges(limit: int, weight: int) -> None:
    request = rest.klines("BTCUSDT", Timeframe.M5, 1_789_470_000_000, limit)

    count = min(limit, 1500)
    assert request.weight == weight
    assert dict(request.query) == {
        "symbol": "BTCUSDT",
        "interval": "5m",
        "startTime": "1789470000000",
        "endTime": str(1_789_470_000_000 + count * 300_000 - 1),
        "limit": str(count),
    }


def test_recent_trades_have_the_ids_of_their_stream() -> None:
    single = {"id": 8, "price": "4", "qty": "12", "quoteQty": "48.00", "time": 1699865549590, "isBuyerMaker": True}
    aggregate = {"a": 9, "p": "5", "q": "6", "f": 1, "l": 2, "T": 1699865549591, "m": False, "nq": "6"}

    trades = [
        *rest.parse_recent_trades(msgspec.json.encode([single]), "BTCUSDT", 7),
        *rest.parse_recent_trades(msgspec.json.encode([aggregate]), "BTCUSDT", 7),
    ]

    assert [(trade.trade_id, trade.sequence, trade.price, trade.size, trade.is_buy) for trade in trades] == [
        ("8", 8, 4.0, 12.0, False),
        ("9", 9, 5.0, 6.0, True),
    ]
    assert rest.recent_trades("BTCUSDT", 5, "trade").path == "/fapi/v1/trades"
    assert rest.recent_trades("BTCUSDT", 5, "").path == "/fapi/v1/aggTrades"


def test_errors_are_told_apart() -> None:
    with pytest.raises(RateLimitError, match="Too many requests"):
        rest.parse_server_time(b'{"code":-1003,"msg":"Too many requests"}')
    with pytest.raises(RefusedError, match=r"Invalid symbol. \(code -1121\)"):
        rest.parse_tickers(b'{"code":-1121,"msg":"Invalid symbol."}', 7)


def test_headers_tell_what_is_used() -> None:
    assert rest.spent({"x-mbx-used-weight-1m": "37"}).used == 37
    assert rest.spent({}).used is None
    assert rest.spent({"x-mbx-used-weight-1m": "many"}).used is None
    assert rest.spent({"x-mbx-used-weight-1m": "7" * 5000}).used is None


def test_a_book_is_told_best_first_with_its_id() -> None:
    body = {"lastUpdateId": 7, "E": 1789470190001, "T": 1789470190000, "bids": [["1.5", "2"], ["2", "1"]], "asks": []}

    book = rest.parse_book_snapshot(msgspec.json.encode(body), "BTCUSDT", 7)

    assert (book.bids, book.asks, book.update_id) == (((2.0, 1.0), (1.5, 2.0)), (), 7)
    assert (book.ts_event, book.ts_recv) == (1789470190000 * 10**6, 7)
    with pytest.raises(FrameError, match="empty level"):
        rest.parse_book_snapshot(msgspec.json.encode({**body, "asks": [["3", "0"]]}), "BTCUSDT", 7)


@pytest.mark.parametrize(("levels", "limit", "weight"), [(5, 5, 2), (160, 500, 10), (400, 500, 10), (2000, 1000, 20)])
def test_a_book_costs_what_its_depth_costs(levels: int, limit: int, weight: int) -> None:
    request = rest.book_snapshot("BTCUSDT", levels)

    assert (dict(request.query)["limit"], request.weight) == (str(limit), weight)


def test_a_range_of_trades_is_asked_for_by_time_and_then_by_id() -> None:
    first = rest.trade_range("BTCUSDT", 1000, 2000)
    further = rest.trade_range("BTCUSDT", 1000, 2000, 77, "aggTrade")

    assert first is not None
    assert further is not None
    assert (first.path, first.weight) == ("/fapi/v1/aggTrades", 20)
    assert dict(first.query) == {"symbol": "BTCUSDT", "limit": "1000", "startTime": "1000", "endTime": "1999"}
    assert dict(further.query) == {"symbol": "BTCUSDT", "limit": "1000", "fromId": "77"}
    assert rest.trade_range("BTCUSDT", 1000, 2000, None, "trade") is None


def test_a_candle_tells_how_much_of_it_takers_bought() -> None:
    row = [1789470120000, "1", "2", "0.5", "1.5", "10", 1789470179999, "12", 7, "4.5", "5", "0"]

    (candle,) = rest.parse_klines(msgspec.json.encode([row]), "BTCUSDT", Timeframe.M1, 5)

    assert (candle.volume, candle.trades, candle.bought) == (10.0, 7, 4.5)
