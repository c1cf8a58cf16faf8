import json
from collections.abc import Callable, Collection
from typing import Any

import pytest

from tidemark.sim.binance.rest import BinanceRest
from tidemark.sim.generator import Generator
from tidemark.sim.market import Frame

Make = Callable[..., Generator]
Play = Callable[[Generator, Collection[str], int], list[Frame]]
START_MS = 1_763_712_000_000
NOW_MS = START_MS + 10_000
MINUTE_MS = 60_000


@pytest.fixture
def rest(make: Make, play: Play) -> BinanceRest:
    source = make("binance")
    play(source, set(), 40)
    return BinanceRest(source)


def ask(rest: BinanceRest, path: str, **query: str) -> Any:
    reply = rest.reply(f"/fapi/v1/{path}", query, NOW_MS)
    assert reply.status == 200
    return json.loads(reply.body)


def test_ping_and_time(rest: BinanceRest) -> None:
    assert ask(rest, "ping") == {}
    assert ask(rest, "time") == {"serverTime": NOW_MS}


def test_exchange_info_lists_linear_markets_only(rest: BinanceRest) -> None:
    symbols = [row["symbol"] for row in ask(rest, "exchangeInfo")["symbols"]]

    # 12 made-up markets and five strangers: a quarterly, USDC, not ASCII, a stock, one settling.
    assert len(symbols) == 17
    assert "BTCUSD_PERP" not in symbols
    coin = json.loads(rest.reply("/dapi/v1/exchangeInfo", {}, NOW_MS).body)
    assert [row["symbol"] for row in coin["symbols"]] == ["BTCUSD_PERP", "ETHUSD_PERP"]
    assert json.loads(rest.reply("/api/v3/exchangeInfo", {}, NOW_MS).body)["symbols"] == []


def test_tickers_leave_out_what_does_not_trade(rest: BinanceRest) -> None:
    rows = {row["symbol"]: row for row in ask(rest, "ticker/24hr")}

    assert "OMGUSDT" not in rows
    assert len(rows) == 16
    bitcoin = rows["BTCUSDT"]
    assert bitcoin["lastId"] - bitcoin["firstId"] + 1 == bitcoin["count"]
    assert ask(rest, "ticker/24hr", symbol="btcusdt") == bitcoin


def test_candles_ascend_and_the_last_is_open(rest: BinanceRest) -> None:
    rows = ask(rest, "klines", symbol="BTCUSDT", interval="1m", limit="1500")

    assert [row[0] for row in rows] == [START_MS - k * MINUTE_MS for k in reversed(range(1500))]
    assert [row[6] for row in rows[:2]] == [rows[0][0] + 59_999, rows[1][0] + 59_999]
    assert all(len(row) == 12 for row in rows)
    assert len(ask(rest, "klines", symbol="BTCUSDT", interval="1m")) == 500


def test_candle_pages_meet_without_overlap(rest: BinanceRest) -> None:
    whole = ask(rest, "klines", symbol="ETHUSDT", interval="1m", limit="1000")
    first = ask(rest, "klines", symbol="ETHUSDT", interval="1m", startTime=str(whole[0][0]), limit="600")
    rest_of = ask(rest, "klines", symbol="ETHUSDT", interval="1m", startTime=str(first[-1][0] + 1), limit="400")
    before = ask(rest, "klines", symbol="ETHUSDT", interval="1m", endTime=str(whole[-1][0] - 1), limit="999")

    assert first + rest_of == whole
    assert before == whole[:-1]


def test_five_minutes_are_merged_from_minutes_with_trades(rest: BinanceRest) -> None:
    minutes = {row[0]: row for row in ask(rest, "klines", symbol="ETHUSDT", interval="1m", limit="1500")}
    checked = 0
    for five in ask(rest, "klines", symbol="ETHUSDT", interval="5m", limit="200"):
        group = [minutes[five[0] + k * MINUTE_MS] for k in range(5) if five[0] + k * MINUTE_MS in minutes]
        told = [row for row in group if row[8] > 0] or group
        assert five[1] == told[0][1]
        assert float(five[2]) == max(float(row[2]) for row in told)
        assert float(five[3]) == min(float(row[3]) for row in told)
        assert five[4] == group[-1][4]
        assert five[8] == sum(row[8] for row in group)
        checked += 1
    assert checked == 200


def test_trades_ascend_and_agree_with_aggregate_trades(rest: BinanceRest) -> None:
    trades = ask(rest, "trades", symbol="BTCUSDT", limit="1000")
    merged = ask(rest, "aggTrades", symbol="BTCUSDT", limit="1000")

    assert [row["id"] for row in trades] == list(range(trades[0]["id"], trades[0]["id"] + len(trades)))
    newest = [row for row in merged if row["f"] >= trades[0]["id"]]
    assert sum(row["l"] - row["f"] + 1 for row in newest) == trades[-1]["id"] - newest[0]["f"] + 1
    assert newest[-1]["l"] == trades[-1]["id"]
    assert len(ask(rest, "trades", symbol="BTCUSDT", limit="5")) == 5


def test_aggregate_trades_are_found_by_id_and_by_time(rest: BinanceRest) -> None:
    merged = ask(rest, "aggTrades", symbol="BTCUSDT", limit="1000")
    middle = merged[len(merged) // 2]

    assert (
        ask(rest, "aggTrades", symbol="BTCUSDT", fromId=str(middle["a"]), limit="3") == merged[len(merged) // 2 :][:3]
    )
    since = ask(rest, "aggTrades", symbol="BTCUSDT", startTime=str(middle["T"]), endTime=str(NOW_MS), limit="1000")
    assert since == [row for row in merged if row["T"] >= middle["T"]]
    newest = ask(rest, "aggTrades", symbol="BTCUSDT", limit="2")
    assert newest == merged[-2:]


def test_the_premium_index_tells_mark_and_funding(rest: BinanceRest) -> None:
    row = ask(rest, "premiumIndex", symbol="BTCUSDT")

    assert row["nextFundingTime"] > NOW_MS
    assert float(row["markPrice"]) == pytest.approx(float(row["indexPrice"]), rel=0.001)
    assert len(ask(rest, "premiumIndex")) == 17


@pytest.mark.parametrize(
    ("path", "query", "code", "message"),
    [
        ("klines", {"symbol": "NOSUCH", "interval": "1m"}, -1121, "Invalid symbol."),
        ("klines", {"symbol": "BTCUSD_PERP", "interval": "1m"}, -1121, "Invalid symbol."),
        ("klines", {"symbol": "BTCUSDT", "interval": "1s"}, -1120, "Invalid interval."),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": "1501"}, -1130,
         "Data sent for parameter 'limit' is not valid."),
        ("aggTrades", {"symbol": "BTCUSDT", "startTime": str(NOW_MS - 3 * 86_400_000)}, -4166,
         "Search window is restricted to recent 2 days only."),
        ("trades", {}, -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."),
        ("trades", {"symbol": "BTCUSDT", "limit": "x"}, -1102,
         "Mandatory parameter 'limit' was not sent, was empty/null, or malformed."),
    ],
)  # fmt: skip
def test_a_wrong_request_is_answered_with_400_and_a_code(
    rest: BinanceRest, path: str, query: dict[str, str], code: int, message: str
) -> None:
    reply = rest.reply(f"/fapi/v1/{path}", query, NOW_MS)

    assert reply.status == 400
    assert json.loads(reply.body) == {"code": code, "msg": message}


@pytest.mark.parametrize(
    ("path", "query", "weight"),
    [
        ("/fapi/v1/ping", {}, 1),
        ("/fapi/v1/exchangeInfo", {}, 1),
        ("/fapi/v1/ticker/24hr", {}, 40),
        ("/fapi/v1/ticker/24hr", {"symbol": "BTCUSDT"}, 1),
        ("/fapi/v1/premiumIndex", {}, 10),
        ("/fapi/v1/klines", {"limit": "100"}, 1),
        ("/fapi/v1/klines", {"limit": "101"}, 2),
        ("/fapi/v1/klines", {"limit": "500"}, 2),
        ("/fapi/v1/klines", {"limit": "1000"}, 5),
        ("/fapi/v1/klines", {"limit": "1500"}, 10),
        ("/fapi/v1/klines", {}, 5),
        ("/fapi/v1/aggTrades", {}, 20),
        ("/fapi/v1/trades", {}, 5),
    ],
)
def test_weights_are_those_measured(rest: BinanceRest, path: str, query: dict[str, str], weight: int) -> None:
    assert rest.weight(path, query) == weight


@pytest.mark.parametrize(("kind", "status"), [("limited", 429), ("fault", 429), ("banned", 418)])
def test_too_many_requests_are_429_and_a_ban_is_418(rest: BinanceRest, kind: str, status: int) -> None:
    reply = rest.refusal(kind, 30, NOW_MS)

    assert reply.status == status
    assert json.loads(reply.body)["code"] == -1003
    assert ("Retry-After", "30") in reply.headers
    assert rest.headers(41, 2400, 0) == (("X-MBX-USED-WEIGHT-1M", "41"),)


@pytest.mark.parametrize(("limit", "weight"), [("5", 2), ("50", 2), ("100", 5), ("500", 10), ("1000", 20)])
def test_a_book_costs_by_its_depth(rest: BinanceRest, limit: str, weight: int) -> None:
    book = ask(rest, "depth", symbol="BTCUSDT", limit=limit)

    assert list(book) == ["lastUpdateId", "E", "T", "bids", "asks"]
    assert [len(book[side]) for side in ("bids", "asks")] == [int(limit)] * 2
    assert float(book["bids"][0][0]) < float(book["asks"][0][0])
    assert rest.weight("/fapi/v1/depth", {"limit": limit}) == weight
    assert rest.weight("/fapi/v1/depth", {}) == 10


def test_a_depth_that_is_not_offered_is_refused(rest: BinanceRest) -> None:
    reply = rest.reply("/fapi/v1/depth", {"symbol": "BTCUSDT", "limit": "7"}, NOW_MS)

    assert (reply.status, json.loads(reply.body)["code"]) == (400, -4021)


def test_aggregate_trades_page_by_id_without_a_hole(rest: BinanceRest) -> None:
    whole = ask(rest, "aggTrades", symbol="BTCUSDT", startTime=str(START_MS), limit="1000")
    paged = ask(rest, "aggTrades", symbol="BTCUSDT", fromId=str(whole[0]["a"]), limit="100")
    while len(paged) < len(whole):
        paged += ask(rest, "aggTrades", symbol="BTCUSDT", fromId=str(paged[-1]["a"] + 1), limit="100")

    assert paged[: len(whole)] == whole
    assert [row["a"] for row in whole] == list(range(whole[0]["a"], whole[0]["a"] + len(whole)))


def test_aggregate_trades_come_within_times_of_at_most_an_hour(rest: BinanceRest) -> None:
    whole = ask(rest, "aggTrades", symbol="BTCUSDT", startTime=str(START_MS), limit="1000")
    start, end = whole[50]["T"], whole[90]["T"]
    part = ask(rest, "aggTrades", symbol="BTCUSDT", startTime=str(start), endTime=str(end), limit="1000")

    assert part == [row for row in whole if start <= row["T"] <= end]
    query = {"symbol": "BTCUSDT", "startTime": str(START_MS - 3_600_001), "endTime": str(START_MS)}
    reply = rest.reply("/fapi/v1/aggTrades", query, NOW_MS)
    assert (reply.status, json.loads(reply.body)["code"]) == (400, -1127)
