import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.candles_of_prices import Array, Candles, values, walk

# A peak of 16 at candle 3 and a trough of 9 at 7; above the peak at 12, whose high of 18 is the next; a trough of 12 at
# 16; above 18 at candle 20; below 12 at 22.
PATH = [10, 11, 12, 15, 13, 12, 11, 10, 11, 12, 13, 16, 17, 16, 15, 14, 13, 14, 15, 16, 19, 14, 11, 11]
FIRST = 10


def of_path(path: list[int]) -> Candles:
    """Candles that close at *path* and reach one above and one below."""
    close = np.array(path, float)
    return {"high": close + 1.0, "low": close - 1.0, "close": close}


def at(found: dict[str, Array], candle: int, *names: str) -> list[float]:
    return [float(found[name][candle - FIRST]) for name in names]


def test_swings_are_known_when_three_candles_have_closed_behind_them() -> None:
    found = values(of_path(PATH), "swings")

    assert at(found, 10, "swing_high", "swing_low") == [16.0, 9.0]
    assert at(found, 14, "swing_high", "swing_high_change") == [16.0, 0.0]
    assert at(found, 15, "swing_high", "swing_high_change") == [18.0, 2.0]
    assert at(found, 18, "swing_low", "swing_low_change") == [9.0, 0.0]
    assert at(found, 19, "swing_low", "swing_low_change") == [12.0, 3.0]


def test_the_first_close_beyond_a_swing_changes_the_character_and_the_next_one_to_its_side_breaks_the_structure() -> (
    None
):
    found = values(of_path(PATH), "swings")
    names = ("structure_side", "structure_breaks", "structure_break_age")

    # At the swing itself is not beyond it.
    assert at(found, 11, *names) == [0.0, 0.0, 0.0]
    assert at(found, 12, *names) == [1.0, 1.0, 0.0]
    assert at(found, 19, *names) == [1.0, 1.0, 7.0]
    assert at(found, 20, *names) == [1.0, 2.0, 0.0]
    assert at(found, 21, *names) == [1.0, 2.0, 1.0]
    assert at(found, 22, *names) == [-1.0, 1.0, 0.0]
    # A swing is broken once.
    assert at(found, 23, *names) == [-1.0, 1.0, 1.0]


def test_a_wick_beyond_a_swing_with_a_close_inside_sweeps_it_and_half_of_that_is_gone_after_ten_candles() -> None:
    candles = of_path([*PATH[:11], 13, *[13] * 10, 17])
    candles["high"][11] = 17.5
    found = values(candles, "swings")

    assert at(found, 10, "swept_high", "swept_low") == [0.0, 0.0]
    # 17.5 - 16.
    assert at(found, 11, "swept_high", "swept_low") == [1.5, 0.0]
    assert at(found, 21, "swept_high") == [pytest.approx(0.75, abs=1e-12)]
    # The peak of 17.5 is the newest swing since candle 14, and 17 is not beyond it.
    assert at(found, 22, "swing_high", "structure_side") == [17.5, 0.0]


def test_a_close_beyond_it_voids_what_was_swept() -> None:
    candles = of_path([*PATH[:11], 13, 17])
    candles["high"][11] = 17.5
    found = values(candles, "swings")

    assert at(found, 12, "swept_high", "structure_side") == [0.0, 1.0]


def test_a_smaller_sweep_takes_nothing_from_what_is_left_of_a_larger_one() -> None:
    candles = of_path([*PATH[:11], 12, 12])
    candles["low"][11], candles["low"][12] = 5.0, 8.0
    found = values(candles, "swings")

    # 9 - 5, and 2 ** (-1 / 10) of it, which is more than 9 - 8.
    assert at(found, 11, "swept_low") == [4.0]
    assert at(found, 12, "swept_low") == [pytest.approx(4.0 * 2.0**-0.1, abs=1e-12)]


@given(seed=st.integers(0, 10_000))
def test_the_newest_swings_are_those_that_a_look_back_over_all_candles_finds(seed: int) -> None:
    made = walk(120, seed)
    found = values(made, "swings")
    high, low = made["high"], made["low"]

    for candle in range(FIRST, 120):
        for name, reach in (("swing_high", high), ("swing_low", -low)):
            turns = [
                reach[one]
                for one in range(3, candle - 2)
                if reach[one] > reach[one - 3 : one].max() and reach[one] >= reach[one + 1 : one + 4].max()
            ]
            newest = abs(turns[-1]) if turns else 0.0
            assert found[name][candle - FIRST] == newest


@given(seed=st.integers(0, 10_000))
def test_what_was_swept_is_never_negative_and_a_side_stays_until_the_opposite_break(seed: int) -> None:
    found = values(walk(300, seed), "swings")

    assert (found["swept_high"] >= 0.0).all()
    assert (found["swept_low"] >= 0.0).all()
    assert set(found["structure_side"].tolist()) <= {-1.0, 0.0, 1.0}
    turned = found["structure_side"][1:] != found["structure_side"][:-1]
    assert (found["structure_break_age"][1:][turned] == 0.0).all()
    assert (found["structure_breaks"][1:][turned] == 1.0).all()
