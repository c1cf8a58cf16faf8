import numpy as np
from tests.build import ALL, MIDNIGHT, T, candles, feed, until

from tidemark.model.timeframe import Timeframe
from tidemark.signals.past import past_of
from tidemark.units import MINUTE


def test_the_minutes_that_are_kept_are_given_from_a_time_on_in_prices() -> None:
    made = candles()
    past = past_of(made)
    assert past is not None
    feed(made, [T(1.0, 100.0), T(30.0, 101.0), T(61.0, 102.0), T(121.0, 99.5)])
    until(made, 185.0)

    found = past(0, MIDNIGHT + MINUTE)

    assert found.open_times.tolist() == [MIDNIGHT + MINUTE, MIDNIGHT + 2 * MINUTE]
    assert np.allclose(found.close, [102.0, 99.5])
    assert np.allclose(past(0, MIDNIGHT).high, [101.0, 102.0, 99.5])


def test_a_minute_that_nobody_saw_is_left_out() -> None:
    made = candles(alive=False)
    made.close_gap(np.zeros(1, np.int32), None, MIDNIGHT + 2 * MINUTE)
    past = past_of(made)
    assert past is not None
    feed(made, [T(125.0, 99.5)])
    until(made, 185.0)

    assert not len(past(0, MIDNIGHT).open_times) or past(0, MIDNIGHT).open_times[0] >= MIDNIGHT + MINUTE


def test_of_what_is_to_come_there_is_nothing() -> None:
    made = candles()
    past = past_of(made)
    assert past is not None
    until(made, 65.0)

    assert len(past(0, MIDNIGHT + MINUTE).open_times) == 0


def test_where_no_minutes_are_kept_there_is_no_past() -> None:
    assert past_of(candles(retention={Timeframe.S10: ALL[Timeframe.S10]})) is None
