from tidemark.sim.market import Market


def market(**changes: float) -> Market:
    fields = {"tick_size": 0.05, "price_decimals": 2, "lot_size": 0.001, "lot_decimals": 3} | changes
    return Market(symbol="X", base="X", quote="USDT", settle="USDT", start_price=1.0, launched_ms=0, **fields)  # type: ignore[arg-type]


def test_a_price_is_written_with_all_its_decimals() -> None:
    assert market().price(7) == "0.35"
    assert market().price(2000) == "100.00"


def test_a_size_of_whole_coins_has_no_point() -> None:
    assert market(lot_size=100.0, lot_decimals=0).size(3) == "300"


def test_a_turnover_is_ticks_times_lots() -> None:
    # 20 ticks of 0.05 = 1.00, 5,000 lots of 0.001 = 5: worth 5 in quote currency.
    assert market().value(20 * 5000) == "5.0000"


def test_levels_are_written_as_pairs_of_texts() -> None:
    assert market().rows([(7, 1500), (8, 0)]) == '[["0.35","1.500"],["0.40","0.000"]]'
    assert market().rows([]) == "[]"
