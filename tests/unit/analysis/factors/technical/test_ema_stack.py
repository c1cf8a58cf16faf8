import numpy as np

from tidemark.analysis.factors.technical.ema_stack import value


def stacked(ema_20: float, ema_50: float, ema_200: float, atr: float = 2.0) -> float:
    return float(value(np.array([ema_20]), np.array([ema_50]), np.array([ema_200]), np.array([atr]))[0])


def test_in_order_all_of_the_distance_counts() -> None:
    assert stacked(16.0, 13.0, 10.0) == 3.0
    assert stacked(10.0, 13.0, 16.0) == -3.0


def test_out_of_order_what_is_left_counts_by_the_share_that_the_steps_agree_on() -> None:
    # Up 4 and down 1: three of five, one and a half ATR. Down 1 and up 4 is no other stack.
    assert stacked(13.0, 9.0, 10.0) == 1.5 * 0.6
    assert stacked(13.0, 14.0, 10.0) == 1.5 * 0.6


def test_as_far_up_as_down_or_all_in_one_place_is_neutral() -> None:
    assert stacked(12.0, 15.0, 12.0) == 0.0
    with np.errstate(invalid="ignore"):
        assert stacked(12.0, 12.0, 12.0) == 0.0
