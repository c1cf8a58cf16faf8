"""Ticks, margin, liquidation and funding. A candle is open, high, low, close; figures are worked out here."""

import numpy as np
import pytest
from tests.brokers import LATE, QUIET, Filled, Make, free, opened

from tidemark.model.round_trip import Exit
from tidemark.units import HOUR, MINUTE


def test_prices_are_rounded_to_ticks_and_quantities_to_lots(desk: Make) -> None:
    # Ticks of 0.5, lots of 0.25.
    one = desk(models=free(rounding__use="instrument"))
    one.bar(*QUIET)
    one.order(1, 1.3, "limit", price=98.3)
    one.order(1, 1.0, "stop", trigger=102.2)
    one.bar(100.0, 103.0, 98.0, 100.0)

    # The limit to the better tick, the trigger to the nearest; the stop first.
    assert one.fills() == [Filled(1 + LATE, 1, 1.0, 102.0), Filled(1 + LATE, 1, 1.25, 98.0)]


# Ten times leverage at 100: a margin of 10 each. Long: (100 - 10) / (1 - 0.005) = 90.452; short, as the mirrored one
# sees it, 200 - 110 / 1.005 = 90.547.
LIQUIDATED_AT = (90 / 0.995, 200 - 110 / 1.005)


def test_an_isolated_position_loses_its_margin_and_no_more(desk: Make) -> None:
    models = free(margin__use="isolated", margin__isolated__leverage="10", margin__isolated__liquidation_fee_bps="0")
    one = opened(desk, size=20.0, models=models)
    one.bar(*QUIET)
    price = LIQUIDATED_AT[one.is_mirrored]
    assert one.price(one.kernel.liquidation(0)) == pytest.approx(price)

    one.bar(100.0, 101.0, 90.0, 95.0)
    trip = one.trip()
    assert (trip.exit, one.reasons()) == (Exit.LIQUIDATED, ["liquidated"])
    assert trip.profit == pytest.approx(20 * (price - 100))
    assert one.held == 0.0


def test_the_insurance_pays_for_what_an_isolated_position_lost_beyond_its_margin(desk: Make) -> None:
    models = free(margin__use="isolated", margin__isolated__leverage="10")
    one = opened(desk, size=20.0, models=models)
    one.bar(*QUIET)
    one.bar(70.0, 71.0, 69.0, 70.0)

    trip = one.trip()
    assert (trip.exit, trip.profit, trip.fees, one.kernel.cash) == (Exit.LIQUIDATED, -200.0, 0.0, 800.0)
    assert trip.exit_price == one.price(90.0)


def test_a_liquidation_costs_its_fee_as_far_as_there_is_margin(desk: Make) -> None:
    models = free(margin__use="isolated", margin__isolated__leverage="10", margin__isolated__liquidation_fee_bps="10")
    one = opened(desk, size=20.0, models=models)
    one.bar(*QUIET)
    one.bar(100.0, 101.0, 90.0, 95.0)

    trip = one.trip()
    assert trip.fees == pytest.approx(20 * trip.exit_price * 0.001)
    assert trip.profit > -200.0


def test_a_stop_before_the_liquidation_price_comes_first(desk: Make) -> None:
    models = free(margin__use="isolated", margin__isolated__leverage="10")
    one = opened(desk, size=20.0, models=models, stop=92.0)
    one.bar(100.0, 101.0, 80.0, 85.0)

    assert one.trip().exit is Exit.STOP


def test_in_a_cross_account_all_of_it_is_margin(desk: Make) -> None:
    models = free(margin__use="cross", margin__cross__leverage="10", margin__cross__liquidation_fee_bps="0")
    one = opened(desk, size=20.0, models=models)
    one.bar(100.0, 101.0, 60.0, 61.0)
    assert one.held == 20.0
    # 1000 are 50 for each: (100 - 50) / 0.995 and, mirrored, 200 - 150 / 1.005.
    price = 200 - 150 / 1.005 if one.is_mirrored else 50 / 0.995
    assert one.price(one.kernel.liquidation(0)) == pytest.approx(price)
    one.bar(61.0, 62.0, 50.0, 51.0)

    assert one.trip().profit == pytest.approx(20 * (price - 100))


def test_profits_of_one_market_hold_up_another_in_a_cross_account(desk: Make) -> None:
    models = free(margin__use="cross", margin__cross__leverage="10", margin__cross__maintenance_bps="0")
    one = desk(models=models, markets=2)
    one.bar(*QUIET)
    one.bar(*QUIET, market=1, time=one.now)
    one.order(1, 20.0)
    one.order(1, 20.0, market=1)
    one.bar(*QUIET)
    one.bar(100.0, 130.0, 99.0, 130.0, market=1, time=one.now)
    # 1000 and a profit of 600.
    assert one.price(one.kernel.liquidation(0)) == pytest.approx(100 - 1600 / 20)
    one.bar(100.0, 101.0, 45.0, 50.0)
    assert one.held == 20.0
    one.bar(130.0, 131.0, 101.0, 101.0, market=1, time=one.now)
    # Of the profit 20 are left, 1 for each.
    one.bar(50.0, 51.0, 48.0, 48.5)
    trip = one.trip()
    assert (trip.exit, trip.exit_price) == (Exit.LIQUIDATED, one.price(49.0))
    assert one.kernel.equity() == pytest.approx(0.0, abs=1e-9)


def test_funding_is_paid_by_what_is_held_when_it_falls_due(desk: Make) -> None:
    models = free(funding__use="constant", funding__constant__bps="10")
    one = desk(models=models, first=8 * HOUR - 3 * MINUTE)
    one.bar(*QUIET)
    one.order(1, 2.0)
    one.bar(*QUIET)
    one.bar(*QUIET)
    assert one.kernel.funding == 0.0
    # 10 bps of 2 at 103, the open at 08:00; the long pays, the short receives.
    one.bar(103.0, 104.0, 102.0, 103.0)
    paid = 0.001 * 2 * (97.0 if one.is_mirrored else 103.0) * one.way
    assert one.kernel.funding == pytest.approx(paid)
    assert one.kernel.cash == pytest.approx(1000 - paid)
    one.kernel.close(0)
    one.bar(103.0, 104.0, 102.0, 103.0)
    assert one.trip().funding == pytest.approx(paid)


def test_what_is_opened_when_funding_falls_due_does_not_pay_it(desk: Make) -> None:
    one = desk(models=free(funding__use="constant"), first=8 * HOUR - MINUTE)
    one.bar(*QUIET)
    one.order(1, 2.0)
    one.bar(*QUIET)

    assert (one.held, one.kernel.funding) == (2.0, 0.0)


def test_a_hole_in_the_data_pays_all_that_fell_due_in_it(desk: Make) -> None:
    one = desk(models=free(funding__use="constant", funding__constant__bps="10"))
    one.bar(*QUIET)
    one.order(1, 2.0)
    one.bar(*QUIET)
    # Twice at the last close, and once, as it opens, at 104.
    one.bar(104.0, 105.0, 103.0, 104.0, time=24 * HOUR)

    price = 200 + (96.0 if one.is_mirrored else 104.0)
    assert one.kernel.funding == pytest.approx(0.001 * 2 * price * one.way)


def test_recorded_fundings_are_paid_at_their_own_times_and_rates(desk: Make) -> None:
    times, rates = np.array([2 * MINUTE, 4 * MINUTE, 9 * MINUTE]), np.array([0.01, -0.02, 0.5])
    one = desk(models=free(funding__use="recorded"), funding={"M0USDT": (times, rates)})
    one.bar(*QUIET)
    one.order(1, 1.0)
    for _ in range(5):
        one.bar(*QUIET)

    assert one.kernel.funding == pytest.approx(one.way * (1.0 - 2.0))
