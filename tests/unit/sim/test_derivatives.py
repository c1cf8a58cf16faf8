import itertools
from collections.abc import Callable

import numpy as np
import pytest

from tidemark.sim.derivatives import HOUR_MS, POINT_MS, Derivatives
from tidemark.sim.dynamics import SLICE_MS, Dynamics
from tidemark.sim.generator import Generator
from tidemark.sim.market import Market

START_MS = 1_763_712_000_000


def build(a_second: float = 1.0, apart_ms: int = 0, slots: int = 20) -> Derivatives:
    derivatives = Derivatives(np.random.default_rng(1), slots, a_second, apart_ms)
    for slot in range(slots):
        derivatives.place(slot, 0.5)
    return derivatives


def moving(slots: int = 20) -> Dynamics:
    dynamics = Dynamics(np.random.default_rng(1), slots, 400.0, 200.0)
    for slot in range(slots):
        dynamics.place(slot, 100.0, 0.01, 0.01, 1.0 / (slot + 2.0))
    dynamics.settle()
    return dynamics


def market(hours: int = 8, launched_ms: int = 0) -> Market:
    return Market(symbol="AUSDT", base="A", quote="USDT", settle="USDT", tick_size=0.1, price_decimals=1, lot_size=1.0,
                  lot_decimals=0, start_price=10.0, launched_ms=launched_ms, funding_interval_h=hours)  # fmt: skip


def test_open_interest_moves_slowly_and_is_the_same_at_every_asking() -> None:
    derivatives = build()
    told = [derivatives.open_interest(0, START_MS + k * POINT_MS) for k in range(288)]

    # 20 million in quote currency over 2 for the first market, in lots of 0.5: 20 million, up and down by a fifth.
    assert all(0.75 * 2e7 < one < 1.25 * 2e7 for one in told)
    assert len(set(told)) > 200
    assert max(abs(b / a - 1.0) for a, b in itertools.pairwise(told)) < 0.02
    assert told[7] == derivatives.open_interest(0, START_MS + 7 * POINT_MS + 999)


@pytest.mark.parametrize("hours", [1, 4, 8])
def test_funding_is_settled_at_whole_intervals_since_the_listing(hours: int) -> None:
    listed = market(hours, START_MS + 1)
    settled = Derivatives.settlements(listed, 0, START_MS + 24 * HOUR_MS)

    assert list(settled) == [START_MS + k * hours * HOUR_MS for k in range(1, 24 // hours + 1)]
    assert list(Derivatives.settlements(market(hours), START_MS, START_MS)) == [START_MS]


def test_stamps_are_up_to_twelve_milliseconds_late() -> None:
    late = [
        Derivatives.stamp(slot, START_MS + k * HOUR_MS) - START_MS - k * HOUR_MS for slot in range(9) for k in range(99)
    ]

    assert set(late) == set(range(13))
    assert late.count(0) > len(late) / 2


def test_rates_and_shares_stay_in_their_bounds() -> None:
    rates = [Derivatives.funding_rate(3, START_MS + k * HOUR_MS) for k in range(500)]
    shares = [Derivatives.long_share(3, START_MS + k * POINT_MS) for k in range(500)]

    assert -0.00011 < min(rates) < 0.0 < max(rates) < 0.00031
    assert 0.35 < min(shares) < max(shares) < 0.65
    assert Derivatives.long_share(3, START_MS) == Derivatives.long_share(3, START_MS + POINT_MS - 1)


def test_liquidations_come_at_about_the_rate_and_on_the_losing_side() -> None:
    derivatives, dynamics = build(a_second=4.0), moving()
    found, agree, stress = [], 0, []
    for k in range(4000):
        dynamics.slice(START_MS + k * SLICE_MS, 1.0)
        for one in derivatives.slice(START_MS + k * SLICE_MS, dynamics):
            move = dynamics.after[one.slot] / dynamics.before[one.slot] - 1.0
            agree += (move < 0.0) == one.is_long
            stress.append(abs(move))
            assert (one.ticks < one.average) == one.is_long
            assert START_MS + k * SLICE_MS <= one.time_ms < START_MS + (k + 1) * SLICE_MS
            found.append(one)

    assert 2.0 < len(found) / 1000.0 < 8.0
    assert agree == len(found)
    assert sum(derivatives.liquidations) == len(found)
    # They happen where prices move: their slices move twice as much as slices do on average.
    usual = np.mean(np.abs(dynamics.after / dynamics.before - 1.0))
    assert np.mean(stress) > usual


def test_a_market_has_at_most_one_within_the_time_apart() -> None:
    derivatives, dynamics = build(a_second=40.0, apart_ms=1000), moving()
    times: dict[int, list[int]] = {}
    for k in range(400):
        dynamics.slice(START_MS + k * SLICE_MS, 1.0)
        for one in derivatives.slice(START_MS + k * SLICE_MS, dynamics):
            times.setdefault(one.slot, []).append(one.time_ms)

    assert len(times[0]) > 20
    assert all(b - a >= 1000 for own in times.values() for a, b in itertools.pairwise(own))


def test_a_slot_is_clean_for_its_next_market() -> None:
    derivatives, dynamics = build(a_second=400.0), moving()
    dynamics.slice(START_MS, 1.0)
    derivatives.slice(START_MS, dynamics)
    assert sum(derivatives.liquidations) > 0

    for slot in range(20):
        derivatives.place(slot, 1.0)

    assert sum(derivatives.liquidations) == 0


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_the_ticker_tells_the_open_interest_of_the_history(make: Callable[..., Generator], venue: str) -> None:
    source = make(venue)

    # The start is a multiple of five minutes.
    assert source.quote(0).open_interest == source.derivatives.open_interest(0, START_MS)
