from tidemark.sim.binance.symbols import coin_row, exchange_info
from tidemark.sim.universe import Universe, strangers

START_MS = 1_763_712_000_000


def test_the_reply_names_its_budget_and_its_kind() -> None:
    told = exchange_info([Universe(1, START_MS).draw()], START_MS, 2400)

    assert told["futuresType"] == "U_MARGINED"
    assert told["rateLimits"] == [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400},
        {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200},
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 300},
    ]


def test_a_symbol_says_its_grid_in_filters() -> None:
    symbols = exchange_info([Universe(1, START_MS).draw()], START_MS, 2400)["symbols"]
    assert isinstance(symbols, list)
    filters = {row["filterType"]: row for row in symbols[0]["filters"]}

    assert filters["PRICE_FILTER"]["tickSize"] == "0.1"
    assert filters["LOT_SIZE"]["stepSize"] == "0.001"
    assert (symbols[0]["symbol"], symbols[0]["contractType"], symbols[0]["status"]) == (
        "BTCUSDT",
        "PERPETUAL",
        "TRADING",
    )


def test_strangers_are_told_apart_by_type_status_and_margin() -> None:
    symbols = exchange_info(list(strangers("binance", START_MS)), START_MS, 2400)["symbols"]
    assert isinstance(symbols, list)
    rows = {row["symbol"]: row for row in symbols}

    assert rows["BTCUSDT_261225"]["contractType"] == "CURRENT_QUARTER"
    assert rows["BTCUSDT_261225"]["pair"] == "BTCUSDT"
    assert rows["TSLAUSDT"]["contractType"] == "TRADIFI_PERPETUAL"
    assert rows["BTCUSDC"]["marginAsset"] == "USDC"
    assert rows["OMGUSDT"]["status"] == "SETTLING"


def test_a_coin_margined_row_counts_in_contracts() -> None:
    row = coin_row(next(m for m in strangers("binance", START_MS) if m.symbol == "BTCUSD_PERP"))

    assert (row["pair"], row["contractSize"], row["marginAsset"], row["contractStatus"]) == (
        "BTCUSD",
        100,
        "BTC",
        "TRADING",
    )
    assert "status" not in row
