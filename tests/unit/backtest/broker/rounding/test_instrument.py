"""Ticks and lots, exact where decimals are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.brokers import free, instrument, made

from tidemark.backtest.broker.rounding import instrument as rounding
from tidemark.units import MINUTE

SIZES = [1e-08, 0.0001, 0.001, 0.005, 0.01, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 100.0]
MODELS = free(rounding__use="instrument", rounding__instrument__least_value="0", rounding__instrument__least_lots="0")


@pytest.mark.parametrize("lot", SIZES)
@given(lots=st.integers(1, 10**6), more=st.just(0.0) | st.floats(0.01, 0.99))
def test_a_quantity_is_cut_to_the_lots_of_the_formula(lot: float, lots: int, more: float) -> None:
    mul, div = rounding.as_ratio(lot)
    wanted = (lots + more) * mul / div
    account = made(MODELS, instruments=[instrument(tick=0.0, lot=lot)])
    account.kernel.bar(0, 0, 1.0, 1.0, 1.0, 1.0, 1.0)
    account.kernel.order(0, 1, wanted)
    account.kernel.bar(0, MINUTE, 1.0, 1.0, 1.0, 1.0, 1.0)

    assert account.kernel.position(0) == rounding.quantity(rounding.Parameters(), instrument(lot=lot), wanted)
    assert account.kernel.position(0) == lots * mul / div


@pytest.mark.parametrize("tick", SIZES)
@given(ticks=st.integers(1, 10**6))
def test_a_price_that_is_on_a_tick_stays_what_it_is_to_the_last_bit(tick: float, ticks: int) -> None:
    mul, div = rounding.as_ratio(tick)
    price = ticks * mul / div
    account = made(MODELS, instruments=[instrument(tick=tick)])
    account.kernel.order(0, 1, 1.0, 1, price)
    account.kernel.bar(0, MINUTE, price * 1.5, price * 1.5, price, price, 1.0)

    (fill,) = account.fills()
    assert fill.price == price


def test_a_size_that_is_not_known_rounds_nothing() -> None:
    assert rounding.as_ratio(0.0) == (1.0, 0.0)
