import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.candles_of_prices import Candles, values

DAY_S = 86_400.0
# 2026-11-01 00:00 UTC, a Sunday.
SUNDAY = 1_793_491_200.0


def of(*candles: tuple[float, float, float]) -> dict[str, list[float]]:
    """Values after candles of time, price and volume."""
    time, price, volume = np.array(candles).T
    made: Candles = {"time": time, "high": price, "low": price, "close": price, "volume": volume}
    return {name: list(column.tolist()) for name, column in values(made, "vwap").items()}


def test_it_is_the_mean_by_volume_and_the_deviation_from_it() -> None:
    found = of((SUNDAY, 10.0, 1.0), (SUNDAY + 60, 14.0, 3.0), (SUNDAY + 120, 13.0, 0.0))

    # (10 + 3 x 14) / 4 = 13; squares 9 + 3 x 1 over 4 are 3.
    assert found["vwap_day"] == pytest.approx([10.0, 13.0, 13.0])
    assert found["vwap_day_deviation"] == pytest.approx([0.0, 3.0**0.5, 3.0**0.5])
    assert found["vwap_week"] == found["vwap_day"]


def test_the_price_of_a_candle_is_the_mean_of_high_low_and_close() -> None:
    made = {"time": [0.0], "high": [12.0], "low": [9.0], "close": [9.0], "volume": [5.0]}

    assert values({name: np.array(column) for name, column in made.items()}, "vwap")["vwap_day"].tolist() == [10.0]


def test_a_day_begins_at_midnight_and_a_week_on_monday() -> None:
    saturday, monday = SUNDAY - DAY_S, SUNDAY + DAY_S
    found = of((saturday, 10.0, 1.0), (SUNDAY - 1, 20.0, 1.0), (SUNDAY, 30.0, 1.0), (monday, 50.0, 1.0))

    assert found["vwap_day"] == [10.0, 15.0, 30.0, 50.0]
    assert found["vwap_week"] == [10.0, 15.0, 20.0, 50.0]
    assert found["vwap_day_deviation"] == [0.0, 5.0, 0.0, 0.0]
    assert found["vwap_week_deviation"][2:] == pytest.approx([(200.0 / 3.0) ** 0.5, 0.0])


def test_before_anything_was_traded_it_is_the_price() -> None:
    found = of((SUNDAY, 10.0, 0.0), (SUNDAY + 60, 12.0, 0.0), (SUNDAY + 120, 14.0, 2.0))

    assert found["vwap_day"] == [10.0, 12.0, 14.0]
    assert found["vwap_day_deviation"] == [0.0] * 3


@given(
    prices=st.lists(st.floats(1.0, 1e6), min_size=2, max_size=40),
    volumes=st.lists(st.floats(1e-3, 1e6), min_size=40, max_size=40),
)
def test_it_is_what_numpy_says_of_the_whole_session(prices: list[float], volumes: list[float]) -> None:
    price, volume = np.array(prices), np.array(volumes[: len(prices)])
    found = of(*((SUNDAY + 60.0 * n, p, v) for n, (p, v) in enumerate(zip(price, volume, strict=True))))

    mean = np.average(price, weights=volume)
    assert found["vwap_day"][-1] == pytest.approx(mean)
    assert found["vwap_day_deviation"][-1] == pytest.approx(
        np.sqrt(np.average((price - mean) ** 2, weights=volume)), abs=1e-6 * mean
    )
    assert min(prices) * (1 - 1e-9) <= found["vwap_week"][-1] <= max(prices) * (1 + 1e-9)
