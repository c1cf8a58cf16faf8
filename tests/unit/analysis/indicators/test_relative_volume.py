import numpy as np
import pytest
from tests.candles_of_prices import Candles, values

HOUR_S = 3600.0


def of(volumes: list[float], step_s: float = 60.0) -> dict[str, list[float]]:
    """Values after each candle from the 21st on."""
    made: Candles = {"time": step_s * np.arange(len(volumes)), "volume": np.array(volumes)}
    return {name: list(column.tolist()) for name, column in values(made, "relative_volume").items()}


def test_at_first_it_is_held_against_the_latest_candles() -> None:
    found = of([10.0] * 20 + [20.0, 10.0])

    # 60 of five candles where 10 was usual for each, then 10 + (20 - 10) / 20 for the next.
    assert found["usual_volume"] == [10.0, 10.5]
    assert found["relative_volume"] == pytest.approx([60.0 / 50.0, 60.0 / 50.5])


def test_from_the_fourth_day_on_it_is_held_against_the_same_hour() -> None:
    # Half-hours; in the first hour of each day ten times as much is traded.
    day = [100.0, 100.0, *[10.0] * 46]
    found = of(day * 4, 1800.0)
    usual = dict(enumerate(found["usual_volume"], start=20))
    relative = dict(enumerate(found["relative_volume"], start=20))

    # The third day knows two of them: what is usual is the mean of the latest candles.
    assert usual[2 * 48] == pytest.approx(10.0, rel=0.2)
    assert relative[2 * 48 + 1] > 2.0
    assert [usual[3 * 48 + at] for at in (0, 1, 2)] == [100.0, 100.0, 10.0]
    # Three candles of the evening before, whose hours are known as well.
    assert relative[3 * 48 + 1] == pytest.approx(1.0, rel=0.05)
    assert relative[4 * 48 - 1] == 1.0


def test_a_day_counts_by_its_own_mean_and_at_least_one_in_seven() -> None:
    # One candle an hour, with 7 in the first hour of the day, then once 70.
    quiet, loud = [7.0, *[7.0] * 23], [70.0, *[7.0] * 23]
    found = of([*quiet * 9, *loud, *quiet], HOUR_S)
    usual = dict(enumerate(found["usual_volume"], start=20))

    assert usual[9 * 24] == 7.0
    assert usual[10 * 24] == pytest.approx(7.0 + 63.0 / 7.0)


def test_a_candle_of_a_day_knows_its_hour_after_three_of_them() -> None:
    # The day of 9 is held against the 1 of those before it; after it, it is a seventh of what is usual.
    found = of([1.0] * 20 + [9.0, 1.0], 24 * HOUR_S)

    assert found["usual_volume"] == pytest.approx([1.0, 1.0 + 8.0 / 7.0])


def test_nothing_that_was_ever_traded_is_neutral() -> None:
    assert of([0.0] * 25) == {"relative_volume": [1.0] * 5, "usual_volume": [0.0] * 5}


def test_silence_is_no_volume_at_all() -> None:
    assert of([10.0] * 21 + [0.0] * 5)["relative_volume"][-1] == 0.0
