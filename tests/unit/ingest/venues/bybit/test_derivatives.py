from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tidemark.errors import FrameError, RateLimitError, RefusedError
from tidemark.ingest.venues.bybit import derivatives
from tidemark.model.events import Funding, LongShortRatio, OpenInterest

MS = 1_000_000
T0 = 1_789_470_000_000
RECV = (T0 + 900_000) * MS
POINT: dict[str, Any] = {"openInterest": "68744.761", "timestamp": str(T0)}
FUNDING: dict[str, Any] = {"symbol": "BTCUSDT", "fundingRate": "0.0001", "fundingRateTimestamp": str(T0)}
RATIO: dict[str, Any] = {"symbol": "BTCUSDT", "buyRatio": "0.5777", "sellRatio": "0.4223", "timestamp": str(T0)}


def reply(result: Any, code: int = 0) -> bytes:
    return msgspec.json.encode({"retCode": code, "retMsg": "said", "result": result, "time": T0})


def rows(*changed: dict[str, Any], of: dict[str, Any], symbol: str = "BTCUSDT") -> bytes:
    page = [{**of, **change} for change in changed]
    return reply({"category": "linear", "symbol": symbol, "list": page, "nextPageCursor": ""})


def history(body: bytes) -> list[OpenInterest]:
    return derivatives.parse_open_interest_history(body, "BTCUSDT", RECV)


def fundings(body: bytes) -> list[Funding]:
    return derivatives.parse_funding_history(body, "BTCUSDT", RECV)


def ratios(body: bytes) -> list[LongShortRatio]:
    return derivatives.parse_long_short_ratio(body, "BTCUSDT", RECV)


def test_points_of_open_interest_come_newest_first_and_are_told_oldest_first() -> None:
    points = history(rows({"timestamp": str(T0 + 300_000), "openInterest": "5"}, {}, of=POINT))

    assert points == [
        OpenInterest(ts_event=T0 * MS, ts_recv=RECV, symbol="BTCUSDT", value=68744.761),
        OpenInterest(ts_event=(T0 + 300_000) * MS, ts_recv=RECV, symbol="BTCUSDT", value=5.0),
    ]


def test_open_interest_now_is_the_newest_point_if_there_is_one() -> None:
    newest = derivatives.parse_open_interest(
        rows({"timestamp": str(T0 + 300_000), "openInterest": "5"}, {}, of=POINT), "BTCUSDT", RECV
    )

    assert newest is not None
    assert (newest.value, newest.ts_event) == (5.0, (T0 + 300_000) * MS)
    assert derivatives.parse_open_interest(rows(of=POINT), "BTCUSDT", RECV) is None


def test_settlements_are_told_oldest_first() -> None:
    late = T0 + 8 * 3_600_000

    found = fundings(rows({"fundingRateTimestamp": str(late), "fundingRate": "-0.00015"}, {}, of=FUNDING))

    assert found == [
        Funding(ts_event=T0 * MS, ts_recv=RECV, symbol="BTCUSDT", rate=0.0001, due_at=T0 * MS),
        Funding(ts_event=late * MS, ts_recv=RECV, symbol="BTCUSDT", rate=-0.00015, due_at=late * MS),
    ]


def test_the_ratio_is_the_share_of_accounts_that_are_long() -> None:
    assert ratios(rows({}, of=RATIO)) == [
        LongShortRatio(ts_event=T0 * MS, ts_recv=RECV, symbol="BTCUSDT", long_share=0.5777)
    ]


def test_marks_are_in_the_tickers() -> None:
    body = rows(
        {"symbol": "BTCUSDT", "markPrice": "17217.33", "indexPrice": "17227.36", "fundingRate": "-0.000212"},
        {"symbol": "BTCPERP", "markPrice": "1", "indexPrice": "1"},
        of={"nextFundingTime": str(T0)},
    )

    (update,) = derivatives.parse_marks(body, RECV)

    assert (update.symbol, update.mark, update.index, update.funding_rate) == ("BTCUSDT", 17217.33, 17227.36, -0.000212)
    assert update.next_funding_at == T0 * MS
    assert derivatives.marks().path == "/v5/market/tickers"


HOSTILE: list[tuple[Callable[[bytes], object], dict[str, Any], str, Any, str]] = [
    (history, POINT, "openInterest", "-1", "bad_number"),
    (history, POINT, "openInterest", "Infinity", "bad_number"),
    (history, POINT, "openInterest", "", "malformed"),
    (history, POINT, "timestamp", "5", "bad_time"),
    (fundings, FUNDING, "fundingRate", "-100", "bad_number"),
    (fundings, FUNDING, "fundingRateTimestamp", "9" * 20, "bad_time"),
    (fundings, FUNDING, "symbol", "ETHUSDT", "malformed"),
    (ratios, RATIO, "buyRatio", "1.5", "bad_number"),
    (ratios, RATIO, "buyRatio", "NaN", "bad_number"),
    (ratios, RATIO, "symbol", "ETHUSDT", "malformed"),
]


@pytest.mark.parametrize(("parse", "row", "field", "value", "kind"), HOSTILE)
def test_what_is_not_believed_is_refused(
    parse: Callable[[bytes], object], row: dict[str, Any], field: str, value: Any, kind: str
) -> None:
    with pytest.raises(FrameError) as caught:
        parse(rows({}, {field: value}, of=row))

    assert caught.value.kind == kind


def test_points_of_another_symbol_and_more_than_any_page_has_are_refused() -> None:
    with pytest.raises(FrameError, match="reply for BTCUSDT speaks of another symbol"):
        history(rows({}, of=POINT, symbol="ETHUSDT"))
    with pytest.raises(FrameError) as caught:
        history(rows(*[{}] * 4097, of=POINT))
    assert caught.value.kind == "oversized"


@pytest.mark.parametrize("parse", [history, fundings, ratios])
def test_no_rows_are_no_events_and_an_error_is_told(parse: Callable[[bytes], object]) -> None:
    assert parse(rows(of={})) == []
    with pytest.raises(RefusedError, match=r"said \(code 10001\)"):
        parse(reply({}, code=10001))
    with pytest.raises(RateLimitError):
        parse(reply({}, code=10006))


def test_requests_name_both_ends() -> None:
    request = derivatives.open_interest_history("BTCUSDT", T0, 89)

    assert (request.path, request.weight, request.pool) == ("/v5/market/open-interest", 1, "")
    assert dict(request.query) == {
        "category": "linear",
        "symbol": "BTCUSDT",
        "intervalTime": "5min",
        "startTime": str(T0),
        "endTime": str(T0 + 89 * 300_000 - 1),
        "limit": "89",
    }
    assert dict(derivatives.long_short_ratio("BTCUSDT", 12).query)["period"] == "5min"
    assert derivatives.long_short_ratio("BTCUSDT", 12).path == "/v5/market/account-ratio"
    assert derivatives.funding_history("BTCUSDT", 90).path == "/v5/market/funding/history"
    assert dict(derivatives.open_interest("BTCUSDT").query)["limit"] == "1"
