import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.analysis.columns import Column, Columns
from tidemark.analysis.regime import READS, Regime, Regimes
from tidemark.memory.ledger import Ledger

QUIET = {"adx": 10.0, "plus_di": 20.0, "minus_di": 18.0, "atr_ratio": 1.0, "relative_volume": 1.0}


def regimes() -> Regimes:
    return Regimes("regime", series=2, ledger=Ledger())


def told(made: Regimes, at: int = 1, /, **figures: float) -> Regime:
    columns = Columns(1, {name: Column.of(np.array([(QUIET | figures)[name]])) for name in READS})
    made.take(np.array([1], np.int32), columns, np.array([at]))
    return made.of(1)[0]


@pytest.mark.parametrize(
    ("figures", "regime"),
    [
        ({}, Regime.RANGE),
        ({"adx": 25.1}, Regime.TREND_UP),
        ({"adx": 25.1, "minus_di": 21.0}, Regime.TREND_DOWN),
        ({"adx": 40.0, "atr_ratio": 1.61}, Regime.VOLATILE),
        ({"atr_ratio": 3.0, "relative_volume": 0.1}, Regime.ILLIQUID),
        ({"adx": float("nan")}, Regime.UNKNOWN),
    ],
)
def test_the_first_that_applies_is_the_regime(figures: dict[str, float], regime: Regime) -> None:
    assert told(regimes(), **figures) is regime


@pytest.mark.parametrize(
    ("name", "enters", "between", "leaves", "regime"),
    [
        ("adx", 26.0, 22.0, 19.0, Regime.TREND_UP),
        ("atr_ratio", 1.7, 1.4, 1.2, Regime.VOLATILE),
        ("relative_volume", 0.1, 0.3, 0.4, Regime.ILLIQUID),
    ],
)
def test_it_is_left_later_than_it_is_entered(
    name: str, enters: float, between: float, leaves: float, regime: Regime
) -> None:
    made = regimes()

    assert told(made, 1, **{name: between}) is Regime.RANGE
    assert told(made, 2, **{name: enters}) is regime
    assert told(made, 3, **{name: between}) is regime
    assert made.of(1) == (regime, 2)
    assert told(made, 4, **{name: leaves}) is Regime.RANGE
    assert made.of(1) == (Regime.RANGE, 4)


def test_a_trend_that_turns_is_the_other_trend_at_once() -> None:
    made = regimes()
    told(made, 1, adx=30.0)

    assert told(made, 2, adx=22.0, plus_di=10.0) is Regime.TREND_DOWN
    assert told(made, 3, adx=22.0, plus_di=18.0, minus_di=18.0) is Regime.TREND_DOWN


def test_candles_that_come_together_are_taken_one_after_the_other() -> None:
    course = [10.0, 30.0, 22.0, 19.0, 22.0, 26.0, 21.0]
    made, whole = regimes(), regimes()
    for at, adx in enumerate(course, 1):
        told(made, at, adx=adx)

    columns = Columns(
        len(course),
        {name: Column.of(np.full(len(course), QUIET[name])) for name in READS} | {"adx": Column.of(np.array(course))},
    )
    whole.take(np.ones(len(course), np.int32), columns, np.arange(1, len(course) + 1))

    assert whole.of(1) == made.of(1) == (Regime.TREND_UP, 6)


def test_a_market_that_left_leaves_nothing_and_others_are_untouched() -> None:
    made = regimes()
    told(made, 5)

    assert made.of(0) == (Regime.UNKNOWN, None)
    made.clear(1)
    assert made.of(1) == (Regime.UNKNOWN, None)


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(0, 60), st.floats(0, 60), st.floats(0, 5), st.floats(0, 5)), max_size=30
    )
)
def test_the_mirrored_market_is_in_the_mirrored_regime(course: list[tuple[float, ...]]) -> None:
    made, mirrored = regimes(), regimes()
    turned = {Regime.TREND_UP: Regime.TREND_DOWN, Regime.TREND_DOWN: Regime.TREND_UP}
    for at, figures in enumerate(course, 1):
        adx, plus, minus, ratio, volume = figures
        first = told(made, at, adx=adx, plus_di=plus, minus_di=minus, atr_ratio=ratio, relative_volume=volume)
        second = told(mirrored, at, adx=adx, plus_di=minus, minus_di=plus, atr_ratio=ratio, relative_volume=volume)
        assert second is turned.get(first, first)
