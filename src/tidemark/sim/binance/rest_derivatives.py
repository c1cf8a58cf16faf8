"""Open interest, funding and the accounts' ratio as Binance's REST tells them: oldest first.

After the pages on open interest (statistics), funding rate history and info, long/short ratio, and the index price.
"""

from collections.abc import Mapping, Sequence

from tidemark.sim.binance.query import RequestError, bounded, number
from tidemark.sim.market import Contract, Market, Source
from tidemark.sim.truth import MINUTE_MS

PERIODS_MS = {
    "5m": 300_000, "15m": 900_000, "30m": 1_800_000, "1h": 3_600_000, "2h": 7_200_000, "4h": 14_400_000,
    "6h": 21_600_000, "12h": 43_200_000, "1d": 86_400_000,
}  # fmt: skip
# These figures are kept for a month.
KEPT_MS = 30 * 86_400_000

Pairs = Sequence[tuple[int, Market]]


def _points(query: Mapping[str, str], market: Market, now_ms: int) -> list[int]:
    """The times of the points that are asked for, oldest first."""
    period = query.get("period", "")
    if period not in PERIODS_MS:
        raise RequestError(-1130, "parameter 'period' is invalid.")
    every, limit = PERIODS_MS[period], bounded(query, 30, 500)
    start, end = number(query, "startTime"), number(query, "endTime")
    if start is not None and (start < now_ms - KEPT_MS or (end is not None and end < start)):
        raise RequestError(-1130, "parameter 'startTime' is invalid.")
    last = min(now_ms if end is None else end, now_ms) // every * every
    oldest = max(now_ms - KEPT_MS, market.launched_ms, 0 if start is None else start)
    times = range(-(-oldest // every) * every, last + 1, every)
    return list(times[-limit:] if start is None else times[:limit])


def open_interest(source: Source, slot: int, market: Market, now_ms: int) -> object:
    """The open interest now, in base currency."""
    interest = source.quote(slot).open_interest
    return {"openInterest": market.size(interest), "symbol": market.symbol, "time": now_ms}


def open_interest_history(source: Source, slot: int, market: Market, query: Mapping[str, str], now_ms: int) -> object:
    """Open interest of every period, in base and in quote currency."""
    derivatives = source.derivatives
    rows = []
    times = _points(query, market, now_ms) if derivatives is not None else []
    prices = source.closes(slot, [time_ms // MINUTE_MS for time_ms in times])
    for time_ms, price in zip(times, prices, strict=True):
        lots = derivatives.open_interest(slot, time_ms) if derivatives is not None else 0
        value = lots * price
        rows.append(
            {"symbol": market.symbol, "sumOpenInterest": market.size(lots), "sumOpenInterestValue": market.value(value),
             "CMCCirculatingSupply": "0", "timestamp": time_ms}
        )  # fmt: skip
    return rows


def account_ratio(source: Source, slot: int, market: Market, query: Mapping[str, str], now_ms: int) -> object:
    """The shares of accounts that are long and short."""
    derivatives = source.derivatives
    rows = []
    for time_ms in _points(query, market, now_ms) if derivatives is not None else ():
        share = derivatives.long_share(slot, time_ms) if derivatives is not None else 0.0
        rows.append(
            {"symbol": market.symbol, "longAccount": f"{share:.4f}", "longShortRatio": f"{share / (1.0 - share):.4f}",
             "shortAccount": f"{1.0 - share:.4f}", "timestamp": time_ms}
        )  # fmt: skip
    return rows


def funding_history(source: Source, pairs: Pairs, query: Mapping[str, str], now_ms: int) -> object:
    """Settled funding rates of one market or of all, by time; some stamps are milliseconds late."""
    limit = bounded(query, 100, 1000)
    start, end = number(query, "startTime"), number(query, "endTime")
    derivatives = source.derivatives
    if derivatives is None:
        return []
    last = min(now_ms if end is None else end, now_ms)
    found: list[tuple[int, int, int]] = []
    for slot, market in pairs:
        if market.contract is Contract.QUARTERLY:
            continue
        # A stamp is late by less than a second: look a little further back.
        settled = derivatives.settlements(market, 0 if start is None else start - 1000, last)
        some = settled[-limit - 1 :] if start is None else settled[: limit + 1]
        for time_ms in some:
            stamp = derivatives.stamp(slot, time_ms)
            if (start or 0) <= stamp <= last:
                found.append((stamp, slot, time_ms))
    found.sort()
    markets = dict(pairs)
    return [
        {
            "symbol": markets[slot].symbol,
            "fundingTime": stamp,
            "fundingRate": f"{derivatives.funding_rate(slot, time_ms):.8f}",
            "markPrice": markets[slot].price(source.closes(slot, [time_ms // MINUTE_MS])[0]),
        }
        for stamp, slot, time_ms in (found[-limit:] if start is None else found[:limit])
    ]


def funding_info(pairs: Pairs) -> object:
    """The markets whose interval is not the usual 8 hours."""
    return [
        {"symbol": market.symbol, "adjustedFundingRateCap": "0.02000000", "adjustedFundingRateFloor": "-0.02000000",
         "fundingIntervalHours": market.funding_interval_h, "disclaimer": False}
        for _, market in pairs
        if market.funding_interval_h != 8
    ]  # fmt: skip


def premium_index(source: Source, pairs: Pairs, now_ms: int) -> list[object]:
    """Mark and index price, and the funding rate to come."""
    told: list[object] = []
    for slot, market in pairs:
        quote = source.quote(slot)
        is_ending = market.contract is Contract.QUARTERLY
        told.append(
            {
                "symbol": market.symbol,
                "markPrice": market.price(quote.mark),
                "indexPrice": market.price(quote.index),
                "estimatedSettlePrice": market.price(quote.index),
                "lastFundingRate": "" if is_ending else f"{quote.funding_rate:.8f}",
                "interestRate": "" if is_ending else "0.00010000",
                "nextFundingTime": 0 if is_ending else quote.next_funding_ms,
                "time": now_ms,
            }
        )
    return told
