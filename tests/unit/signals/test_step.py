"""One trade to 100 with a stop at 98 and targets at 102 and 104, and its mirror, through single minutes."""

from typing import Any

import numpy as np
import pytest
from tests.signalling import at_s

from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Reason, Stage
from tidemark.signals.followed import NUMBER, Followed
from tidemark.signals.step import Candle, Move, step

Row = tuple[float, float, float, float]
MIDDLE = 100.0


class Trade:
    """Pending since midnight; `way` -1 is the mirrored one in the mirrored market."""

    def __init__(self, way: int = 1, *, wait_s: float = 900.0, life_s: float = 3600.0) -> None:
        self.way = way
        self.columns: Any = Followed(capacity=1, ledger=Ledger()).columns
        values: dict[str, Any] = {
            "is_used": 1, "stage": NUMBER[Stage.PENDING], "side": way, "begun_at": at_s(0), "followed_to": at_s(0),
            "wait_until": at_s(wait_s), "expires_at": at_s(life_s), "reference": self.turned(100.5),
            "entry": self.turned(100.0), "stop": self.turned(98.0), "forward": np.nan,
        }  # fmt: skip
        for name, value in values.items():
            self.columns[name][0] = value
        self.columns["targets"][0] = self.turned(102.0), self.turned(104.0)
        self.minutes = 0

    def turned(self, price: float) -> float:
        return price if self.way > 0 else 2 * MIDDLE - price

    def minute(self, row: Row) -> list[tuple[Stage, Stage, Reason, float | None]]:
        opened, high, low, close = (self.turned(price) for price in row)
        if self.way < 0:
            high, low = low, high
        prices = (np.array([price]) for price in (opened, high, low, close))
        moves: list[Move] = step(
            self.columns, np.zeros(1, np.int64), Candle(np.array([at_s(60 * self.minutes)]), *prices)
        )
        self.minutes += 1
        return [(one.was, one.now, one.reason, None if one.price is None else self.turned(one.price)) for one in moves]

    def r(self, name: str) -> float:
        return float(self.columns[name][0]) / 2.0


both = pytest.mark.parametrize("way", [1, -1])
ENTERS: Row = (100.0, 100.5, 99.5, 100.0)
ENTERED = (Stage.PENDING, Stage.ACTIVE, Reason.ENTERED, 100.0)


@both
def test_it_is_entered_at_the_first_touch(way: int) -> None:
    trade = Trade(way)

    assert trade.minute((100.5, 101.0, 100.1, 100.6)) == []
    assert trade.minute((100.6, 101.0, 100.0, 100.6)) == [ENTERED]
    assert trade.columns["entered_at"][0] == at_s(120)


@both
def test_it_is_missed_when_it_is_not_touched_in_time(way: int) -> None:
    trade = Trade(way, wait_s=120)

    assert trade.minute((101.0, 101.0, 101.0, 101.0)) == []
    assert trade.minute((101.0, 101.0, 101.0, 101.0)) == [(Stage.PENDING, Stage.EXPIRED, Reason.MISSED, None)]


@both
def test_a_price_that_opens_beyond_the_stop_makes_it_invalid(way: int) -> None:
    assert Trade(way).minute((97.0, 99.0, 96.0, 98.0)) == [(Stage.PENDING, Stage.INVALIDATED, Reason.PASSED, 97.0)]


@both
def test_the_stop_is_left_at_its_price_or_at_an_open_beyond_it(way: int) -> None:
    for row, price in (((99.0, 99.0, 97.5, 98.5), 98.0), ((97.0, 99.0, 96.0, 98.5), 97.0)):
        trade = Trade(way)
        trade.minute(ENTERS)

        assert trade.minute(row) == [(Stage.ACTIVE, Stage.STOPPED, Reason.STOP, price)]
        assert trade.columns["leave"][0] == trade.turned(price)


@both
def test_the_targets_are_taken_one_after_the_other(way: int) -> None:
    trade = Trade(way)
    trade.minute(ENTERS)

    assert trade.minute((101.0, 102.0, 100.5, 101.5)) == [(Stage.ACTIVE, Stage.ACTIVE, Reason.FIRST_TARGET, 102.0)]
    assert trade.minute((101.5, 102.5, 101.0, 102.0)) == []
    assert trade.minute((103.0, 105.0, 102.5, 103.0)) == [(Stage.ACTIVE, Stage.TARGET, Reason.LAST_TARGET, 104.0)]
    assert trade.columns["hits"][0] == 2


@both
def test_where_a_minute_reaches_both_the_stop_was_first(way: int) -> None:
    trade = Trade(way)
    trade.minute(ENTERS)

    assert trade.minute((100.0, 105.0, 97.0, 104.5)) == [(Stage.ACTIVE, Stage.STOPPED, Reason.STOP, 98.0)]
    assert trade.columns["hits"][0] == 0


@both
def test_within_the_minute_of_its_entry_a_stop_counts_and_a_target_only_where_it_opened_at_the_entry(way: int) -> None:
    stopped = (Stage.ACTIVE, Stage.STOPPED, Reason.STOP, 98.0)
    reached = (Stage.ACTIVE, Stage.TARGET, Reason.LAST_TARGET, 104.0)

    assert Trade(way).minute((101.0, 101.0, 97.0, 99.0)) == [ENTERED, stopped]
    assert Trade(way).minute((101.0, 105.0, 99.0, 103.0)) == [ENTERED]
    assert Trade(way).minute((99.9, 105.0, 99.0, 103.0)) == [ENTERED, reached]


@both
def test_at_its_end_it_is_left_at_the_close(way: int) -> None:
    trade = Trade(way, life_s=120)
    trade.minute(ENTERS)

    assert trade.minute((100.0, 101.0, 99.0, 100.7)) == [(Stage.ACTIVE, Stage.EXPIRED, Reason.OVER, 100.7)]
    assert trade.columns["leave"][0] == trade.turned(100.7)


@both
def test_one_that_was_reversed_is_left_at_the_next_open(way: int) -> None:
    trade = Trade(way)
    trade.minute(ENTERS)
    trade.columns["is_reversed"][0] = 1

    assert trade.minute((99.4, 105.0, 90.0, 100.0)) == [(Stage.ACTIVE, Stage.INVALIDATED, Reason.TURNED, 99.4)]


@both
def test_the_farthest_for_and_against_are_of_the_time_in_which_it_was_held(way: int) -> None:
    trade = Trade(way)
    trade.minute((100.5, 101.9, 99.0, 100.4))
    # The high may have been before the entry, the close was after it.
    assert (trade.r("best"), trade.r("worst")) == pytest.approx((0.2, 0.5))

    trade.minute((100.4, 101.5, 99.5, 101.0))
    assert (trade.r("best"), trade.r("worst")) == pytest.approx((0.75, 0.5))
    trade.minute((101.0, 103.9, 97.0, 101.0))
    # It was stopped: what came after that, or before it, is not its own.
    assert (trade.r("best"), trade.r("worst")) == pytest.approx((0.75, 1.5))
    trade.minute((101.0, 110.0, 90.0, 101.0))
    assert (trade.r("best"), trade.r("worst")) == pytest.approx((0.75, 1.5))


@both
def test_the_last_target_is_the_farthest_for_one_that_took_it(way: int) -> None:
    trade = Trade(way)
    trade.minute(ENTERS)
    trade.minute((101.0, 109.0, 101.0, 108.0))

    assert trade.r("best") == pytest.approx(2.0)


@both
def test_the_return_of_a_horizon_is_that_of_the_minute_in_which_it_ends(way: int) -> None:
    trade = Trade(way)
    trade.columns["carried"][0] = 0.001
    for close in (101.0, 101.0, 101.0, 101.0, 101.5, 103.0):
        trade.minute((101.0, 101.0, 101.0, close))

    reference, seen = trade.turned(100.5), trade.turned(101.5)
    assert trade.columns["forward"][0, 0] == pytest.approx(way * (seen / reference - 1.0))
    assert trade.columns["forward_carried"][0, 0] == 0.001
    assert np.isnan(trade.columns["forward"][0, 1:]).all()


def test_a_horizon_whose_minute_nobody_saw_has_no_return() -> None:
    trade = Trade()
    trade.minutes = 7

    trade.minute((101.0, 101.0, 101.0, 101.0))

    assert np.isnan(trade.columns["forward"][0]).all()


def test_what_has_ended_moves_no_more() -> None:
    trade = Trade()
    trade.minute(ENTERS)
    trade.minute((99.0, 99.0, 97.0, 98.0))

    assert trade.minute((100.0, 105.0, 90.0, 100.0)) == []
    assert trade.columns["leave"][0] == 98.0


def test_prices_that_are_the_same_tick_touch_whatever_their_last_bit_is() -> None:
    trade = Trade()
    trade.columns["entry"][0] = 0.1 + 0.2
    trade.columns["stop"][0], trade.columns["targets"][0] = 0.2, (0.4, 0.5)

    assert [move[2] for move in trade.minute((0.31, 0.31, 0.3, 0.31))] == [Reason.ENTERED]


def test_a_candle_says_what_was_read_of_it() -> None:
    candle = Candle(np.zeros(2), *(np.array([0.0, price]) for price in (1.0, 3.0, 0.5, 2.0)))

    assert [(one.name, one.value) for one in candle.reads(1)] == [
        ("open", 1.0), ("high", 3.0), ("low", 0.5), ("close", 2.0)
    ]  # fmt: skip
