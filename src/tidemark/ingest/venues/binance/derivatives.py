"""What Binance's USD-M side tells over REST of open interest, funding, mark prices and the accounts behind them."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.errors import FrameError
from tidemark.ingest.venues.base import MAX_FRAME_ROWS
from tidemark.ingest.venues.binance import wire
from tidemark.ingest.venues.binance.parse import is_perpetual, mark_update
from tidemark.ingest.venues.binance.rest import decode
from tidemark.ingest.venues.frame import MS_TO_NS, Amount, Blank, FrameKind, Number, Rate, Share, TimeMs
from tidemark.ingest.venues.queries import Budget, Request
from tidemark.model.events import Funding, LongShortRatio, OpenInterest, TickerUpdate
from tidemark.units import MINUTE

# The statistics under /futures/data weigh nothing and have a limit of their own: 1,000 requests in five minutes, per IP
# address. Funding rates share 500 requests in five minutes, per IP address, with /fapi/v1/fundingInfo.
# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Open-Interest-Statistics
# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-History
POOLS: Mapping[str, Budget] = {
    "data": Budget(weight=1000, window_s=300.0, ban_s=120.0),
    "funding": Budget(weight=500, window_s=300.0, ban_s=120.0),
}
STREAMS_OPEN_INTEREST = False
OPEN_INTEREST_PAGE = 500
FUNDING_PAGE = 1000
RATIO_PAGE = 500
_STEP_MS = 5 * MINUTE // MS_TO_NS


# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Open-Interest-Statistics
class OpenInterestPoint(msgspec.Struct, gc=False, rename={"value": "sumOpenInterest", "ts_ms": "timestamp"}):
    """Open interest in base currency at `ts_ms`. Only the latest month is served."""

    symbol: str
    value: Amount
    ts_ms: TimeMs


# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Open-Interest
class OpenInterestNow(msgspec.Struct, gc=False, rename={"value": "openInterest", "ts_ms": "time"}):
    """Open interest in base currency, now."""

    symbol: str
    value: Amount
    ts_ms: TimeMs


# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-History
class FundingRow(msgspec.Struct, gc=False, rename={"rate": "fundingRate", "ts_ms": "fundingTime"}):
    """One settlement; its time is some milliseconds late now and then."""

    symbol: str
    rate: Rate
    ts_ms: TimeMs


# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Long-Short-Ratio
class AccountRatio(msgspec.Struct, gc=False, rename={"long_share": "longAccount", "ts_ms": "timestamp"}):
    """The share of all accounts with a position that are net long."""

    symbol: str
    long_share: Share
    ts_ms: TimeMs


# https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Mark-Price
class PremiumIndex(
    msgspec.Struct,
    gc=False,
    rename={
        "mark": "markPrice",
        "index": "indexPrice",
        "funding_rate": "lastFundingRate",
        "next_funding_ms": "nextFundingTime",
        "ts_ms": "time",
    },
):
    """Mark and index price and funding of a symbol; a dated contract has no rate."""

    symbol: str
    mark: Amount
    ts_ms: TimeMs
    index: Amount | Blank = ""
    funding_rate: Rate | Blank = ""
    next_funding_ms: Number = 0


_Points = Annotated[list[OpenInterestPoint], Meta(max_length=MAX_FRAME_ROWS)]
_Fundings = Annotated[list[FundingRow], Meta(max_length=MAX_FRAME_ROWS)]
_Ratios = Annotated[list[AccountRatio], Meta(max_length=MAX_FRAME_ROWS)]
_Marks = Annotated[list[PremiumIndex], Meta(max_length=MAX_FRAME_ROWS)]


def open_interest_history(symbol: str, start_ms: int, limit: int) -> Request:
    """Both ends are given; what is older than a month is refused by the exchange."""
    count = min(limit, OPEN_INTEREST_PAGE)
    query = (
        ("symbol", symbol),
        ("period", "5m"),
        ("startTime", str(start_ms)),
        ("endTime", str(start_ms + count * _STEP_MS - 1)),
        ("limit", str(count)),
    )
    return Request("/futures/data/openInterestHist", query, 0, "data")


def parse_open_interest_history(body: bytes, symbol: str, ts_recv: int) -> list[OpenInterest]:
    """Points, oldest first."""
    rows: list[OpenInterestPoint] = decode(body, _Points)
    _check(rows, symbol)
    return [
        OpenInterest(ts_event=row.ts_ms * MS_TO_NS, ts_recv=ts_recv, symbol=symbol, value=row.value)
        for row in sorted(rows, key=lambda row: row.ts_ms)
    ]


def open_interest(symbol: str) -> Request:
    """Open interest as it is now: no stream carries it."""
    return Request("/fapi/v1/openInterest", (("symbol", symbol),), 1)


def parse_open_interest(body: bytes, symbol: str, ts_recv: int) -> OpenInterest | None:
    """The figure of now."""
    row = decode(body, OpenInterestNow)
    _check([row], symbol)
    return OpenInterest(ts_event=row.ts_ms * MS_TO_NS, ts_recv=ts_recv, symbol=symbol, value=row.value)


def funding_history(symbol: str, limit: int) -> Request:
    """Without times the newest settlements are given."""
    query = (("symbol", symbol), ("limit", str(min(limit, FUNDING_PAGE))))
    return Request("/fapi/v1/fundingRate", query, 0, "funding")


def parse_funding_history(body: bytes, symbol: str, ts_recv: int) -> list[Funding]:
    """Settlements, oldest first."""
    rows: list[FundingRow] = decode(body, _Fundings)
    _check(rows, symbol)
    return [
        Funding(
            ts_event=row.ts_ms * MS_TO_NS,
            ts_recv=ts_recv,
            symbol=symbol,
            rate=row.rate,
            due_at=row.ts_ms * MS_TO_NS,
        )
        for row in sorted(rows, key=lambda row: row.ts_ms)
    ]


def long_short_ratio(symbol: str, limit: int) -> Request:
    """Without times the newest points are given."""
    query = (("symbol", symbol), ("period", "5m"), ("limit", str(min(limit, RATIO_PAGE))))
    return Request("/futures/data/globalLongShortAccountRatio", query, 0, "data")


def parse_long_short_ratio(body: bytes, symbol: str, ts_recv: int) -> list[LongShortRatio]:
    """Points, oldest first."""
    rows: list[AccountRatio] = decode(body, _Ratios)
    _check(rows, symbol)
    return [
        LongShortRatio(ts_event=row.ts_ms * MS_TO_NS, ts_recv=ts_recv, symbol=symbol, long_share=row.long_share)
        for row in sorted(rows, key=lambda row: row.ts_ms)
    ]


def marks() -> Request:
    """All symbols in one reply."""
    return Request("/fapi/v1/premiumIndex", (), 10)


def parse_marks(body: bytes, ts_recv: int) -> list[TickerUpdate]:
    """The perpetuals; dated contracts, and markets without a mark price, are passed over."""
    rows: list[PremiumIndex] = decode(body, _Marks)
    return [
        mark_update(
            wire.MarkPrice(
                ts_ms=row.ts_ms,
                symbol=row.symbol,
                mark=row.mark,
                index=row.index,
                funding_rate=row.funding_rate,
                next_funding_ms=row.next_funding_ms,
            ),
            ts_recv,
        )
        for row in rows
        if row.mark > 0 and is_perpetual(row.symbol)
    ]


def _check(
    rows: list[OpenInterestPoint] | list[OpenInterestNow] | list[FundingRow] | list[AccountRatio], symbol: str
) -> None:
    if any(row.symbol != symbol for row in rows):
        raise FrameError(FrameKind.MALFORMED, f"reply for {symbol} speaks of another symbol")
