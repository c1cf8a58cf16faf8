import numpy as np
from tests.build import MIDNIGHT, T, candles, feed, until

from tidemark.market.activity import trades_last_hour
from tidemark.market.candles import Candles
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

RETENTION = {Timeframe.M1: 120, Timeframe.M5: 24}


def hour(retention: dict[Timeframe, int] | None = None) -> Candles:
    """Two trades in every minute of an hour and a half."""
    made = candles(retention=retention or RETENTION)
    for minute in range(90):
        feed(made, [T(60 * minute + n, 100.0, number=2 * minute + n) for n in (1, 2)])
    until(made, 90 * 60 + 3)
    return made


def test_the_trades_of_the_last_sixty_minutes_are_counted() -> None:
    assert trades_last_hour(hour(), 0) == 120


def test_minutes_without_a_trade_count_as_none() -> None:
    made = hour()
    until(made, 120 * 60 + 3)

    assert trades_last_hour(made, 0) == 60


def test_less_than_an_hour_of_candles_is_not_judged() -> None:
    made = candles(retention={Timeframe.M1: 120}, alive=False)
    made.close_gap(np.array([0], np.int32), None, MIDNIGHT)
    feed(made, [T(1.0, 100.0)])
    until(made, 59 * 60)
    assert trades_last_hour(made, 0) is None

    until(made, 62 * 60 + 3)

    # The doubtful half second behind midnight keeps the first minute out; the hour from 00:02 is whole and silent.
    assert trades_last_hour(made, 0) == 0


def test_a_market_that_never_traded_while_its_feed_was_whole_did_not_trade() -> None:
    made = candles(retention=RETENTION)
    until(made, 30 * 60)

    assert trades_last_hour(made, 0) == 0


def test_a_ring_that_is_shorter_than_an_hour_is_passed_over() -> None:
    made = hour({Timeframe.M1: 59, Timeframe.M5: 12})

    assert trades_last_hour(made, 0) == 120
    assert (made.capacity(Timeframe.M1), made.capacity(Timeframe.M5)) == (59, 12)


def test_an_hour_with_a_gap_is_not_judged() -> None:
    made = hour()
    slots = np.array([0], np.int32)
    made.open_gap(slots, MIDNIGHT + 91 * 60 * SECOND)
    until(made, 93 * 60)
    made.close_gap(slots, MIDNIGHT + 91 * 60 * SECOND, MIDNIGHT + 93 * 60 * SECOND)
    until(made, 95 * 60 + 3)

    assert trades_last_hour(made, 0) is None


def test_a_timeframe_that_was_given_up_is_not_asked() -> None:
    made = hour()
    made.shed(Timeframe.M1, is_shed=True)

    assert trades_last_hour(made, 0) == 120

    made.shed(Timeframe.M5, is_shed=True)

    assert trades_last_hour(made, 0) is None
