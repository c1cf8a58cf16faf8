import math

import pytest
from tests.build import T
from tests.fed_source import SYMBOLS, FedSource, told

from tidemark.analysis.sources.flow import GIVES, MIRROR, Source


def even(fed: FedSource, until: int, *, bought: float = 3.0, sold: float = 1.0) -> None:
    """One trade of each side a second at a price of 2, and a reading after it, from midnight on."""
    fed.read(0)
    for second in range(1, until + 1):
        fed.trade([T(second, 2.0, bought, is_buy=True), T(second, 2.0, sold, is_buy=False)])
        fed.read(second)


def test_at_an_even_pace_each_sum_is_that_of_its_time() -> None:
    fed = FedSource("flow")
    even(fed, 299)
    fed.trade([T(300, 2.0, 3.0, is_buy=True), T(300, 2.0, 1.0, is_buy=False)])
    found = told(fed.read(300))

    # Turnovers of 6 and 2 a second, each less by a constant factor than the one a second later.
    for window, span in (("10s", 10.0), ("1m", 60.0), ("5m", 300.0)):
        assert found[f"bought_{window}"] == pytest.approx(6.0 / (1.0 - math.exp(-1.0 / span)), rel=1e-12)
        assert found[f"sold_{window}"] == pytest.approx(2.0 / (1.0 - math.exp(-1.0 / span)), rel=1e-12)
    assert found["usual_turnover"] == pytest.approx(8.0 / (1.0 - math.exp(-1.0 / 3600.0)) / 60.0, rel=1e-9)


def test_nothing_is_known_before_the_time_that_is_looked_at_has_passed() -> None:
    fed = FedSource("flow")
    even(fed, 59)
    assert told(fed.read(59)) == {}
    assert set(told(fed.read(60))) == {"bought_10s", "sold_10s", "bought_1m", "sold_1m", "usual_turnover"}
    assert set(told(fed.read(299))) == set(told(fed.read(60)))
    assert {"bought_5m", "sold_5m"} <= set(told(fed.read(300)))
    # Not so many trades that it is known what is a large one.
    assert not {"large_bought", "large_sold", "large_size"} & set(told(fed.read(301)))


def test_a_gap_of_the_feed_makes_it_unknown_and_what_was_before_it_is_forgotten() -> None:
    fed = FedSource("flow")
    even(fed, 120)
    fed.gap("trades", 120.5, is_open=True)
    assert told(fed.read(121)) == {}
    fed.gap("trades", 125, is_open=False)

    assert told(fed.read(126)) == {}
    fed.trade([T(150, 1.0, 7.0)])
    found = told(fed.read(186))

    # A trade of 7, taken up with the reading 36 seconds after it and 60 after the feed was whole.
    assert found["bought_1m"] == pytest.approx(7.0 / (1.0 - math.exp(-1.0)))
    assert found["sold_1m"] == 0.0


def test_a_trade_fades_by_its_half_lives_and_never_comes_back() -> None:
    fed = FedSource("flow")
    fed.read(0)
    fed.trade([T(60, 1.0, 1.0)])
    first, later = told(fed.read(60)), told(fed.read(90))

    assert first["bought_10s"] == pytest.approx(1.0 / (1.0 - math.exp(-6.0)))
    assert later["bought_10s"] == pytest.approx(math.exp(-3.0) / (1.0 - math.exp(-9.0)))


def test_what_is_large_is_told_apart_once_500_trades_are_known() -> None:
    fed = FedSource("flow")
    even(fed, 249)
    # 498 trades; the second of these two is the 500th, and the sizes are 1 and 3 in turn.
    fed.trade([T(250, 2.0, 50.0, is_buy=True), T(250, 2.0, 1.0, is_buy=False)])
    assert "large_size" not in told(fed.read(250))
    fed.trade([T(300, 2.0, 20.0, is_buy=False), T(300, 2.0, 2.0, is_buy=True)])
    found = told(fed.read(300))

    # The 499th was not held against anything; the size of 20 is larger than nearly all, that of 2 is not.
    assert found["large_sold"] == pytest.approx(40.0 / (1.0 - math.exp(-1.0)))
    assert found["large_bought"] == 0.0
    assert 1.0 <= found["large_size"] < 20.0


def test_markets_do_not_hear_of_each_other_and_one_that_left_leaves_nothing() -> None:
    fed = FedSource("flow")
    fed.read(0)
    fed.trade([T(59, 1.0, 4.0, slot=1)])
    columns = fed.read(60)
    assert (told(columns)["bought_1m"], told(columns, 1)["bought_1m"]) == (0.0, 4.0 / (1.0 - math.exp(-1.0)))

    fed.source.clear(1)

    assert told(fed.read(61), 1) == {}
    assert told(fed.read(121), 1)["bought_1m"] == 0.0


def test_the_mirrored_market_is_the_same_with_its_sides_swapped() -> None:
    straight, swapped = FedSource("flow"), FedSource("flow")
    even(straight, 310, bought=5.0, sold=2.0)
    even(swapped, 310, bought=2.0, sold=5.0)
    one, other = told(straight.read(311)), told(swapped.read(311))

    # The order of the two sizes within a second is another one: what is large is only nearly the same.
    names = [name for name in GIVES if not name.startswith("large")]
    assert {name: one[name] for name in names} == {
        name: other[name if MIRROR[name] == "same" else MIRROR[name]] for name in names
    }


def test_where_the_price_goes_the_other_way_as_well_the_share_of_buyers_is_exactly_the_opposite() -> None:
    shares = []
    for sign in (1.0, -1.0):
        fed = FedSource("flow")
        fed.read(0)
        for at, size, is_buy in ((50, 3.0, True), (55, 1.0, False), (58, 2.0, True)):
            fed.trade([T(at, 100.0 + sign * (at - 50), size, is_buy=is_buy is (sign > 0))])
        found = told(fed.read(60))
        shares.append((found["bought_1m"] - found["sold_1m"]) / (found["bought_1m"] + found["sold_1m"]))

    assert shares[0] == pytest.approx(4.0 / 6.0)
    assert shares[0] == pytest.approx(-shares[1], rel=1e-14)


def test_it_takes_what_it_reserved() -> None:
    fed = FedSource("flow")
    (planned,) = Source.reserve(series=len(SYMBOLS))

    reserved = {line.owner: line.bytes_reserved for line in fed.ledger.report()}
    assert reserved["analysis/flow"] == planned.bytes
    assert planned.item_bytes == 264
