"""Arrays of sides instead of a strategy."""

import numpy as np
import pytest
from tests.brokers import free, made

from tidemark.backtest.bars import Bars
from tidemark.backtest.broker import vectorised
from tidemark.backtest.broker.account import Sizes
from tidemark.backtest.broker.vectorised import FLAT, LONG, NOTHING, SHORT, Plan
from tidemark.model.round_trip import Exit
from tidemark.model.signal import Side
from tidemark.units import MINUTE


def bars(*opens: float) -> Bars:
    """Candles from each open to the next."""
    opened = np.array(opens, np.float64)
    close = np.append(opened[1:], opened[-1])
    figures = {
        "open": opened, "high": np.maximum(opened, close) + 1, "low": np.minimum(opened, close) - 1, "close": close,
        "volume": np.full(len(opens), 100.0),
    }  # fmt: skip
    return Bars.of(0, MINUTE * np.arange(len(opens)), figures)


def test_a_side_is_taken_at_the_next_open() -> None:
    account, equity = made(free()), np.zeros(6)
    want = np.array([LONG, LONG, SHORT, SHORT, FLAT, FLAT])
    given = bars(100.0, 101.0, 102.0, 105.0, 103.0, 102.0)
    (trips,) = vectorised.run(account, given, want, Plan(size=2.0, sizing="units"), equity=equity)

    told = [(trip.side, trip.entry_price, trip.exit_price, trip.profit, trip.exit) for trip in trips]
    assert told == [(Side.LONG, 101.0, 105.0, 8.0, Exit.REVERSED), (Side.SHORT, 105.0, 102.0, 6.0, Exit.SIGNAL)]
    assert equity.tolist() == [1000.0, 1002.0, 1008.0, 1012.0, 1014.0, 1014.0]


def test_nothing_leaves_things_as_they_are_and_an_event_is_one() -> None:
    account = made(free())
    want = np.array([LONG, NOTHING, NOTHING, LONG, NOTHING, FLAT, NOTHING])
    (trips,) = vectorised.run(account, bars(*range(100, 107)), want, Plan(size=1.0, sizing="units", tag="x"))

    assert [(trip.entry_price, trip.exit_price, trip.tag) for trip in trips] == [(101.0, 106.0, "x")]


def test_what_was_stopped_is_entered_again_when_it_is_said_again() -> None:
    prices = (100.0, 100.0, 90.0, 90.0, 90.0, 90.0)
    plan = Plan(size=1.0, sizing="units", stop=0.05)
    levels, events = made(free()), made(free())
    for account, want in ((levels, [LONG] * 6), (events, [LONG, NOTHING, NOTHING, LONG, NOTHING, NOTHING])):
        assert [trip.exit for trip in next(vectorised.run(account, bars(*prices), np.array(want), plan))] == [Exit.STOP]

    assert (levels.kernel.position(0), events.kernel.position(0)) == (0.0, 1.0)


def test_more_trips_than_there_is_room_for_come_in_parts() -> None:
    account = made(free(), sizes=Sizes(orders=1, trips=4, told=4))
    want = np.tile([LONG, FLAT], 50)
    parts = list(vectorised.run(account, bars(*range(100, 200)), want, Plan(size=1.0, sizing="units")))

    assert sum(map(len, parts)) == 49
    assert max(map(len, parts)) <= 4
    assert [trip.number for part in parts for trip in part] == list(range(1, 50))


def test_no_candles_give_no_trips() -> None:
    assert list(vectorised.run(made(free()), bars(100.0).part(0, 0), np.zeros(0, np.int8))) == []


def test_all_of_the_equity_is_the_default() -> None:
    account = made(free(fees__use="venue", margin__use="isolated"))
    list(vectorised.run(account, bars(100.0, 100.0, 100.0), np.array([LONG, LONG, LONG])))

    # What the fee takes is left out without a word.
    assert account.kernel.position(0) == pytest.approx(1000 / (100 * 1.00055), rel=1e-12)
    assert account.counts() == {}
