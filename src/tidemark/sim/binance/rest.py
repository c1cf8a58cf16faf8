"""Public REST of Binance USD-M, after its API pages and weights measured on it in 2026."""

from collections.abc import Callable, Mapping

import msgspec

from tidemark.sim.binance.query import RequestError, bounded, number
from tidemark.sim.binance.rest_derivatives import (
    account_ratio,
    funding_history,
    funding_info,
    open_interest,
    open_interest_history,
    premium_index,
)
from tidemark.sim.binance.session import BinanceSession
from tidemark.sim.binance.stream import INTERVALS, TRADE_ID
from tidemark.sim.binance.symbols import coin_row, exchange_info
from tidemark.sim.klines import told as told_candles
from tidemark.sim.limits import Window
from tidemark.sim.market import Asked, Contract, Market, Source, State
from tidemark.sim.truth import MINUTE_MS
from tidemark.sim.venue import Reply
from tidemark.units import parse_whole

LIMIT, WINDOW_MS = 2400, 60_000
# /futures/data and the funding pages have limits of their own, by number of requests.
DATA_LIMIT, FUNDING_LIMIT, OWN_WINDOW_MS = 1000, 500, 300_000
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
FUNDING_PATHS = ("/fapi/v1/fundingRate", "/fapi/v1/fundingInfo")
DEPTH_WEIGHTS = {5: 2, 10: 2, 20: 2, 50: 2, 100: 5, 500: 10, 1000: 20}


class BinanceRest:
    """Binance's side of the local exchange: REST replies from *source*, and sessions."""

    stream_paths: tuple[str, ...] = (
        "/ws", "/stream", "/ws/*", "/market/ws", "/market/ws/*", "/market/stream", "/public/ws", "/public/ws/*",
        "/public/stream",
    )  # fmt: skip
    ping_every_s: float | None = 180.0

    def __init__(self, source: Source) -> None:
        self._source = source
        self._truth = source.truth
        self.window = Window(LIMIT, WINDOW_MS)
        self._data_window = Window(DATA_LIMIT, OWN_WINDOW_MS)
        self._funding_window = Window(FUNDING_LIMIT, OWN_WINDOW_MS)
        self._routes: Mapping[str, Callable[[Mapping[str, str], int], object]] = {
            "/fapi/v1/ping": lambda query, now_ms: {},  # noqa: ARG005 - all routes are called alike
            "/fapi/v1/time": lambda query, now_ms: {"serverTime": now_ms},  # noqa: ARG005
            "/fapi/v1/exchangeInfo": self._exchange_info,
            "/fapi/v1/ticker/24hr": self._tickers,
            "/fapi/v1/premiumIndex": self._premium_index,
            "/fapi/v1/klines": self._klines,
            "/fapi/v1/depth": self._depth,
            "/fapi/v1/openInterest": self._open_interest,
            "/fapi/v1/fundingRate": self._funding_history,
            "/fapi/v1/fundingInfo": self._funding_info,
            "/futures/data/openInterestHist": self._open_interest_history,
            "/futures/data/globalLongShortAccountRatio": self._account_ratio,
            "/fapi/v1/trades": self._trades,
            "/fapi/v1/aggTrades": self._aggregate_trades,
            "/dapi/v1/exchangeInfo": self._coin_info,
            "/api/v3/exchangeInfo": self._spot_info,
        }

    def session(self) -> BinanceSession:
        """A conversation with a new client."""
        return BinanceSession()

    def weight(self, path: str, query: Mapping[str, str]) -> int:
        """Measured weights; the bands of klines are inclusive at the top, and without a limit they cost 5."""
        limit = parse_whole(query.get("limit", ""))
        match path.rsplit("/", 1)[-1]:
            case "24hr":
                return 1 if "symbol" in query else 40
            case "premiumIndex":
                return 1 if "symbol" in query else 10
            case "klines":
                asked = 501 if limit is None else limit
                return 1 if asked <= 100 else 2 if asked <= 500 else 5 if asked <= 1000 else 10
            case "depth":
                return DEPTH_WEIGHTS.get(500 if limit is None else limit, 20)
            case "trades":
                return 5
            case "aggTrades":
                return 20
            case _:
                return 1

    def window_of(self, path: str) -> Window:
        """The budget of weights, but for the pages that have their own."""
        if path.startswith("/futures/data/"):
            return self._data_window
        return self._funding_window if path in FUNDING_PATHS else self.window

    def headers(self, used: int, limit: int, resets_ms: int) -> tuple[tuple[str, str], ...]:  # noqa: ARG002 - not told here
        """The weight used in this minute."""
        return (("X-MBX-USED-WEIGHT-1M", str(used)),)

    def refusal(self, kind: str, retry_after_s: int, now_ms: int) -> Reply:
        """429, or 418 for a ban, with Retry-After."""
        if kind == "banned":
            until = now_ms + retry_after_s * 1000
            body = {"code": -1003, "msg": f"Way too many requests; IP banned until {until}. Please use the websocket."}
        else:
            body = {"code": -1003, "msg": f"Too many requests; current limit of IP is {LIMIT} requests per minute."}
        status = 418 if kind == "banned" else 429
        return Reply(msgspec.json.encode(body), status, (("Retry-After", str(retry_after_s)),))

    def reply(self, path: str, query: Mapping[str, str], now_ms: int) -> Reply:
        """The reply to GET *path*."""
        route = self._routes.get(path)
        if route is None:
            return Reply(b"", 404)
        try:
            return Reply(msgspec.json.encode(route(query, now_ms)))
        except RequestError as error:
            return Reply(msgspec.json.encode({"code": error.code, "msg": str(error)}), 400)

    def _slot(self, query: Mapping[str, str]) -> tuple[int, Market]:
        if not query.get("symbol"):
            raise RequestError(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.")
        slot = self._truth.slot_of.get(query["symbol"].upper())
        market = None if slot is None else self._truth.markets[slot]
        if slot is None or market is None or market.contract is Contract.INVERSE:
            raise RequestError(-1121, "Invalid symbol.")
        return slot, market

    def _linear(self) -> list[tuple[int, Market]]:
        return [(slot, market) for slot, market in self._truth.listed() if market.contract is not Contract.INVERSE]

    def _exchange_info(self, query: Mapping[str, str], now_ms: int) -> object:  # noqa: ARG002 - takes no parameters
        return exchange_info([market for _, market in self._linear()], now_ms, LIMIT)

    def _coin_info(self, query: Mapping[str, str], now_ms: int) -> object:  # noqa: ARG002 - takes no parameters
        rows = [coin_row(market) for _, market in self._truth.listed() if market.contract is Contract.INVERSE]
        return {"timezone": "UTC", "serverTime": now_ms, "rateLimits": [], "exchangeFilters": [], "symbols": rows}

    @staticmethod
    def _spot_info(query: Mapping[str, str], now_ms: int) -> object:  # noqa: ARG004 - takes no parameters
        return {"timezone": "UTC", "serverTime": now_ms, "rateLimits": [], "exchangeFilters": [], "symbols": []}

    def _tickers(self, query: Mapping[str, str], now_ms: int) -> object:
        if "symbol" in query:
            return self._ticker(*self._slot(query), now_ms)
        # Without a symbol only those that trade are listed.
        return [self._ticker(slot, market, now_ms) for slot, market in self._linear() if market.state is State.TRADING]

    def _ticker(self, slot: int, market: Market, now_ms: int) -> dict[str, object]:
        day = self._truth.day(slot)
        change = day.last - day.first
        return {
            "symbol": market.symbol,
            "priceChange": market.price(change),
            "priceChangePercent": f"{100.0 * change / day.first:.3f}",
            "weightedAvgPrice": market.price(day.value // day.lots if day.lots else day.last),
            "lastPrice": market.price(day.last),
            "lastQty": market.size(day.last_lots),
            "openPrice": market.price(day.first),
            "highPrice": market.price(day.high),
            "lowPrice": market.price(day.low),
            "volume": market.size(day.lots),
            "quoteVolume": market.value(day.value),
            "openTime": now_ms - DAY_MS,
            "closeTime": now_ms,
            "firstId": TRADE_ID + day.next_id - day.trades,
            "lastId": TRADE_ID + day.next_id - 1,
            "count": day.trades,
        }

    def _asked(self, query: Mapping[str, str]) -> list[tuple[int, Market]]:
        return [self._slot(query)] if query.get("symbol") else self._linear()

    def _premium_index(self, query: Mapping[str, str], now_ms: int) -> object:
        told = premium_index(self._source, self._asked(query), now_ms)
        return told[0] if query.get("symbol") else told

    def _open_interest(self, query: Mapping[str, str], now_ms: int) -> object:
        return open_interest(self._source, *self._slot(query), now_ms)

    def _open_interest_history(self, query: Mapping[str, str], now_ms: int) -> object:
        return open_interest_history(self._source, *self._slot(query), query, now_ms)

    def _account_ratio(self, query: Mapping[str, str], now_ms: int) -> object:
        return account_ratio(self._source, *self._slot(query), query, now_ms)

    def _funding_history(self, query: Mapping[str, str], now_ms: int) -> object:
        return funding_history(self._source, self._asked(query), query, now_ms)

    def _funding_info(self, query: Mapping[str, str], now_ms: int) -> object:  # noqa: ARG002 - takes no parameters
        return funding_info(self._linear())

    def _depth(self, query: Mapping[str, str], now_ms: int) -> object:
        slot, market = self._slot(query)
        limit = number(query, "limit")
        if limit is not None and limit not in DEPTH_WEIGHTS:
            raise RequestError(-4021, f"{limit} is not valid depth limit.")
        ladder = self._source.ladder(slot, limit or 500)
        bids, asks = (
            [[market.price(ticks), market.size(lots)] for ticks, lots in side] for side in (ladder.bids, ladder.asks)
        )
        at_ms = min(ladder.time_ms, now_ms)
        return {"lastUpdateId": ladder.update_id, "E": now_ms, "T": at_ms, "bids": bids, "asks": asks}

    def _klines(self, query: Mapping[str, str], now_ms: int) -> object:  # noqa: ARG002 - all routes are called alike
        slot, market = self._slot(query)
        interval = query.get("interval", "")
        if interval not in INTERVALS:
            raise RequestError(-1120, "Invalid interval.")
        length, limit = INTERVALS[interval], bounded(query, 500, 1500)
        start, end = number(query, "startTime"), number(query, "endTime")
        last = min(self._truth.minute, self._truth.minute if end is None else end // MINUTE_MS)
        begins = self._source.begins(slot) - length
        if start is None:
            first = max(last - limit * length, begins)
        else:
            first = max(-(-start // MINUTE_MS), begins)
            last = min(last, first + limit * length)
        found = self._source.candles(slot, length, first, last)
        return [
            [
                candle.minute * MINUTE_MS,
                market.price(candle.open),
                market.price(candle.high),
                market.price(candle.low),
                market.price(candle.close),
                market.size(candle.lots),
                (candle.minute + length) * MINUTE_MS - 1,
                market.value(candle.value),
                candle.trades,
                market.size(candle.buy_lots),
                market.value(candle.buy_value),
                "0",
            ]
            for candle in told_candles(
                found[-limit:] if start is None else found[:limit], market.symbol, length, self._source.faults
            )
        ]

    def _trades(self, query: Mapping[str, str], now_ms: int) -> object:  # noqa: ARG002 - all routes are called alike
        slot, market = self._slot(query)
        limit = bounded(query, 500, 1000)
        return [
            {
                "id": int(told.trade_id),
                "price": market.price(told.ticks),
                "qty": market.size(told.lots),
                "quoteQty": market.value(told.ticks * told.lots),
                "time": told.time_ms,
                "isBuyerMaker": not told.is_buy,
                "isRPITrade": False,
            }
            for told in self._source.prints(slot, limit)
        ]

    def _aggregate_trades(self, query: Mapping[str, str], now_ms: int) -> object:
        slot, market = self._slot(query)
        limit, from_id = bounded(query, 500, 1000), number(query, "fromId")
        start, end = number(query, "startTime"), number(query, "endTime")
        if start is not None and start < now_ms - 2 * DAY_MS:
            raise RequestError(-4166, "Search window is restricted to recent 2 days only.")
        if start is not None and end is not None and end - start > HOUR_MS:
            raise RequestError(-1127, "More than 1 hours between startTime and endTime.")
        # An id says where to begin; the times then say nothing.
        asked = Asked(limit, None, start, end) if from_id is None else Asked(limit, from_id)
        rows: list[dict[str, object]] = []
        total, last_id = 0, -1
        for told in self._source.prints_of(slot, asked):
            if told.aggregate_id != last_id:
                total, last_id = 0, told.aggregate_id
                rows.append(
                    {"a": last_id, "p": market.price(told.ticks), "q": "", "nq": "", "f": int(told.trade_id), "l": 0,
                     "T": told.time_ms, "m": not told.is_buy}
                )  # fmt: skip
            total += told.lots
            rows[-1]["l"] = int(told.trade_id)
            rows[-1]["q"] = rows[-1]["nq"] = market.size(total)
        return rows
