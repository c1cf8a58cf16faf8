import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from tidemark.sim.bybit.rest import BybitRest
from tidemark.sim.generator import Generator

START_MS = 1_763_712_000_000
NOW_MS = START_MS + 10_000
FIVE_MS, HOUR_MS = 300_000, 3_600_000


@pytest.fixture
def rest(make: Callable[..., Generator]) -> BybitRest:
    return BybitRest(make())


def ask(rest: BybitRest, path: str, **query: str) -> Any:
    told = json.loads(
        rest.reply(f"/v5/market/{path}", {"category": "linear", "symbol": "BTCUSDT"} | query, NOW_MS).body
    )
    assert told["retCode"] == 0, told
    return told["result"]


def refused(rest: BybitRest, path: str, **query: str) -> Any:
    query = {"category": "linear", "symbol": "BTCUSDT"} | query
    return json.loads(rest.reply(f"/v5/market/{path}", query, NOW_MS).body)["retCode"]


def test_open_interest_is_paged_by_cursor_newest_first(rest: BybitRest) -> None:
    rows: list[Any] = []
    cursor, pages = "", 0
    while pages == 0 or cursor:
        page = ask(rest, "open-interest", intervalTime="5min", limit="200", startTime=str(START_MS - 24 * HOUR_MS),
                   endTime=str(NOW_MS), cursor=cursor)  # fmt: skip
        rows += page["list"]
        cursor, pages = page["nextPageCursor"], pages + 1

    assert pages == 2
    assert [int(row["timestamp"]) for row in rows] == [START_MS - k * FIVE_MS for k in range(289)]
    assert page["symbol"] == "BTCUSDT"


def test_the_newest_open_interest_is_that_of_the_ticker(rest: BybitRest) -> None:
    newest = ask(rest, "open-interest", intervalTime="5min", limit="1")["list"][0]

    assert newest["openInterest"] == ask(rest, "tickers")["list"][0]["openInterest"]


def test_the_accounts_shares_add_up_to_one(rest: BybitRest) -> None:
    page = ask(rest, "account-ratio", period="5min", limit="500")

    assert len(page["list"]) == 500
    assert page["nextPageCursor"] == str(START_MS - 500 * FIVE_MS)
    for row in page["list"]:
        assert list(row) == ["symbol", "buyRatio", "sellRatio", "timestamp"]
        assert float(row["buyRatio"]) + float(row["sellRatio"]) == pytest.approx(1.0, abs=1e-9)


def test_funding_history_is_newest_first_and_bounded(rest: BybitRest) -> None:
    page = ask(rest, "funding/history")

    assert len(page["list"]) == 200
    assert [int(row["fundingRateTimestamp"]) for row in page["list"][:3]] == [
        START_MS - k * 8 * HOUR_MS for k in range(3)
    ]
    one_day = ask(rest, "funding/history", startTime=str(START_MS - 24 * HOUR_MS + 1), endTime=str(START_MS))
    assert [row["fundingRate"] for row in one_day["list"]] == [row["fundingRate"] for row in page["list"][:3]]


def test_intervals_are_those_of_the_instruments(rest: BybitRest) -> None:
    hours = {row["symbol"]: row["fundingInterval"] for row in ask(rest, "instruments-info", symbol="")["list"]}
    perpetuals = [symbol for symbol in hours if symbol.endswith("USDT")]

    for symbol in perpetuals:
        stamps = [
            int(row["fundingRateTimestamp"]) for row in ask(rest, "funding/history", symbol=symbol, limit="3")["list"]
        ]
        assert {(a - b) // 60_000 for a, b in itertools.pairwise(stamps)} == {hours[symbol]}
    assert {hours[symbol] for symbol in perpetuals} == {60, 240, 480}


def test_a_market_has_no_history_before_its_listing(rest: BybitRest) -> None:
    launched = int(ask(rest, "instruments-info")["list"][0]["launchTime"])
    query = {"startTime": str(launched - HOUR_MS), "endTime": str(launched + HOUR_MS)}

    points = ask(rest, "open-interest", intervalTime="5min", **query)["list"]
    assert min(int(row["timestamp"]) for row in points) >= launched
    settled = ask(rest, "funding/history", startTime="0", endTime=str(launched))["list"]
    assert settled == []


def test_wrong_parameters_are_refused(rest: BybitRest) -> None:
    assert refused(rest, "open-interest", intervalTime="7min") == 10001
    assert refused(rest, "open-interest", intervalTime="5min", cursor="x") == 10001
    assert refused(rest, "account-ratio") == 10001
    assert refused(rest, "funding/history", startTime="1") == 10001
    assert refused(rest, "funding/history", symbol="NOSUCH") == 10001
    assert refused(rest, "orderbook", symbol="NOSUCH") == 10001


def test_the_order_book_is_that_of_the_quotes(rest: BybitRest) -> None:
    book = ask(rest, "orderbook", limit="200")
    ticker = ask(rest, "tickers")["list"][0]

    assert list(book) == ["s", "b", "a", "ts", "u", "seq", "cts"]
    assert [book["b"][0], book["a"][0]] == [
        [ticker["bid1Price"], ticker["bid1Size"]], [ticker["ask1Price"], ticker["ask1Size"]],
    ]  # fmt: skip
    assert [len(book["b"]), len(book["a"])] == [200, 200]
    assert len(ask(rest, "orderbook")["b"]) == 25
