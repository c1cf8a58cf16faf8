"""Open interest, funding history and the accounts' ratio as Bybit's REST tells them: newest first, page by page.

After https://bybit-exchange.github.io/docs/v5/market/open-interest, history-fund-rate and long-short-ratio.
"""

from collections.abc import Mapping

from tidemark.sim.bybit.query import ParameterError, number
from tidemark.sim.market import Contract, Market, Source
from tidemark.units import parse_whole

PERIODS_MS = {
    "5min": 300_000, "15min": 900_000, "30min": 1_800_000, "1h": 3_600_000, "4h": 14_400_000, "1d": 86_400_000,
}  # fmt: skip


def _points(query: Mapping[str, str], name: str, most: int, market: Market, now_ms: int) -> tuple[list[int], str]:
    """The times of a page of points, newest first, and the cursor of the next page."""
    period = query.get(name, "")
    if period not in PERIODS_MS:
        raise ParameterError(f"params error: {name} invalid")
    every = PERIODS_MS[period]
    limit = min(max(number(query, "limit", 50), 1), most)
    begin = max(number(query, "startTime", 0), market.launched_ms)
    end = min(number(query, "endTime", now_ms), now_ms)
    cursor = query.get("cursor", "")
    if cursor:
        at_ms = parse_whole(cursor)
        if at_ms is None:
            raise ParameterError("params error: cursor invalid")
        end = min(end, at_ms)
    newest = end // every * every
    times = [newest - k * every for k in range(limit + 1) if newest - k * every >= begin]
    return times[:limit], str(times[limit]) if len(times) > limit else ""


def open_interest(source: Source, slot: int, market: Market, query: Mapping[str, str], now_ms: int) -> object:
    """Open interest in base currency, of every interval."""
    times, cursor = _points(query, "intervalTime", 200, market, now_ms)
    derivatives = source.derivatives
    rows = [
        {"openInterest": market.size(derivatives.open_interest(slot, time_ms)), "timestamp": str(time_ms)}
        for time_ms in times
        if derivatives is not None
    ]
    category = query.get("category", "linear")
    return {"symbol": market.symbol, "category": category, "list": rows, "nextPageCursor": cursor}


def account_ratio(source: Source, slot: int, market: Market, query: Mapping[str, str], now_ms: int) -> object:
    """The share of holders that are long, and that of those short."""
    times, cursor = _points(query, "period", 500, market, now_ms)
    derivatives = source.derivatives
    rows = []
    for time_ms in times:
        if derivatives is not None:
            share = derivatives.long_share(slot, time_ms)
            rows.append(
                {"symbol": market.symbol, "buyRatio": f"{share:.4f}", "sellRatio": f"{1.0 - share:.4f}",
                 "timestamp": str(time_ms)}
            )  # fmt: skip
    return {"list": rows, "nextPageCursor": cursor}


def funding_history(source: Source, slot: int, market: Market, query: Mapping[str, str], now_ms: int) -> object:
    """Settled funding rates."""
    limit = min(max(number(query, "limit", 200), 1), 200)
    if query.get("startTime") and not query.get("endTime"):
        raise ParameterError("params error: endTime is needed with startTime")
    derivatives = source.derivatives
    rows = []
    if derivatives is not None and market.contract is not Contract.QUARTERLY:
        end = min(number(query, "endTime", now_ms), now_ms)
        settled = derivatives.settlements(market, number(query, "startTime", 0), end)
        for time_ms in reversed(settled[-limit:]):
            rate = f"{derivatives.funding_rate(slot, time_ms):.8f}".rstrip("0").rstrip(".")
            rows.append({"symbol": market.symbol, "fundingRate": rate, "fundingRateTimestamp": str(time_ms)})
    return {"category": query.get("category", "linear"), "list": rows}
