from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kernels_modes import load_pure

from tidemark.kernels import rolling

Array = npt.NDArray[Any]

PURE = load_pure("rolling")
ON_ONE = ("mean", "deviation", "change", "highest", "lowest", "exponential", "strength")
# What TA-Lib calls them, and how many candles come before the first value of so many.
THEIRS = {
    "mean": ("SMA", -1), "deviation": ("STDDEV", -1), "change": ("ROC", 0), "highest": ("MAX", -1),
    "lowest": ("MIN", -1), "exponential": ("EMA", -1), "strength": ("RSI", 0),
}  # fmt: skip


def run(kernel: ModuleType, name: str, values: Array, period: int, *, cuts: tuple[int, ...] = ()) -> Array:
    """The values of one series, taken in the stretches between *cuts*."""
    state, out = np.zeros((1, rolling.window_width(period))), np.zeros(len(values))
    for begin, end in zip((0, *cuts), (*cuts, len(values)), strict=True):
        part = np.zeros(end - begin)
        getattr(kernel, name)(state, np.zeros(end - begin, np.int32), values[begin:end].copy(), period, part)
        out[begin:end] = part
    return out


def walk(count: int, seed: int, start: float = 100.0) -> Array:
    return start * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, count)))


@pytest.mark.parametrize("name", ON_ONE)
@pytest.mark.parametrize("period", [2, 14, 100])
def test_it_is_that_of_ta_lib(name: str, period: int) -> None:
    values = walk(700, period)
    theirs, shift = THEIRS[name]
    told = getattr(talib, theirs)(values, period)

    found = run(rolling, name, values, period)

    np.testing.assert_allclose(found[period + shift :], told[period + shift :], rtol=0, atol=1e-9)
    assert not found[: period + shift].any()


@pytest.mark.parametrize("period", [2, 14, 50])
def test_the_average_true_range_is_that_of_ta_lib(period: int) -> None:
    close = walk(500, 3)
    spread = np.random.default_rng(1).uniform(0, 2, (2, 500))
    high, low = close + spread[0], close - spread[1]
    out = np.zeros(500)

    rolling.true_range(
        np.zeros((1, rolling.SMOOTHED_WIDTH)), np.zeros(500, np.int32), high, low, close, period, out
    )  # fmt: skip

    np.testing.assert_allclose(out[period:], talib.ATR(high, low, close, period)[period:], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ON_ONE)
def test_large_values_lose_nothing_in_the_long_run(name: str) -> None:
    values = walk(200_000, 9, start=1e7)

    found = run(rolling, name, values, 20)[-500:]

    np.testing.assert_allclose(found, run(rolling, name, values[-20_000:], 20)[-500:], rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(ON_ONE), st.integers(1, 9), st.lists(st.sampled_from([1.0, 2.0, 2.5, 7.0]), max_size=40),
    st.integers(0, 40),
)  # fmt: skip
def test_plain_python_and_any_cut_give_the_same(name: str, period: int, values: list[float], cut: int) -> None:
    made = np.array(values)
    whole = run(rolling, name, made, period)

    assert run(PURE, name, made, period).tolist() == whole.tolist()
    assert run(rolling, name, made, period, cuts=(min(cut, len(made)),)).tolist() == whole.tolist()


def test_series_do_not_touch_each_other() -> None:
    first, second = walk(60, 1), walk(60, 2)
    both, rows = np.empty(120), np.tile(np.array([0, 1], np.int32), 60)
    both[::2], both[1::2] = first, second
    out = np.zeros(120)

    rolling.mean(np.zeros((2, rolling.window_width(5))), rows, both, 5, out)

    assert out[::2].tolist() == run(rolling, "mean", first, 5).tolist()
    assert out[1::2].tolist() == run(rolling, "mean", second, 5).tolist()
