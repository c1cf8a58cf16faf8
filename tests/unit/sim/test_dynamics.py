from collections.abc import Callable

import numpy as np
import pytest

from tidemark.sim.dynamics import SLICE_MS, Block, Dynamics
from tidemark.sim.generator import Generator

START_MS = 1_763_712_000_000


def moving(slots: int = 20, orders: float = 400.0, seed: int = 1) -> Dynamics:
    dynamics = Dynamics(np.random.default_rng(seed), slots, orders, 200.0)
    for slot in range(slots):
        dynamics.place(slot, 100.0, 0.01, 0.01, 1.0 / (slot + 2.0))
    dynamics.settle()
    return dynamics


def run(dynamics: Dynamics, slices: int) -> list[Block]:
    return [dynamics.slice(START_MS + k * SLICE_MS, 1.0) for k in range(slices)]


def test_as_many_orders_come_as_were_asked_for() -> None:
    blocks = run(moving(orders=400.0), 6000)

    a_second = sum(block.slot.size for block in blocks) / 1500.0
    assert a_second == pytest.approx(400.0, rel=0.1)


def test_a_message_holds_2_8_trades_on_average() -> None:
    fills = np.concatenate([block.fills for block in run(moving(), 1000)])

    assert fills.mean() == pytest.approx(2.8, rel=0.02)


def test_arrivals_cluster() -> None:
    # Counts in 10 s of a Poisson process have a variance equal to their mean; a branching ratio of 0.7 makes it
    # 1 / (1 - 0.7)^2 = 11 times that in the long run, and more than half of it within 10 s.
    counts = (
        np.array([block.slot.size for block in run(moving(slots=3, orders=100.0), 12_000)]).reshape(-1, 40).sum(axis=1)
    )

    assert counts.var() / counts.mean() > 3.0


def test_markets_move_with_their_leader_but_not_as_one() -> None:
    dynamics = moving()
    fair = []
    for _ in range(4000):
        dynamics.slice(START_MS, 1.0)
        fair.append(np.log(dynamics.fair))
    returns = np.diff(np.array(fair), axis=0)

    with_leader = [float(np.corrcoef(returns[:, 0], returns[:, slot])[0, 1]) for slot in range(1, 20)]
    assert 0.25 < float(np.mean(with_leader)) < 0.8
    assert max(with_leader) < 0.97


def test_volatility_comes_in_regimes() -> None:
    dynamics = moving(slots=1, orders=1.0)
    fair = []
    for _ in range(20_001):
        dynamics.slice(START_MS, 1.0)
        fair.append(np.log(dynamics.fair[0]))
    minutes = np.diff(np.array(fair)).reshape(-1, 200).std(axis=1)

    assert minutes.max() / minutes.min() > 3.0


def test_fills_of_an_order_walk_away_from_the_touch() -> None:
    for block in run(moving(), 200):
        for first, fills, is_buy in zip(block.first, block.fills, block.is_buy, strict=True):
            steps = np.diff(block.fill_ticks[first : first + fills])
            assert (steps >= 0).all() if is_buy else (steps <= 0).all()


def test_split_fills_share_time_price_and_size() -> None:
    twins = trades = 0
    for block in run(moving(), 400):
        same = (
            (np.diff(block.fill_slot) == 0)
            & (np.diff(block.fill_time_ms) == 0)
            & (np.diff(block.fill_ticks) == 0)
            & (np.diff(block.fill_lots) == 0)
        )
        twins += int(same.sum())
        trades += block.fill_slot.size
    assert 0.1 < twins / trades < 0.4


def test_aggregate_trades_have_one_price_and_are_counted_within_their_market() -> None:
    for block in run(moving(), 100):
        for slot in np.unique(block.fill_slot):
            mine = block.fill_slot == slot
            order, ticks = block.fill_order[mine], block.fill_ticks[mine]
            assert order[0] == 0
            assert set(np.diff(order)) <= {0, 1}
            assert all(np.unique(ticks[order == number]).size == 1 for number in np.unique(order))


def test_prices_and_sizes_are_whole_and_positive_and_times_lie_in_the_slice() -> None:
    for k, block in enumerate(run(moving(), 400)):
        start = START_MS + k * SLICE_MS
        assert block.fill_ticks.min(initial=1) >= 1
        assert block.fill_lots.min(initial=1) >= 1
        assert block.fill_ticks.dtype == block.fill_lots.dtype == np.int64
        assert ((block.time_ms >= start) & (block.time_ms < start + SLICE_MS)).all()
        assert (block.quote_bid < block.quote_ask).all()


def test_events_of_a_slice_come_in_order_of_time() -> None:
    block = run(moving(), 50)[-1]
    times = np.concatenate((block.time_ms, block.quote_time_ms))[block.in_time()]

    assert (np.diff(times) >= 0).all()


def test_a_market_without_activity_does_not_trade(make: Callable[..., Generator]) -> None:
    source = make("binance")
    quiet = source.truth.slot_of["BTCUSDC"]

    assert all((source.dynamics.slice(START_MS, 1.0).slot != quiet).all() for _ in range(100))


def test_the_mean_size_is_that_of_the_trades() -> None:
    dynamics = moving()
    lots = np.concatenate([block.fill_lots for block in run(dynamics, 3000)])

    assert float(lots.mean()) == pytest.approx(float(dynamics.mean_lots()[0]), rel=0.05)


def test_prices_return_to_their_level_in_the_long_run() -> None:
    dynamics = moving(slots=2, orders=1.0)
    for _ in range(20_000):
        dynamics.slice(START_MS, 1.0)

    assert ((dynamics.fair > 20.0) & (dynamics.fair < 500.0)).all()
