import pytest
from tests.build import T
from tests.fed_source import SYMBOLS, FedSource, told

from tidemark.analysis.sources.profile import Source

DAY_S = 86_400


def traded(fed: FedSource, begin: float, count: int) -> None:
    """A share of the trades at each of five prices: 4, 12, 20, 9 and 5 of 50 from 99.8 on, all of them buys."""
    prices = [99.8] * 4 + [99.9] * 12 + [100.0] * 20 + [100.1] * 9 + [100.2] * 5
    fed.trade([T(begin + n / 100.0, prices[n % 50], 1.0) for n in range(count)])


def test_it_says_where_the_market_traded_today() -> None:
    fed = FedSource("profile")
    traded(fed, 10, 200)

    found = told(fed.read(20))

    # 20 of 50, 32 with 99.9, 41 with 100.1: more than 35. The last trade was at 100.2.
    assert found["profile_price"] == pytest.approx(100.2)
    assert found["point_of_control"] == pytest.approx(100.0)
    assert found["value_area_above"] == pytest.approx(-0.1)
    assert found["value_area_below"] == pytest.approx(0.3)
    # Nobody sold: 12 + 20 + 9 + 5 of 50 stand on a price at which nothing was sold.
    assert found["stacked_buying"] == pytest.approx(46.0 / 50.0)
    assert found["stacked_selling"] == 0.0


def test_it_is_unknown_before_200_trades_in_a_gap_and_on_the_next_day() -> None:
    fed = FedSource("profile")
    traded(fed, 10, 199)
    assert told(fed.read(20)) == {}
    traded(fed, 30, 1)
    assert len(told(fed.read(40))) == 6
    fed.gap("trades", 50, is_open=True)
    assert told(fed.read(51)) == {}
    fed.gap("trades", 60, is_open=False)
    assert len(told(fed.read(61))) == 6
    assert told(fed.read(DAY_S)) == {}


def test_stacks_of_what_nobody_traded_lately_are_unknown() -> None:
    fed = FedSource("profile")
    traded(fed, 10, 200)

    assert "stacked_buying" in told(fed.read(311))
    assert set(told(fed.read(313))) == {"profile_price", "point_of_control", "value_area_above", "value_area_below"}


def test_what_was_kept_goes_on_and_a_market_that_left_leaves_nothing() -> None:
    fed, again = FedSource("profile"), FedSource("profile")
    traded(fed, 10, 150)
    for name, column in fed.source.kept().items():
        again.source.kept()[name][:] = column
    traded(again, 30, 50)
    found = told(again.read(40))
    assert found["point_of_control"] == pytest.approx(100.0)

    again.source.clear(0)

    assert told(again.read(41)) == {}
    assert not any(column.any() for column in again.source.kept().values())


def test_it_takes_what_it_reserved_and_that_is_below_three_kilobytes_a_market() -> None:
    fed = FedSource("profile")
    (planned,) = Source.reserve(series=len(SYMBOLS))

    reserved = {line.owner: line.bytes_reserved for line in fed.ledger.report()}
    assert reserved["analysis/profile"] == planned.bytes
    assert planned.item_bytes == 8 + 64 + 4 * 128 * 4 + 48 == 2168
