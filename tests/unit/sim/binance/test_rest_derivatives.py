import json
from collections.abc import Callable
from typing import Any

import pytest

from tidemark.sim.binance.rest import BinanceRest
from tidemark.sim.generator import Generator

START_MS = 1_763_712_000_000
NOW_MS = START_MS + 10_000
FIVE_MS, HOUR_MS, DAY_MS = 300_000, 3_600_000, 86_400_000


@pytest.fixture
def rest(make: Callable[..., Generator]) -> BinanceRest:
    return BinanceRest(make("binance"))


def ask(rest: BinanceRest, path: str, **query: str) -> Any:
    reply = rest.reply(path, query, NOW_MS)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def refused(rest: BinanceRest, path: str, **query: str) -> Any:
    reply = rest.reply(path, query, NOW_MS)
    assert reply.status == 400
    return json.loads(reply.body)["code"]


def test_open_interest_history_is_oldest_first_and_ends_now(rest: BinanceRest) -> None:
    rows = ask(rest, "/futures/data/openInterestHist", symbol="BTCUSDT", period="5m", limit="500")

    assert [row["timestamp"] for row in rows] == [START_MS - k * FIVE_MS for k in reversed(range(500))]
    assert rows[-1]["sumOpenInterest"] == ask(rest, "/fapi/v1/openInterest", symbol="BTCUSDT")["openInterest"]
    assert float(rows[-1]["sumOpenInterestValue"]) / float(rows[-1]["sumOpenInterest"]) == pytest.approx(
        84_800, rel=0.2
    )
    assert len(ask(rest, "/futures/data/openInterestHist", symbol="BTCUSDT", period="5m")) == 30


def test_the_accounts_ratio_is_longs_over_shorts(rest: BinanceRest) -> None:
    start = START_MS - HOUR_MS
    rows = ask(rest, "/futures/data/globalLongShortAccountRatio", symbol="BTCUSDT", period="5m", startTime=str(start))

    assert [row["timestamp"] for row in rows] == [start + k * FIVE_MS for k in range(13)]
    for row in rows:
        assert float(row["longAccount"]) + float(row["shortAccount"]) == pytest.approx(1.0, abs=1e-9)
        ratio = float(row["longAccount"]) / float(row["shortAccount"])
        assert float(row["longShortRatio"]) == pytest.approx(ratio, abs=1e-3)


def test_funding_history_of_one_and_of_all(rest: BinanceRest) -> None:
    rows = ask(rest, "/fapi/v1/fundingRate", symbol="BTCUSDT", limit="1000")
    stamps = [row["fundingTime"] for row in rows]

    assert stamps == sorted(stamps)
    assert all(0 <= stamp % (8 * HOUR_MS) <= 12 for stamp in stamps)
    assert any(stamp % HOUR_MS for stamp in stamps)
    assert list(rows[0]) == ["symbol", "fundingTime", "fundingRate", "markPrice"]
    day = ask(rest, "/fapi/v1/fundingRate", startTime=str(START_MS - DAY_MS + 1000), endTime=str(START_MS + 1000),
              limit="1000")  # fmt: skip
    of_bitcoin = [row for row in day if row["symbol"] == "BTCUSDT"]
    assert of_bitcoin == rows[-3:]
    info = {row["symbol"]: row["fundingIntervalHours"] for row in ask(rest, "/fapi/v1/fundingInfo")}
    for symbol, hours in info.items():
        assert sum(row["symbol"] == symbol for row in day) == 24 // hours
    assert set(info.values()) == {1, 4}


def test_a_page_of_funding_goes_on_from_its_start(rest: BinanceRest) -> None:
    rows = ask(rest, "/fapi/v1/fundingRate", symbol="BTCUSDT", limit="10")
    after = ask(rest, "/fapi/v1/fundingRate", symbol="BTCUSDT", startTime=str(rows[3]["fundingTime"]), limit="2")

    assert after == rows[3:5]


def test_the_premium_index_of_a_quarterly_has_no_funding(rest: BinanceRest) -> None:
    every = {row["symbol"]: row for row in ask(rest, "/fapi/v1/premiumIndex")}

    assert (every["BTCUSDT_261225"]["lastFundingRate"], every["BTCUSDT_261225"]["nextFundingTime"]) == ("", 0)
    assert every["BTCUSDT"] == ask(rest, "/fapi/v1/premiumIndex", symbol="BTCUSDT")


def test_what_is_older_than_a_month_is_refused(rest: BinanceRest) -> None:
    path, query = "/futures/data/openInterestHist", {"symbol": "BTCUSDT", "period": "5m"}

    assert refused(rest, path, startTime=str(NOW_MS - 31 * DAY_MS), **query) == -1130
    assert refused(rest, path, symbol="BTCUSDT", period="7m") == -1130
    assert refused(rest, path, limit="501", **query) == -1130
    assert refused(rest, "/fapi/v1/openInterest", symbol="NOSUCH") == -1121


def test_these_pages_have_budgets_of_their_own(rest: BinanceRest) -> None:
    data = rest.window_of("/futures/data/openInterestHist")
    funding = rest.window_of("/fapi/v1/fundingRate")

    assert (data.limit, funding.limit, rest.window.limit) == (1000, 500, 2400)
    assert rest.window_of("/futures/data/globalLongShortAccountRatio") is data
    assert rest.window_of("/fapi/v1/fundingInfo") is funding
    assert rest.window_of("/fapi/v1/openInterest") is rest.window_of("/fapi/v1/depth") is rest.window
    assert rest.weight("/futures/data/openInterestHist", {}) == rest.weight("/fapi/v1/openInterest", {}) == 1
