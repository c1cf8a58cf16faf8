import json
from collections.abc import Callable, Collection
from typing import Any

import pytest

from tidemark.sim.bybit.rest import BybitRest
from tidemark.sim.generator import Generator
from tidemark.sim.market import Frame

Make = Callable[..., Generator]
Play = Callable[[Generator, Collection[str], int], list[Frame]]
START_MS = 1_763_712_000_000
MINUTE_MS = 60_000


@pytest.fixture
def rest(make: Make, play: Play) -> BybitRest:
    source = make()
    play(source, set(), 40)
    return BybitRest(source)


def ask(rest: BybitRest, path: str, **query: str) -> Any:
    reply = rest.reply(f"/v5/market/{path}", query, START_MS + 10_000)
    assert reply.status == 200
    told = json.loads(reply.body)
    assert (told["retCode"], told["retMsg"], told["time"]) == (0, "OK", START_MS + 10_000)
    return told["result"]


def refused(rest: BybitRest, path: str, **query: str) -> Any:
    return json.loads(rest.reply(f"/v5/market/{path}", query, START_MS).body)


def test_server_time(rest: BybitRest) -> None:
    assert ask(rest, "time") == {"timeSecond": "1763712010", "timeNano": "1763712010000000000"}


def test_an_instrument_has_the_fields_that_clients_read(rest: BybitRest) -> None:
    row = ask(rest, "instruments-info", category="linear", symbol="BTCUSDT")["list"][0]

    assert (row["contractType"], row["status"], row["baseCoin"], row["quoteCoin"], row["settleCoin"]) == (
        "LinearPerpetual", "Trading", "BTC", "USDT", "USDT",
    )  # fmt: skip
    assert row["priceFilter"]["tickSize"] == "0.1"
    assert row["lotSizeFilter"]["qtyStep"] == "0.001"
    assert row["fundingInterval"] == 480
    assert row["launchTime"].isdigit()


def test_instruments_come_in_pages_without_loss_or_repetition(rest: BybitRest) -> None:
    symbols, cursor, pages = [], "", 0
    while True:
        page = ask(rest, "instruments-info", category="linear", limit="5", cursor=cursor)
        symbols += [row["symbol"] for row in page["list"]]
        cursor, pages = page["nextPageCursor"], pages + 1
        if not cursor:
            break

    everything = [row["symbol"] for row in ask(rest, "instruments-info", category="linear")["list"]]
    assert symbols == everything
    # 12 made-up markets, a quarterly, a USDC perpetual and one that is not ASCII: 15 in pages of 5.
    assert (len(symbols), len(set(symbols)), pages) == (15, 15, 3)


def test_instruments_are_listed_by_category_and_status(rest: BybitRest) -> None:
    linear = ask(rest, "instruments-info", category="linear")["list"]
    inverse = ask(rest, "instruments-info", category="inverse")["list"]
    pending = ask(rest, "instruments-info", category="linear", status="PreLaunch")["list"]

    assert {row["contractType"] for row in linear} == {"LinearPerpetual", "LinearFutures"}
    assert [(row["symbol"], row["contractType"]) for row in inverse] == [("BTCUSD", "InversePerpetual")]
    assert [row["symbol"] for row in pending] == ["OMGUSDT"]
    assert ask(rest, "instruments-info", category="spot")["list"] == []
    assert ask(rest, "instruments-info", category="option", baseCoin="BTC")["list"] == []


def test_tickers_of_all_symbols_agree_with_the_candles(rest: BybitRest) -> None:
    rows = {row["symbol"]: row for row in ask(rest, "tickers", category="linear")["list"]}
    kline = ask(rest, "kline", category="linear", symbol="BTCUSDT", interval="1", limit="1")["list"]

    assert len(rows) == 15
    assert rows["BTCUSDT"]["lastPrice"] == kline[0][4]
    assert float(rows["BTCUSDT"]["bid1Price"]) < float(rows["BTCUSDT"]["ask1Price"])
    assert ask(rest, "tickers", category="linear", symbol="ETHUSDT")["list"] == [rows["ETHUSDT"]]


def test_the_newest_candles_come_first_and_the_last_is_open(rest: BybitRest) -> None:
    rows = ask(rest, "kline", category="linear", symbol="BTCUSDT", interval="1")["list"]

    assert len(rows) == 200
    assert [int(row[0]) for row in rows] == [START_MS - k * MINUTE_MS for k in range(200)]
    assert all(len(row) == 7 for row in rows)


def test_candle_pages_meet_without_overlap(rest: BybitRest) -> None:
    whole = ask(rest, "kline", symbol="ETHUSDT", interval="1", limit="1000")["list"]
    newer = ask(rest, "kline", symbol="ETHUSDT", interval="1", limit="400")["list"]
    older = ask(rest, "kline", symbol="ETHUSDT", interval="1", limit="600", end=str(int(newer[-1][0]) - 1))["list"]

    assert len(whole) == 1000
    assert newer + older == whole


def test_a_start_alone_goes_forward_and_a_range_keeps_the_newest(rest: BybitRest) -> None:
    start = START_MS - 100 * MINUTE_MS
    forward = ask(rest, "kline", symbol="BTCUSDT", interval="1", start=str(start), limit="10")["list"]
    ranged = ask(rest, "kline", symbol="BTCUSDT", interval="1", start=str(start), end=str(START_MS), limit="10")["list"]

    assert [int(row[0]) for row in forward] == [start + k * MINUTE_MS for k in reversed(range(10))]
    assert int(ranged[0][0]) == START_MS
    assert len(ranged) == 10


def test_hours_are_merged_exactly_from_minutes(rest: BybitRest) -> None:
    hour = ask(rest, "kline", symbol="BTCUSDT", interval="60", limit="2")["list"][1]
    minutes = ask(rest, "kline", symbol="BTCUSDT", interval="1", end=str(START_MS - 1), limit="60")["list"]

    assert int(hour[0]) == START_MS - 60 * MINUTE_MS == int(minutes[-1][0])
    assert hour[1] == minutes[-1][1]
    assert float(hour[2]) == max(float(row[2]) for row in minutes)
    assert float(hour[3]) == min(float(row[3]) for row in minutes)
    assert hour[4] == minutes[0][4]
    assert float(hour[5]) == pytest.approx(sum(float(row[5]) for row in minutes), abs=1e-9)


def test_recent_trades_are_newest_first_and_limited(rest: BybitRest) -> None:
    rows = ask(rest, "recent-trade", category="linear", symbol="BTCUSDT", limit="50")["list"]
    sequences = [int(row["seq"]) for row in rows]

    assert len(rows) == 50
    assert sequences == sorted(sequences, reverse=True)
    assert set(rows[0]) >= {"execId", "symbol", "price", "size", "side", "time", "isBlockTrade"}


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("tickers", {"category": "nosuch"}, "params error: Category is invalid"),
        ("tickers", {"category": "linear", "symbol": "NOSUCH"}, "params error: symbol invalid NOSUCH"),
        ("kline", {"symbol": "BTCUSD", "interval": "1"}, "params error: symbol invalid BTCUSD"),
        ("kline", {"symbol": "BTCUSDT", "interval": "7"}, "params error: Invalid period!"),
        ("kline", {"symbol": "BTCUSDT", "interval": "1", "start": "x"}, "params error: start invalid"),
        ("recent-trade", {"symbol": ""}, "params error: symbol invalid "),
    ],
)
def test_a_wrong_parameter_is_retcode_10001(rest: BybitRest, path: str, query: dict[str, str], message: str) -> None:
    told = refused(rest, path, **query)

    assert (told["retCode"], told["retMsg"], told["result"]) == (10001, message, {})


def test_the_budget_is_told_in_three_headers(rest: BybitRest) -> None:
    assert rest.headers(5, 600, 99) == (
        ("X-Bapi-Limit", "600"),
        ("X-Bapi-Limit-Status", "595"),
        ("X-Bapi-Limit-Reset-Timestamp", "99"),
    )


@pytest.mark.parametrize(("kind", "status"), [("limited", 403), ("banned", 403), ("fault", 429)])
def test_too_many_requests_are_retcode_10006(rest: BybitRest, kind: str, status: int) -> None:
    reply = rest.refusal(kind, 3, START_MS)

    assert reply.status == status
    assert json.loads(reply.body)["retCode"] == 10006
    assert ("Retry-After", "3") in reply.headers
