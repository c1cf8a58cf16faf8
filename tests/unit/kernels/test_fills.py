import numpy as np
import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import fills as built
from tidemark.sim.truth import Truth

MODES = [built, load_pure("fills")]


@pytest.mark.parametrize("module", MODES)
def test_orders_stand_in_order_of_time_and_pay_half_the_spread(module: object) -> None:
    offset = np.array([200.0, 10.0, 100.0, 249.9])
    slot, time_ms, touch = (np.empty(4, np.int64) for _ in range(3))
    is_buy = np.empty(4, np.uint8)

    module.orders(  # type: ignore[attr-defined]
        np.array([3, 0, 1]), offset, np.array([0.9, 0.1, 0.9]), np.array([9.0, 5.0, 9.0]), np.full(4, 0.6),
        np.array([100.0, 1.0, 50.0]), np.array([200.0, 1.0, 50.0]), np.array([2, 1, 3]), 0.45, 250.0, 1_000, slot,
        time_ms, is_buy, touch,
    )  # fmt: skip

    # The third follows the second: 10 ms and 5 ms.
    assert slot.tolist() == [0, 0, 0, 2]
    assert time_ms.tolist() == [1010, 1015, 1200, 1249]
    # A rising market buys by 0.7, a flat one by 0.5; 104, 106 and 180 ticks are the fair prices.
    assert is_buy.tolist() == [1, 1, 1, 0]
    assert touch.tolist() == [106, 108, 182, 47]


@pytest.mark.parametrize("module", MODES)
def test_fills_step_through_levels_and_split_sizes(module: object) -> None:
    first = np.empty(2, np.int64)
    slot, ticks, lots, time_ms, order = (np.empty(5, np.int64) for _ in range(5))
    is_buy = np.empty(5, np.uint8)

    module.fills(  # type: ignore[attr-defined]
        np.array([0, 0]), np.array([5, 6]), np.array([1, 0], np.uint8), np.array([10, 2]), np.array([3, 2]),
        np.array([0.0, 0.1, 0.9, 0.9, 0.1]),
        np.array([30.0, 50.0, 70.0, 1e12, 0.1]),
        np.array([0.0, 0.0, 0.1, 0.9, 0.9]), np.array([10.0]), 0.3, 0.4, 5_000_000, first,
        slot, ticks, lots, is_buy, time_ms, order,
    )  # fmt: skip

    assert first.tolist() == [0, 3]
    assert ticks.tolist() == [10, 11, 11, 2, 1]
    assert lots.tolist() == [3, 5, 5, 5_000_000, 1]
    assert is_buy.tolist() == [1, 1, 1, 0, 0]
    assert time_ms.tolist() == [5, 5, 5, 6, 6]
    assert order.tolist() == [0, 1, 1, 2, 3]


@pytest.mark.parametrize("module", MODES)
@pytest.mark.parametrize("opens_at_close", [True, False])
def test_fills_become_candles_and_are_remembered(module: object, opens_at_close: bool) -> None:
    truth = Truth(2, 7, opens_at_close=opens_at_close, kept=np.array([2, 2]))
    for prices in (truth.open, truth.high, truth.low, truth.close):
        prices[:] = 100
    truth.day_high[:] = truth.day_low[:] = 100
    ledger = module.Ledger(truth, truth.trades.rings())  # type: ignore[attr-defined]
    number = np.empty(4, np.int64)

    ledger.take(
        7, np.array([0, 0, 0, 1]), np.array([105, 99, 103, 90]), np.array([1, 2, 3, 4]),
        np.array([1, 0, 1, 0], np.uint8), np.array([1, 2, 3, 4]), np.array([0, 1, 1, 0]), number,
    )  # fmt: skip

    assert number.tolist() == [0, 1, 2, 0]
    assert truth.open[7].tolist() == ([100, 100] if opens_at_close else [105, 90])
    assert truth.high[7].tolist() == [105, 100 if opens_at_close else 90]
    assert truth.low[7].tolist() == [99, 90]
    assert (truth.close[7].tolist(), truth.count[7].tolist()) == ([103, 90], [3, 1])
    assert (truth.lots[7].tolist(), truth.buy_lots[7].tolist()) == ([6, 4], [4, 0])
    assert truth.value[7].tolist() == [105 + 198 + 309, 360]
    assert (truth.day_lots.tolist(), truth.day_high.tolist(), truth.day_low.tolist()) == ([6, 4], [105, 100], [99, 90])
    assert (truth.orders.tolist(), truth.last_lots.tolist()) == ([2, 1], [3, 4])
    assert [(fill.number, fill.ticks, fill.order) for fill in truth.fills(0)] == [(1, 99, 1), (2, 103, 1)]
