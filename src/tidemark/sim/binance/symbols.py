"""The rows of exchangeInfo."""

from collections.abc import Sequence

from tidemark.sim.market import Contract, Market, State
from tidemark.sim.universe import PERPETUAL_DELIVERY_MS

KINDS = {
    Contract.PERPETUAL: "PERPETUAL",
    Contract.INVERSE: "PERPETUAL",
    Contract.QUARTERLY: "CURRENT_QUARTER",
    Contract.TRADIFI: "TRADIFI_PERPETUAL",
}
STATES = {State.TRADING: "TRADING", State.PENDING: "PENDING_TRADING", State.SETTLING: "SETTLING"}
ORDER_TYPES = ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"]


def exchange_info(markets: Sequence[Market], now_ms: int, weight_limit: int) -> dict[str, object]:
    """The whole reply for USD-M."""
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": weight_limit},
            {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
            {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
        ],
        "exchangeFilters": [],
        "assets": [
            {"asset": coin, "marginAvailable": True, "autoAssetExchange": "-10000"} for coin in ("USDT", "USDC")
        ],
        "symbols": [_row(market) for market in markets],
    }


def _row(market: Market) -> dict[str, object]:
    is_tradifi = market.contract is Contract.TRADIFI
    return {
        "symbol": market.symbol,
        "pair": market.symbol.split("_", 1)[0],
        "contractType": KINDS[market.contract],
        "deliveryDate": market.delivery_ms or PERPETUAL_DELIVERY_MS,
        "onboardDate": market.launched_ms,
        "status": STATES[market.state],
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "marginAsset": market.settle,
        "pricePrecision": market.price_decimals,
        "quantityPrecision": market.lot_decimals,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "EQUITY" if is_tradifi else "COIN",
        "underlyingSubType": ["TradFi"] if is_tradifi else ["Layer-1"],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10000,
        "filters": _filters(market),
        "orderTypes": ORDER_TYPES,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        "permissionSets": ["GRID", "COPY"],
    }


def _filters(market: Market) -> list[dict[str, object]]:
    lot = {"minQty": market.size(1), "stepSize": market.size(1)}
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": market.price(1),
            "maxPrice": market.price(20_000_000),
            "tickSize": market.price(1),
        },
        {"filterType": "LOT_SIZE", "maxQty": market.size(1_000_000), **lot},
        {"filterType": "MARKET_LOT_SIZE", "maxQty": market.size(200_000), **lot},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
        {"filterType": "MIN_NOTIONAL", "notional": "5"},
        {"filterType": "PERCENT_PRICE", "multiplierUp": "1.0500", "multiplierDown": "0.9500", "multiplierDecimal": "4"},
        {"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
    ]


def coin_row(market: Market) -> dict[str, object]:
    """A row of COIN-M's exchangeInfo: contracts of a fixed worth in dollars, margined in the coin."""
    row = _row(market)
    row.update(
        pair=market.symbol.split("_", 1)[0],
        contractStatus=row.pop("status"),
        contractSize=100 if market.base == "BTC" else 10,
        quantityPrecision=0,
        equalQtyPrecision=4,
    )
    return row
