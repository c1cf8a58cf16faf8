import numpy as np
import pytest
from tests.build import MIDNIGHT, T, candles, feed, history_of, klines_of, until

from tidemark.market.candles import Candles
from tidemark.market.closed import Revised
from tidemark.market.doubt import wrong_sums
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE, SECOND

ONE = np.array([0], np.int32)
MARKET = [T(n * 5 + 1, 100.0 + n % 7 / 10, number=n + 1) for n in range(60)]
# Of the second minute, from 80 s on.
MISSED = 18
SPAN = (MIDNIGHT + MINUTE, MIDNIGHT + 2 * MINUTE - 1)


def seen(without: int | None, end: float = 130.0) -> Candles:
    made = candles()
    feed(made, [trade for trade in MARKET if trade.number != without and trade.at < end])
    until(made, end)
    return made


def origins(made: Candles, timeframe: Timeframe = Timeframe.S10) -> list[Origin]:
    return [candle.origin for candle in made.closed(0, timeframe, 100)]


def test_parts_that_do_not_add_up_to_the_exchanges_minute_say_that_they_are_not_whole() -> None:
    made = seen(MISSED)

    outputs = made.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 2), 1.0)

    assert origins(made) == [Origin.TRADES] * 6 + [Origin.PARTIAL] * 6
    assert origins(made, Timeframe.M1) == [Origin.TRADES, Origin.EXCHANGE]
    doubted = [out for out in outputs if isinstance(out, Revised) and out.timeframe is Timeframe.S10]
    assert [out.open_times.tolist() for out in doubted] == [[SPAN[0] + n * 10 * SECOND for n in range(6)]]


def test_a_minute_that_agrees_leaves_its_parts_as_they_are() -> None:
    made = seen(None)

    made.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 2), 1.0)

    assert origins(made) == [Origin.TRADES] * 12


def test_a_part_that_is_not_whole_explains_the_difference() -> None:
    made = seen(MISSED)
    at = MIDNIGHT + 81 * SECOND
    made.close_gap(ONE, at, at + SECOND)

    made.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 2), 1.0, [(at, at + SECOND)])

    assert origins(made) == [Origin.TRADES] * 8 + [Origin.PARTIAL] + [Origin.TRADES] * 3
    assert origins(made, Timeframe.M1)[1] == Origin.REPAIRED


def test_parts_in_doubt_are_mended_by_fetched_trades() -> None:
    made = seen(MISSED)
    made.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 2), 1.0)

    made.complete(0, history_of(MARKET, 60, 120), 1.0)

    assert origins(made) == [Origin.TRADES] * 6 + [Origin.REPAIRED] * 6
    assert sum(candle.volume for candle in made.closed(0, Timeframe.S10, 6)) == 12.0


def test_a_mended_part_shows_what_the_others_lack() -> None:
    made = seen(MISSED)
    at = MIDNIGHT + 101 * SECOND
    made.close_gap(ONE, at, at + SECOND)
    made.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 2), 1.0, [(at, at + SECOND)])

    made.complete(0, history_of(MARKET, 100, 110), 1.0, [(at, at + SECOND)])

    # The one that was in the gap is whole now, and all that is missing is missing in the others.
    assert origins(made)[6:] == [Origin.PARTIAL] * 4 + [Origin.REPAIRED, Origin.PARTIAL]


@pytest.mark.parametrize("timeframes", [{Timeframe.M1: 10, Timeframe.M5: 10}, {Timeframe.S10: 10}])
def test_without_both_there_is_nothing_to_compare(timeframes: dict[Timeframe, int]) -> None:
    made = candles(retention=timeframes)
    feed(made, MARKET)
    until(made, 310)
    level = made._levels[0]

    assert list(wrong_sums(made._levels, 0, [(level, np.arange(3))], made.time.frontier_ns)) == []


def test_what_the_rings_hold_no_more_is_passed_over() -> None:
    made = candles(retention={Timeframe.S10: 12, Timeframe.M1: 10})
    feed(made, [trade for trade in MARKET if trade.number != MISSED])
    until(made, 310)

    made.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 4), 1.0)

    assert Origin.PARTIAL not in origins(made)
