from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tidemark.errors import FrameError, RateLimitError, RefusedError
from tidemark.ingest.venues.binance import derivatives
from tidemark.model.events import Funding, LongShortRatio, OpenInterest, TickerUpdate

MS = 1_000_000
T0 = 1_789_470_000_000
RECV = (T0 + 900_000) * MS
POINT: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "sumOpenInterest": "20403.637",
    "sumOpenInterestValue": "150570784.07809979",
    "CMCCirculatingSupply": "165880.538",
    "timestamp": T0,
}
RATIO: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "longShortRatio": "1.9559",
    "longAccount": "0.6617",
    "shortAccount": "0.3382",
    "timestamp": str(T0),
}
FUNDING: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "fundingRate": "-0.03750000",
    "fundingTime": T0 + 3,
    "markPrice": "34287.54619963",
}
NOW: dict[str, Any] = {"openInterest": "10659.509", "symbol": "BTCUSDT", "time": T0}
MARK: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "markPrice": "11793.63104562",
    "indexPrice": "11781.80495970",
    "estimatedSettlePrice": "11781.16138815",
    "lastFundingRate": "0.00038246",
    "nextFundingTime": T0 + 600_000,
    "interestRate": "0.00010000",
    "time": T0,
}


def rows(*changed: dict[str, Any], of: dict[str, Any]) -> bytes:
    return msgspec.json.encode([{**of, **change} for change in changed])


def history(body: bytes) -> list[OpenInterest]:
    return derivatives.parse_open_interest_history(body, "BTCUSDT", RECV)


def fundings(body: bytes) -> list[Funding]:
    return derivatives.parse_funding_history(body, "BTCUSDT", RECV)


def ratios(body: bytes) -> list[LongShortRatio]:
    return derivatives.parse_long_short_ratio(body, "BTCUSDT", RECV)


def marks(body: bytes) -> list[TickerUpdate]:
    return derivatives.parse_marks(body, RECV)


def test_points_of_open_interest_are_in_base_currency_and_oldest_first() -> None:
    points = history(rows({"timestamp": T0 + 300_000, "sumOpenInterest": "0"}, {}, of=POINT))

    assert points == [
        OpenInterest(ts_event=T0 * MS, ts_recv=RECV, symbol="BTCUSDT", value=20403.637),
        OpenInterest(ts_event=(T0 + 300_000) * MS, ts_recv=RECV, symbol="BTCUSDT", value=0.0),
    ]


def test_open_interest_now_has_its_own_time() -> None:
    assert derivatives.parse_open_interest(msgspec.json.encode(NOW), "BTCUSDT", RECV) == OpenInterest(
        ts_event=T0 * MS, ts_recv=RECV, symbol="BTCUSDT", value=10659.509
    )


def test_settlements_are_over_at_the_time_that_they_name() -> None:
    assert fundings(rows({}, of=FUNDING)) == [
        Funding(ts_event=(T0 + 3) * MS, ts_recv=RECV, symbol="BTCUSDT", rate=-0.0375, due_at=(T0 + 3) * MS)
    ]


def test_the_ratio_is_the_share_of_accounts_and_not_the_quotient() -> None:
    assert ratios(rows({}, of=RATIO)) == [
        LongShortRatio(ts_event=T0 * MS, ts_recv=RECV, symbol="BTCUSDT", long_share=0.6617)
    ]


def test_marks_of_perpetuals_are_told_and_dated_or_settled_markets_passed_over() -> None:
    found = marks(
        rows(
            {},
            {"symbol": "BTCUSDT_261225", "lastFundingRate": "", "nextFundingTime": 0},
            {"symbol": "GONEUSDT", "markPrice": "0.00000000", "indexPrice": "0"},
            {"symbol": "ODDUSDT", "lastFundingRate": "", "nextFundingTime": 0, "indexPrice": ""},
            of=MARK,
        )
    )

    assert found == [
        TickerUpdate(
            ts_event=T0 * MS,
            ts_recv=RECV,
            symbol="BTCUSDT",
            mark=11793.63104562,
            index=11781.8049597,
            funding_rate=0.00038246,
            next_funding_at=(T0 + 600_000) * MS,
        ),
        TickerUpdate(ts_event=T0 * MS, ts_recv=RECV, symbol="ODDUSDT", mark=11793.63104562),
    ]


HOSTILE: list[tuple[Callable[[bytes], object], dict[str, Any], str, Any, str]] = [
    (history, POINT, "sumOpenInterest", "-1", "bad_number"),
    (history, POINT, "sumOpenInterest", "NaN", "bad_number"),
    (history, POINT, "sumOpenInterest", "1e400", "bad_number"),
    (history, POINT, "sumOpenInterest", "", "malformed"),
    (history, POINT, "timestamp", -1, "bad_time"),
    (history, POINT, "timestamp", 10**19, "bad_time"),
    (history, POINT, "symbol", "ETHUSDT", "malformed"),
    (fundings, FUNDING, "fundingRate", "101", "bad_number"),
    (fundings, FUNDING, "fundingRate", "nan", "bad_number"),
    (fundings, FUNDING, "fundingTime", 0, "bad_time"),
    (fundings, FUNDING, "symbol", "ETHUSDT", "malformed"),
    (ratios, RATIO, "longAccount", "1.0001", "bad_number"),
    (ratios, RATIO, "longAccount", "-0.1", "bad_number"),
    (ratios, RATIO, "longAccount", "inf", "bad_number"),
    (ratios, RATIO, "symbol", "ETHUSDT", "malformed"),
    (marks, MARK, "markPrice", "-5", "bad_number"),
    (marks, MARK, "lastFundingRate", "1000", "bad_number"),
    (marks, MARK, "nextFundingTime", 77, "bad_time"),
]


@pytest.mark.parametrize(("parse", "row", "field", "value", "kind"), HOSTILE)
def test_what_is_not_believed_is_refused(
    parse: Callable[[bytes], object], row: dict[str, Any], field: str, value: Any, kind: str
) -> None:
    with pytest.raises(FrameError) as caught:
        parse(rows({}, {field: value}, of=row))

    assert caught.value.kind == kind


def test_more_rows_than_any_page_has_are_refused() -> None:
    with pytest.raises(FrameError) as caught:
        history(rows(*[{}] * 4097, of=POINT))

    assert caught.value.kind == "oversized"


@pytest.mark.parametrize("parse", [history, fundings, ratios, marks])
def test_no_rows_are_no_events_and_an_error_is_told(parse: Callable[[bytes], object]) -> None:
    assert parse(b"[]") == []
    with pytest.raises(RefusedError, match=r"Invalid symbol. \(code -1121\)"):
        parse(b'{"code":-1121,"msg":"Invalid symbol."}')
    with pytest.raises(RateLimitError):
        parse(b'{"code":-1003,"msg":"Too many requests"}')


def test_requests_name_both_ends_and_the_limit_that_they_count_against() -> None:
    request = derivatives.open_interest_history("BTCUSDT", T0, 289)

    assert (request.path, request.weight, request.pool) == ("/futures/data/openInterestHist", 0, "data")
    assert dict(request.query) == {
        "symbol": "BTCUSDT",
        "period": "5m",
        "startTime": str(T0),
        "endTime": str(T0 + 289 * 300_000 - 1),
        "limit": "289",
    }
    assert derivatives.long_short_ratio("BTCUSDT", 12).pool == "data"
    assert derivatives.funding_history("BTCUSDT", 90).pool == "funding"
    assert (derivatives.open_interest("BTCUSDT").weight, derivatives.marks().weight) == (1, 10)
    assert {name: pool.weight / pool.window_s for name, pool in derivatives.POOLS.items()} == {
        "data": 1000 / 300,
        "funding": 500 / 300,
    }
