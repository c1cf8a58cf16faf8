import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.backtests import candles

from tidemark.backtest.bars import Bars
from tidemark.backtest.data.stream import joined
from tidemark.backtest.rules.ticks import ticks

LARGEST = 2**31 - 1


def test_a_tick_is_the_step_of_all_prices_of_a_market() -> None:
    first, second = candles([100.25, 100.5]), candles([7.0, 8.0], market=1)
    later = candles([101.123])

    found = ticks([joined([first, second]), later], 3)

    # One of which there are no candles counts in whole units.
    assert found.tolist() == pytest.approx([0.001, 1.0, 1.0])


def test_prices_that_are_too_fine_or_too_high_get_the_smallest_step_that_fits() -> None:
    assert ticks([candles([30_000.123456789])], 1)[0] == pytest.approx(1e-4)
    assert ticks([candles([5e9])], 1)[0] == 10.0


@given(st.integers(1, 10**7), st.integers(0, 12))
def test_every_price_is_a_whole_number_of_ticks_that_fits(units: int, decimals: int) -> None:
    price = units / 10**decimals
    bars: Bars = candles([price])

    step = float(ticks([bars], 1)[0])

    count = price / step
    assert 0.5 <= count < LARGEST
    assert count == pytest.approx(round(count), abs=1e-3)
    assert np.log10(step) == pytest.approx(round(np.log10(step)), abs=1e-9)
