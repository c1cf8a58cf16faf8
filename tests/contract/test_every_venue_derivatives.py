"""What every venue promises to tell of open interest, funding, accounts and mark prices over REST."""

import inspect
from collections.abc import Callable

import pytest

from tidemark.errors import FrameError
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.queries import DerivativeQueries, Request

NAMES = registry.names()
SYMBOL = "BTCUSDT"
RECV = 5


def requests(queries: DerivativeQueries) -> list[Request]:
    return [
        queries.open_interest_history(SYMBOL, 1_789_470_000_000, 10**6),
        queries.open_interest(SYMBOL),
        queries.funding_history(SYMBOL, 10**6),
        queries.long_short_ratio(SYMBOL, 10**6),
        queries.marks(),
    ]


def parsers(queries: DerivativeQueries) -> list[Callable[[bytes], object]]:
    return [
        lambda body: queries.parse_open_interest_history(body, SYMBOL, RECV),
        lambda body: queries.parse_open_interest(body, SYMBOL, RECV),
        lambda body: queries.parse_funding_history(body, SYMBOL, RECV),
        lambda body: queries.parse_long_short_ratio(body, SYMBOL, RECV),
        lambda body: queries.parse_marks(body, RECV),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_each_query_takes_the_parameters_that_are_asked(name: str) -> None:
    module = registry.find(name).derivatives

    for query, wanted in inspect.getmembers(DerivativeQueries, inspect.isfunction):
        if query.startswith("_"):
            continue
        offered = inspect.signature(getattr(module, query)).parameters
        assert list(offered) == list(inspect.signature(wanted).parameters)[1:], query


@pytest.mark.parametrize("name", NAMES)
def test_each_request_counts_against_a_limit_and_stays_within_a_page(name: str) -> None:
    venue = registry.find(name)

    for request in requests(venue.derivatives):
        assert request.path.startswith("/")
        assert request.weight >= 1 or request.pool
        assert request.weight <= venue.rest.BUDGET.weight
        assert not request.pool or request.pool in venue.derivatives.POOLS
        assert int(dict(request.query).get("limit", "1")) <= 1000
    history = dict(requests(venue.derivatives)[0].query)
    page = venue.derivatives.OPEN_INTEREST_PAGE
    assert history["limit"] == str(page)
    assert int(history["endTime"]) - int(history["startTime"]) == page * 300_000 - 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[", b"{", b"[{}]", b'"x"', b"\xff\xfe", b"[" * 100_000, b"null", b"1", b'{"retCode":0}',
        b'{"retCode":0,"result":[]}', b'{"retCode":0,"result":{"list":[{}]}}', b"[1]", b'[{"symbol":1}]',
    ],
)  # fmt: skip
def test_garbage_is_refused(name: str, body: bytes) -> None:
    for parse in parsers(registry.find(name).derivatives):
        with pytest.raises(FrameError):
            parse(body)
