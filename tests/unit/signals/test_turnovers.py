import math

import numpy as np
import pytest
from tests.build import MIDNIGHT
from tests.signalling import closed

from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.signals.turnovers import LEAST, OWNER, Turnovers
from tidemark.units import MINUTE, SECOND


class Feed:
    """Minutes of one market at 100."""

    def __init__(self) -> None:
        self.turnovers = Turnovers(rows=1, ledger=Ledger())
        self.at = 0

    def minute(self, volume: float, bought: float | None = None, close: float = 100.0, **given: int) -> None:
        row = (100.0, max(100.0, close), min(100.0, close), close)
        half = volume / 2 if bought is None else bought
        self.turnovers.close(closed(MIDNIGHT + self.at * MINUTE, {0: row}, volume=volume, bought=half, **given))  # type: ignore[arg-type]
        self.at += 1

    def read(self, later_s: float = 0.0) -> dict[str, float]:
        columns, _ = self.turnovers.read(MIDNIGHT + self.at * MINUTE + round(later_s * SECOND))
        return {name: float(column.values[0]) for name, column in columns.items() if column.is_known[0]}


def warm() -> Feed:
    feed = Feed()
    for number in range(LEAST):
        feed.minute(math.exp(number % 2))
    return feed


def test_a_minute_is_held_against_the_logarithms_of_those_before_it() -> None:
    feed = warm()

    feed.minute(math.exp(2.5), bought=0.75 * math.exp(2.5), close=101.0)

    # Before it: as many of 0 as of 1, of which the mean is 0.5 and the deviation 0.5.
    read = feed.read()
    assert read["minute_deviations"] == pytest.approx((2.5 + math.log(1.01) - 0.5) / 0.5, rel=1e-3)
    assert read["minute_turnover"] == pytest.approx(101.0 * math.exp(2.5), rel=1e-5)
    assert read["minute_aggression"] == pytest.approx(0.5, rel=1e-5)
    assert read["minute_move_bps"] == pytest.approx(100.0)


def test_nothing_is_known_before_enough_minutes_traded() -> None:
    feed = Feed()
    for _ in range(LEAST):
        feed.minute(1.0)
        assert feed.read() == {}
    feed.minute(1.0)

    assert feed.read()["minute_deviations"] == pytest.approx(0.0, abs=1e-6)


def test_a_minute_without_a_trade_or_not_seen_whole_is_none_and_ends_the_one_before() -> None:
    for given in ({"origin": Origin.PARTIAL}, {}):
        feed = warm()
        before = feed.turnovers.kept()["seen"].copy()
        feed.minute(0.0 if not given else 5.0, **given)

        assert feed.turnovers.kept()["seen"] == before
        if not given:
            assert feed.read() == {}


def test_a_minute_of_the_exchange_that_does_not_say_who_bought_says_nothing_of_it() -> None:
    feed = warm()
    feed.minute(5.0, trades=0)

    assert feed.read() == {}


def test_one_shock_does_not_set_the_scale() -> None:
    feed = warm()
    feed.minute(math.exp(40.0))

    assert float(np.sqrt(feed.turnovers.kept()["variance"][0])) < 0.7


def test_it_speaks_for_ninety_seconds() -> None:
    feed = warm()
    feed.minute(1.0)

    assert feed.read(90.0)
    assert feed.read(90.1) == {}


def test_what_left_is_forgotten_and_what_it_takes_is_what_it_reserved() -> None:
    feed = warm()
    feed.turnovers.clear(0)
    ledger = Ledger()
    Turnovers(rows=3, ledger=ledger)

    assert not feed.turnovers.kept()["seen"].any()
    reserved = {line.owner: line.bytes_reserved for line in ledger.report()}
    assert [one.bytes for one in Turnovers.reserve(rows=3)] == [reserved[OWNER]]
