import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.candles_of_prices import Array, Candles, mirrored, values, walk


def closes(prices: Array | list[float]) -> Candles:
    return {"close": np.asarray(prices, np.float64)}


def test_a_price_that_moves_by_one_each_time_is_as_volatile_as_ever_and_does_not_jump() -> None:
    made = values(closes(100.0 + np.arange(60) % 2), "realised_volatility")

    # The closes are 100 and 101 in turn, from the 51st on, which is 100.
    assert made["realised_volatility"][:2].tolist() == pytest.approx([1.0, 100.0 / 101.0])
    assert made["volatility_ratio"].tolist() == pytest.approx([1.0] * 10)
    # pi / 2 x 1 is more than 1.
    assert made["jump_share"].tolist() == [0.0] * 10


def test_one_large_change_after_small_ones_is_volatile_and_a_jump() -> None:
    prices = [*(100.0 + np.arange(51) % 2), 110.0]
    made = values(closes(prices), "realised_volatility")

    # The 51st change is 10 after fifty of 1: 1 + 99 / 20 over 1 + 99 / 51.
    assert made["volatility_ratio"][-1] == pytest.approx(math.sqrt((1 + 99 / 20) / (1 + 99 / 51)))
    assert made["realised_volatility"][-1] == pytest.approx(100 * math.sqrt(1 + 99 / 20) / 110)
    # The mean square 1 + 99 / 50; the product is 10 where it was 1: pi / 2 x (1 + 9 / 50), the 50th of them.
    assert made["jump_share"][-1] == pytest.approx(1 - math.pi / 2 * (1 + 9 / 50) / (1 + 99 / 50))


def test_a_price_that_stands_still_is_as_usual() -> None:
    made = values(closes(np.full(60, 5.0)), "realised_volatility")

    assert made["volatility_ratio"].tolist() == [1.0] * 10
    assert made["realised_volatility"].tolist() == made["jump_share"].tolist() == [0.0] * 10


def test_over_time_it_is_the_exponentially_weighted_mean_square() -> None:
    close = walk(400, 5)["close"]
    squares = np.diff(close) ** 2
    near = squares[:20].mean()
    for square in squares[20:]:
        near = 0.95 * near + 0.05 * square

    made = values(closes(close), "realised_volatility")

    assert made["realised_volatility"][-1] == pytest.approx(100 * math.sqrt(near) / close[-1], rel=1e-9)


@given(seed=st.integers(0, 50), scale=st.floats(0.01, 100.0))
def test_ratios_know_neither_direction_nor_unit(seed: int, scale: float) -> None:
    candles = walk(120, seed)
    made, turned = values(candles, "realised_volatility"), values(mirrored(candles), "realised_volatility")
    scaled = values({name: column * scale for name, column in candles.items()}, "realised_volatility")

    for name in ("volatility_ratio", "jump_share"):
        assert made[name] == pytest.approx(turned[name], abs=1e-9)
        assert made[name] == pytest.approx(scaled[name], abs=1e-9)
    assert made["jump_share"].min() >= 0.0
    assert made["jump_share"].max() <= 1.0
