"""The rates that come with the data."""

import numpy as np
import pytest
from tests.brokers import Desk, free

from tidemark.backtest.broker.funding import recorded
from tidemark.errors import SettingsError
from tidemark.units import MINUTE

MODELS = free(funding__use="recorded")


def test_what_was_paid_in_fact_is_paid() -> None:
    times, rates = MINUTE * np.array([0, 1, 3, 4, 50]), np.array([0.5, 0.5, 0.01, -0.03, 0.5])
    desk = Desk(MODELS, funding={"M0USDT": (times, rates)})
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(-1, 2.0)
    for _ in range(6):
        desk.bar(100.0, 101.0, 99.0, 100.0)

    paid = sum(recorded.payment(recorded.Parameters(), -2.0, 100.0, rate) for rate in (0.01, -0.03))
    assert desk.kernel.funding == pytest.approx(paid) == pytest.approx(4.0)


def test_each_market_has_its_own() -> None:
    funding = {
        "M0USDT": (np.array([2 * MINUTE]), np.array([0.01])), "M1USDT": (np.array([3 * MINUTE]), np.array([0.02])),
    }  # fmt: skip
    desk = Desk(MODELS, markets=2, funding=funding)
    for k in range(4):
        desk.bar(100.0, 101.0, 99.0, 100.0)
        desk.bar(100.0, 101.0, 99.0, 100.0, market=1, time=desk.now)
        if k == 0:
            desk.order(1, 1.0)
            desk.order(1, 1.0, market=1)
    trips = desk.account.finish()

    assert {trip.symbol: trip.funding for trip in trips} == pytest.approx({"M0USDT": 1.0, "M1USDT": 2.0})


@pytest.mark.parametrize(
    ("funding", "words"),
    [
        ({}, "no fundings of M0USDT were recorded"),
        ({"M0USDT": (np.array([2, 1]), np.zeros(2))}, "increasing times"),
        ({"M0USDT": (np.array([1, 2]), np.array([0.1, np.nan]))}, "finite rates"),
        ({"M0USDT": (np.array([1, 2]), np.array([0.1]))}, "finite rates"),
    ],
    ids=str,
)
def test_fundings_that_are_missing_or_wrong_are_refused(funding: dict[str, tuple[object, object]], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Desk(MODELS, funding=funding)
