"""The tiers of both exchanges, and what the kernel charges by them."""

from itertools import pairwise

import pytest
from tests.brokers import Desk, free, instrument

from tidemark.backtest.broker.fees import venue
from tidemark.backtest.broker.fees.venue import Parameters


@pytest.mark.parametrize(
    ("given", "of", "rates"),
    [
        (Parameters(), "bybit", (0.00055, 0.0002)),
        (Parameters(), "binance", (0.0005, 0.0002)),
        (Parameters(), "elsewhere", (0.00055, 0.0002)),
        (Parameters(venue="binance", tier=9), "bybit", (0.00017, 0.0)),
        (Parameters(venue="bybit", tier=9), "binance", (0.0003, 0.0)),
        (Parameters(taker=7.5), "bybit", (0.00075, 0.0002)),
        (Parameters(maker=-0.5), "bybit", (0.00055, -0.00005)),
    ],
    ids=str,
)
def test_a_venue_has_its_own_rates(given: Parameters, of: str, rates: tuple[float, float]) -> None:
    assert venue.rates(given, instrument(venue=of)) == pytest.approx(rates)


@pytest.mark.parametrize("name", venue.TIERS)
def test_a_higher_tier_never_pays_more(name: str) -> None:
    for lower, higher in pairwise(venue.TIERS[name]):
        assert higher[0] <= lower[0]
        assert higher[1] <= lower[1]
    assert all(taker >= maker for taker, maker in venue.TIERS[name])


@pytest.mark.parametrize("is_maker", [False, True])
def test_the_kernel_charges_what_the_formula_says(is_maker: bool) -> None:
    desk = Desk(free(fees__use="venue", fees__venue__tier="1"))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(1, 2.0, "limit" if is_maker else "market", price=99.0)
    desk.bar(100.0, 101.0, 99.0, 100.0)

    (fill,) = desk.account.fills()
    assert fill.is_maker is is_maker
    value = fill.quantity * fill.price
    assert fill.fee == pytest.approx(venue.fee(Parameters(tier=1), instrument(), value, is_maker=is_maker), rel=1e-15)
