import numpy as np
from tests.build import MIDNIGHT, T, candles, feed, until

from tidemark.market.series import Series
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

ONE = np.array([0], np.int32)


def test_a_series_begins_empty_with_its_tick() -> None:
    made = Series(series=2, retention={Timeframe.M1: 5, Timeframe.M5: 3}, grace_ns=0, largest=8, ledger=Ledger())

    made.join(1, 0.25)

    assert made.timeframes == (Timeframe.M1, Timeframe.M5)
    assert made.tick_size(1) == 0.25
    assert made.closed(1, Timeframe.M1, 10) == []
    assert made.provisional(1, Timeframe.M1) is None
    assert (made.newest(1, Timeframe.M1), made.capacity(Timeframe.M5)) == (None, 3)


def test_what_is_flawed_is_what_is_closed_and_not_whole() -> None:
    made = candles()
    feed(made, [T(1, 100.0), T(70, 101.0), T(74, 102.0)])
    until(made, 75)
    made.open_gap(ONE, MIDNIGHT + 75 * SECOND)
    until(made, 150)
    made.close_gap(ONE, MIDNIGHT + 75 * SECOND, MIDNIGHT + 150 * SECOND)
    until(made, 245)

    flawed = made.flawed(0, Timeframe.M1, MIDNIGHT - 60 * SECOND, MIDNIGHT + 600 * SECOND)

    # The minute before midnight had no price yet; the third minute has none after the gap.
    assert [(int(at) - MIDNIGHT) // (60 * SECOND) for at in flawed] == [-1, 1, 2, 3]
    assert made.newest(0, Timeframe.M1) == MIDNIGHT + 180 * SECOND
    assert made.held(Timeframe.M1, [0]) == [2]


def test_nothing_older_than_the_ring_is_called_flawed() -> None:
    made = candles(retention={Timeframe.M1: 3})
    until(made, 602)

    flawed = made.flawed(0, Timeframe.M1, MIDNIGHT, MIDNIGHT + 600 * SECOND)

    assert [(int(at) - MIDNIGHT) // (60 * SECOND) for at in flawed] == [7, 8, 9]
