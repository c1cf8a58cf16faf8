import msgspec

from tidemark.ingest.venues.bybit import wire


def test_both_trade_rows_have_the_same_fields() -> None:
    # The hot path reads UncheckedTradeRow, everything else TradeRow: they must not drift apart.
    checked, unchecked = (msgspec.structs.fields(row) for row in (wire.TradeRow, wire.UncheckedTradeRow))

    assert [(field.name, field.encode_name) for field in checked] == [
        (field.name, field.encode_name) for field in unchecked
    ]


def test_every_ticker_field_is_named_as_the_exchange_writes_it() -> None:
    names = [field.encode_name for field in msgspec.structs.fields(wire.Ticker)]

    assert names == [
        "symbol",
        "lastPrice",
        "markPrice",
        "indexPrice",
        "bid1Price",
        "ask1Price",
        "bid1Size",
        "ask1Size",
        "highPrice24h",
        "lowPrice24h",
        "prevPrice24h",
        "volume24h",
        "turnover24h",
        "openInterest",
        "fundingRate",
        "nextFundingTime",
    ]
