"""Public REST of Bybit v5, after its API pages: every figure is text, every reply HTTP 200 with a retCode."""

from collections.abc import Mapping

import msgspec

from tidemark.sim.bybit.derivatives import account_ratio, funding_history, open_interest
from tidemark.sim.bybit.query import ParameterError, number
from tidemark.sim.bybit.session import BybitSession
from tidemark.sim.bybit.stream import INTERVALS
from tidemark.sim.klines import told as told_candles
from tidemark.sim.limits import Window
from tidemark.sim.market import Contract, Market, Source, State
from tidemark.sim.truth import MINUTE_MS, WEEK_MINUTES
from tidemark.sim.venue import Reply

CATEGORIES = ("linear", "inverse", "spot", "option")
# 600 requests within 5 seconds from one address, as the page on rate limits says.
LIMIT, WINDOW_MS = 600, 5000
STATES = {State.TRADING: "Trading", State.PENDING: "PreLaunch", State.SETTLING: "Closed"}
KINDS = {Contract.QUARTERLY: "LinearFutures", Contract.INVERSE: "InversePerpetual"}


class BybitRest:
    """Bybit's side of the local exchange: REST replies from *source*, and sessions."""

    stream_paths: tuple[str, ...] = ("/", "/v5/public/linear", "/v5/public/inverse", "/v5/public/spot")
    ping_every_s: float | None = None

    def __init__(self, source: Source) -> None:
        self._source = source
        self._truth = source.truth
        self.window = Window(LIMIT, WINDOW_MS, patience=1000)

    def session(self) -> BybitSession:
        """A conversation with a new client."""
        return BybitSession(self._source)

    def weight(self, path: str, query: Mapping[str, str]) -> int:  # noqa: ARG002 - requests are counted, not weighed
        """Every request counts once."""
        return 1

    def window_of(self, path: str) -> Window:  # noqa: ARG002 - there is one
        """One budget for all."""
        return self.window

    def headers(self, used: int, limit: int, resets_ms: int) -> tuple[tuple[str, str], ...]:
        """The three X-Bapi headers."""
        return (
            ("X-Bapi-Limit", str(limit)),
            ("X-Bapi-Limit-Status", str(max(0, limit - used))),
            ("X-Bapi-Limit-Reset-Timestamp", str(resets_ms)),
        )

    def refusal(self, kind: str, retry_after_s: int, now_ms: int) -> Reply:
        """Refuse with retCode 10006: HTTP 403 for an address that asks too much, 429 as a fault."""
        status = 429 if kind == "fault" else 403
        body = self._envelope(10006, "Too many visits!", {}, now_ms)
        return Reply(body, status, (("Retry-After", str(retry_after_s)),))

    def reply(self, path: str, query: Mapping[str, str], now_ms: int) -> Reply:
        """The reply to GET *path*."""
        routes = {
            "/v5/market/time": self._time,
            "/v5/market/instruments-info": self._instruments,
            "/v5/market/tickers": self._tickers,
            "/v5/market/kline": self._kline,
            "/v5/market/recent-trade": self._recent_trade,
            "/v5/market/orderbook": self._order_book,
            "/v5/market/open-interest": self._open_interest,
            "/v5/market/funding/history": self._funding_history,
            "/v5/market/account-ratio": self._account_ratio,
        }
        route = routes.get(path)
        if route is None:
            return Reply(b"", 404)
        try:
            return Reply(self._envelope(0, "OK", route(query, now_ms), now_ms))
        except ParameterError as error:
            return Reply(self._envelope(10001, str(error), {}, now_ms))

    @staticmethod
    def _envelope(code: int, message: str, result: object, now_ms: int) -> bytes:
        return msgspec.json.encode(
            {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": now_ms}
        )

    @staticmethod
    def _time(query: Mapping[str, str], now_ms: int) -> object:  # noqa: ARG004 - all routes are called alike
        return {"timeSecond": str(now_ms // 1000), "timeNano": str(now_ms * 1_000_000)}

    @staticmethod
    def _category(query: Mapping[str, str]) -> str:
        category = query.get("category", "")
        if category not in CATEGORIES:
            raise ParameterError("params error: Category is invalid")
        return category

    def _in_category(self, category: str) -> list[tuple[int, Market]]:
        if category not in {"linear", "inverse"}:
            return []
        is_inverse = category == "inverse"
        found = [(s, m) for s, m in self._truth.listed() if (m.contract is Contract.INVERSE) == is_inverse]
        return sorted(found, key=lambda pair: pair[1].symbol)

    def _slot(self, query: Mapping[str, str]) -> tuple[int, Market]:
        symbol = query.get("symbol", "")
        slot = self._truth.slot_of.get(symbol)
        market = None if slot is None else self._truth.markets[slot]
        category = query.get("category", "linear")
        if slot is None or market is None or (market.contract is Contract.INVERSE) != (category == "inverse"):
            raise ParameterError(f"params error: symbol invalid {symbol}")
        return slot, market

    def _instruments(self, query: Mapping[str, str], now_ms: int) -> object:  # noqa: ARG002 - all routes are called alike
        category = self._category(query)
        state = query.get("status", "") or "Trading"
        rows = [m for _, m in self._in_category(category) if STATES[m.state] == state]
        if query.get("symbol"):
            rows = [market for market in rows if market.symbol == query["symbol"]]
        if query.get("baseCoin"):
            rows = [market for market in rows if market.base == query["baseCoin"]]
        limit = min(max(number(query, "limit", 500), 1), 1000)
        # A cursor is the last symbol of its page: it stays right while markets come and go.
        cursor = query.get("cursor", "")
        rows = [market for market in rows if market.symbol > cursor]
        more = rows[limit - 1].symbol if len(rows) > limit else ""
        listed = [self._instrument(market) for market in rows[:limit]]
        return {"category": category, "list": listed, "nextPageCursor": more}

    @staticmethod
    def _instrument(market: Market) -> dict[str, object]:
        is_pending = market.state is State.PENDING
        return {
            "symbol": market.symbol,
            "contractType": KINDS.get(market.contract, "LinearPerpetual"),
            "status": STATES[market.state],
            "baseCoin": market.base,
            "quoteCoin": market.quote,
            "launchTime": str(market.launched_ms),
            "deliveryTime": str(market.delivery_ms),
            "deliveryFeeRate": "",
            "priceScale": str(market.price_decimals),
            "leverageFilter": {"minLeverage": "1", "maxLeverage": "50.00", "leverageStep": "0.01"},
            "priceFilter": {
                "minPrice": market.price(1),
                "maxPrice": market.price(20_000_000),
                "tickSize": market.price(1),
            },
            "lotSizeFilter": {
                "maxOrderQty": market.size(1_000_000),
                "minOrderQty": market.size(1),
                "qtyStep": market.size(1),
                "postOnlyMaxOrderQty": market.size(1_000_000),
                "maxMktOrderQty": market.size(200_000),
                "minNotionalValue": "5",
            },
            "unifiedMarginTrade": True,
            "fundingInterval": market.funding_interval_h * 60,
            "settleCoin": market.settle,
            "copyTrading": "none",
            "upperFundingRate": "0.005",
            "lowerFundingRate": "-0.005",
            "isPreListing": is_pending,
            "preListingInfo": None,
            "riskParameters": {"priceLimitRatioX": "0.05", "priceLimitRatioY": "0.1"},
            "symbolType": "",
        }

    def _tickers(self, query: Mapping[str, str], now_ms: int) -> object:  # noqa: ARG002 - all routes are called alike
        category = self._category(query)
        rows = self._in_category(category)
        if query.get("symbol"):
            rows = [self._slot(query)]
        rows = [(slot, market) for slot, market in rows if market.state is State.TRADING]
        return {"category": category, "list": [self._ticker(slot, market) for slot, market in rows]}

    def _ticker(self, slot: int, market: Market) -> dict[str, str]:
        day, quote = self._truth.day(slot), self._source.quote(slot)
        return {
            "symbol": market.symbol,
            "lastPrice": market.price(day.last),
            "indexPrice": market.price(quote.index),
            "markPrice": market.price(quote.mark),
            "prevPrice24h": market.price(day.first),
            "price24hPcnt": f"{day.last / day.first - 1.0:.6f}",
            "highPrice24h": market.price(day.high),
            "lowPrice24h": market.price(day.low),
            "prevPrice1h": market.price(self._truth.hour_ago(slot)),
            "openInterest": market.size(quote.open_interest),
            "openInterestValue": market.value(quote.open_interest * quote.mark),
            "turnover24h": market.value(day.value),
            "volume24h": market.size(day.lots),
            "fundingRate": f"{quote.funding_rate:.8f}".rstrip("0").rstrip("."),
            "nextFundingTime": str(quote.next_funding_ms),
            "predictedDeliveryPrice": "",
            "basisRate": "",
            "deliveryFeeRate": "",
            "deliveryTime": str(market.delivery_ms),
            "ask1Size": market.size(quote.ask_lots),
            "bid1Price": market.price(quote.bid),
            "ask1Price": market.price(quote.ask),
            "bid1Size": market.size(quote.bid_lots),
            "basis": "",
            "fundingIntervalHour": str(market.funding_interval_h),
            "fundingCap": "0.005",
        }

    def _kline(self, query: Mapping[str, str], now_ms: int) -> object:
        slot, market = self._slot(query)
        interval = query.get("interval", "")
        if interval not in INTERVALS:
            raise ParameterError("params error: Invalid period!")
        length = INTERVALS[interval]
        limit = min(max(number(query, "limit", 200), 1), 1000)
        start, end = number(query, "start", -1), number(query, "end", now_ms)
        phase = 5760 if length == WEEK_MINUTES else 0
        last = min(end // MINUTE_MS, self._truth.minute)
        begins = self._source.begins(slot) // length * length - WEEK_MINUTES
        first = begins if start < 0 else max(-(-start // MINUTE_MS), begins)
        if start >= 0 and "end" not in query:
            # Only a start: the page goes forward from there.
            opened = first + (phase - first) % length
            last = opened + (limit - 1) * length
        found = self._source.candles(slot, length, max(first, last - limit * length), last)[-limit:]
        rows = [
            [
                str(candle.minute * MINUTE_MS),
                market.price(candle.open),
                market.price(candle.high),
                market.price(candle.low),
                market.price(candle.close),
                market.size(candle.lots),
                market.value(candle.value),
            ]
            for candle in reversed(told_candles(found, market.symbol, length, self._source.faults))
        ]
        return {"symbol": market.symbol, "category": query.get("category", "linear"), "list": rows}

    def _recent_trade(self, query: Mapping[str, str], now_ms: int) -> object:  # noqa: ARG002 - all routes are called alike
        slot, market = self._slot(query)
        limit = min(max(number(query, "limit", 500), 1), 1000)
        rows = [
            {
                "execId": told.trade_id,
                "symbol": market.symbol,
                "price": market.price(told.ticks),
                "size": market.size(told.lots),
                "side": "Buy" if told.is_buy else "Sell",
                "time": str(told.time_ms),
                "isBlockTrade": False,
                "isRPITrade": told.is_rpi,
                "seq": str(told.sequence),
            }
            for told in reversed(self._source.prints(slot, limit))
        ]
        return {"category": query.get("category", "linear"), "list": rows}

    def _order_book(self, query: Mapping[str, str], now_ms: int) -> object:
        slot, market = self._slot(query)
        limit = min(max(number(query, "limit", 25), 1), 1000)
        ladder = self._source.ladder(slot, limit)
        bids, asks = (
            [[market.price(ticks), market.size(lots)] for ticks, lots in side[:limit]]
            for side in (ladder.bids, ladder.asks)
        )
        return {
            "s": market.symbol,
            "b": bids,
            "a": asks,
            "ts": now_ms,
            "u": ladder.update_id,
            "seq": ladder.sequence,
            "cts": min(ladder.time_ms, now_ms),
        }

    def _open_interest(self, query: Mapping[str, str], now_ms: int) -> object:
        return open_interest(self._source, *self._slot(query), query, now_ms)

    def _funding_history(self, query: Mapping[str, str], now_ms: int) -> object:
        return funding_history(self._source, *self._slot(query), query, now_ms)

    def _account_ratio(self, query: Mapping[str, str], now_ms: int) -> object:
        return account_ratio(self._source, *self._slot(query), query, now_ms)
