"""What Bybit tells over REST of open interest, funding, mark prices and the accounts behind them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.errors import FrameError
from tidemark.ingest.venues.base import MAX_FRAME_ROWS
from tidemark.ingest.venues.bybit.rest import decode, parse_tickers, tickers
from tidemark.ingest.venues.frame import MS_TO_NS, Amount, FrameKind, Rate, Share, TimeMs
from tidemark.ingest.venues.queries import Budget, Request
from tidemark.model.events import Funding, LongShortRatio, OpenInterest, TickerUpdate
from tidemark.units import MINUTE

# All of it counts against the one limit of the address.
POOLS: Mapping[str, Budget] = MappingProxyType({})
STREAMS_OPEN_INTEREST = True
OPEN_INTEREST_PAGE = 200
FUNDING_PAGE = 200
RATIO_PAGE = 500
_STEP_MS = 5 * MINUTE // MS_TO_NS


# https://bybit-exchange.github.io/docs/v5/market/open-interest
class OpenInterestPoint(msgspec.Struct, gc=False, rename={"value": "openInterest", "ts_ms": "timestamp"}):
    """Open interest in base currency at `ts_ms`."""

    value: Amount
    ts_ms: TimeMs


class OpenInterestList(msgspec.Struct, gc=False):
    """Newest first."""

    symbol: str
    list: Annotated[list[OpenInterestPoint], Meta(max_length=MAX_FRAME_ROWS)]


# https://bybit-exchange.github.io/docs/v5/market/history-fund-rate
class FundingRow(msgspec.Struct, gc=False, rename={"rate": "fundingRate", "ts_ms": "fundingRateTimestamp"}):
    """One settlement."""

    symbol: str
    rate: Rate
    ts_ms: TimeMs


class FundingList(msgspec.Struct, gc=False):
    """Newest first."""

    list: Annotated[list[FundingRow], Meta(max_length=MAX_FRAME_ROWS)]


# https://bybit-exchange.github.io/docs/v5/market/long-short-ratio
class AccountRatio(msgspec.Struct, gc=False, rename={"long_share": "buyRatio", "ts_ms": "timestamp"}):
    """The share of all accounts with a position that are net long."""

    symbol: str
    long_share: Share
    ts_ms: TimeMs


class AccountRatioList(msgspec.Struct, gc=False):
    """Newest first."""

    list: Annotated[list[AccountRatio], Meta(max_length=MAX_FRAME_ROWS)]


def open_interest_history(symbol: str, start_ms: int, limit: int) -> Request:
    """Both ends are given, so that pages need no cursor."""
    count = min(limit, OPEN_INTEREST_PAGE)
    query = (
        ("category", "linear"),
        ("symbol", symbol),
        ("intervalTime", "5min"),
        ("startTime", str(start_ms)),
        ("endTime", str(start_ms + count * _STEP_MS - 1)),
        ("limit", str(count)),
    )
    return Request("/v5/market/open-interest", query, 1)


def parse_open_interest_history(body: bytes, symbol: str, ts_recv: int) -> list[OpenInterest]:
    """Points, oldest first."""
    page, _ = decode(body, OpenInterestList)
    _check([page.symbol], symbol)
    return [
        OpenInterest(ts_event=row.ts_ms * MS_TO_NS, ts_recv=ts_recv, symbol=symbol, value=row.value)
        for row in sorted(page.list, key=lambda row: row.ts_ms)
    ]


def open_interest(symbol: str) -> Request:
    """The newest five-minute point; the stream's tickers know better."""
    query = (("category", "linear"), ("symbol", symbol), ("intervalTime", "5min"), ("limit", "1"))
    return Request("/v5/market/open-interest", query, 1)


def parse_open_interest(body: bytes, symbol: str, ts_recv: int) -> OpenInterest | None:
    """The newest five-minute point, None before there is one."""
    points = parse_open_interest_history(body, symbol, ts_recv)
    return points[-1] if points else None


def funding_history(symbol: str, limit: int) -> Request:
    """Without times the newest settlements are given."""
    query = (("category", "linear"), ("symbol", symbol), ("limit", str(min(limit, FUNDING_PAGE))))
    return Request("/v5/market/funding/history", query, 1)


def parse_funding_history(body: bytes, symbol: str, ts_recv: int) -> list[Funding]:
    """Settlements, oldest first."""
    page, _ = decode(body, FundingList)
    _check([row.symbol for row in page.list], symbol)
    return [
        Funding(
            ts_event=row.ts_ms * MS_TO_NS,
            ts_recv=ts_recv,
            symbol=symbol,
            rate=row.rate,
            due_at=row.ts_ms * MS_TO_NS,
        )
        for row in sorted(page.list, key=lambda row: row.ts_ms)
    ]


def long_short_ratio(symbol: str, limit: int) -> Request:
    """Without times the newest points are given."""
    query = (("category", "linear"), ("symbol", symbol), ("period", "5min"), ("limit", str(min(limit, RATIO_PAGE))))
    return Request("/v5/market/account-ratio", query, 1)


def parse_long_short_ratio(body: bytes, symbol: str, ts_recv: int) -> list[LongShortRatio]:
    """Points, oldest first."""
    page, _ = decode(body, AccountRatioList)
    _check([row.symbol for row in page.list], symbol)
    return [
        LongShortRatio(ts_event=row.ts_ms * MS_TO_NS, ts_recv=ts_recv, symbol=symbol, long_share=row.long_share)
        for row in sorted(page.list, key=lambda row: row.ts_ms)
    ]


def marks() -> Request:
    """The tickers of all symbols, which have them."""
    return tickers()


def parse_marks(body: bytes, ts_recv: int) -> list[TickerUpdate]:
    """The tickers of linear USDT perpetuals."""
    return parse_tickers(body, ts_recv)


def _check(symbols: list[str], symbol: str) -> None:
    if any(one != symbol for one in symbols):
        raise FrameError(FrameKind.MALFORMED, f"reply for {symbol} speaks of another symbol")
