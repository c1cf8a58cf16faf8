import numpy as np
import pytest
from tests.build import MIDNIGHT
from tests.signalling import closed

from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.signals.pauses import BACK, EVERY, LEAST_POINTS, OWNER, RANGES, Pauses, percentile
from tidemark.units import SECOND

STEP = Timeframe.S10.ns
# Enough candles for every window: 12 points of the day, one in 30.
WARM = (LEAST_POINTS + 1) * EVERY


class Feed:
    """Candles of one market, ten seconds apart."""

    def __init__(self) -> None:
        self.pauses = Pauses(rows=2, ledger=Ledger())
        self.at = 0

    def candle(
        self, reach: float = 1.0, volume: float = 10.0, close: float = 100.0, origin: Origin = Origin.TRADES
    ) -> None:
        row = (close, close + reach / 2, close - reach / 2, close)
        self.pauses.close(
            closed(MIDNIGHT + self.at * STEP, {1: row}, timeframe=Timeframe.S10, volume=volume, origin=origin)
        )
        self.at += 1

    def warm(self) -> "Feed":
        rng = np.random.default_rng(1)
        for _ in range(WARM):
            self.candle(reach=float(rng.integers(10, 30)) / 10, volume=float(rng.integers(10, 30)))
        return self

    def read(self, later_s: float = 0.0) -> dict[str, float]:
        """What is known of it, as of its close."""
        columns, _ = self.pauses.read(MIDNIGHT + self.at * STEP + round(later_s * SECOND))
        return {name: float(column.values[1]) for name, column in columns.items() if column.is_known[1]}


def test_the_5th_percentile_lies_between_the_lowest_as_numpy_says() -> None:
    rng = np.random.default_rng(2)
    for width in (20, 30):
        window = rng.exponential(size=(50, width))

        assert percentile(window) == pytest.approx(np.percentile(window, 5, axis=1), rel=1e-12)


def test_a_candle_is_held_against_those_before_it_and_not_against_itself() -> None:
    feed = Feed().warm()

    feed.candle(reach=0.02, volume=1.0)

    read = feed.read()
    assert (read["pause_volume"], read["pause_range"]) == pytest.approx((1.0, 0.02))
    assert read["pause_volume_p5"] >= 10.0
    assert read["pause_range_p5"] >= 1.0
    feed.candle(reach=1.0, volume=20.0)
    # Now it is among those before: the 5th percentile of 20 lies at rank 0.95, just below the second lowest.
    assert 1.0 < feed.read()["pause_volume_p5"] < 12.0


def test_the_growth_is_that_of_50_candles() -> None:
    feed = Feed().warm()
    for number in range(BACK + 1):
        feed.candle(close=100.0 + number * 0.1)

    assert feed.read()["pause_growth"] == pytest.approx(5.0)


def test_a_candle_that_was_filled_counts_as_none_for_thirty_and_itself() -> None:
    feed = Feed().warm()
    feed.candle(origin=Origin.FILLED)
    assert feed.read()["pause_whole"] == 0.0

    for number in range(RANGES + 1):
        feed.candle()
        assert feed.read()["pause_whole"] == number + 1


def test_a_hole_begins_the_windows_again() -> None:
    feed = Feed().warm()
    feed.candle()
    assert feed.read()
    feed.at += 1

    for _ in range(BACK):
        feed.candle()
        assert feed.read() == {}
    feed.candle()
    assert feed.read()["pause_whole"] == BACK + 1


def test_it_speaks_for_thirty_seconds_after_its_close() -> None:
    feed = Feed().warm()

    assert feed.read(30.0)
    assert feed.read(30.1) == {}


def test_nothing_is_known_before_the_day_has_its_points() -> None:
    feed = Feed()
    for _ in range(LEAST_POINTS * EVERY):
        feed.candle()

    assert feed.read() == {}


def test_the_average_true_range_is_that_of_wilder() -> None:
    feed = Feed()
    reaches = np.random.default_rng(4).integers(10, 40, WARM) / 10
    for reach in reaches.tolist():
        feed.candle(reach=reach)

    # All closes are 100, so that the true range is the range; the first candle has none.
    average = float(np.mean(reaches[1:21]))
    for reach in reaches[21:].tolist():
        average += (reach - average) / 20
    assert feed.read()["pause_natr"] == pytest.approx(average, rel=1e-6)


def test_the_rank_is_the_share_of_the_day_that_was_below() -> None:
    feed = Feed().warm()
    for _ in range(40):
        feed.candle(reach=8.0)

    assert feed.read()["pause_natr_rank"] == pytest.approx(1.0, abs=0.1)


def test_a_candle_that_comes_again_or_late_changes_nothing() -> None:
    feed = Feed().warm()
    before = {name: column.copy() for name, column in feed.pauses.kept().items()}
    feed.at -= 1

    feed.candle(reach=9.0)

    assert all(np.array_equal(before[name], column) for name, column in feed.pauses.kept().items())


def test_the_day_goes_round_in_the_same_memory() -> None:
    feed = Feed()
    rng = np.random.default_rng(5)
    for _ in range(300):
        feed.pauses.kept()["points"][1] += 2
        feed.candle(reach=float(rng.uniform(1, 2)))
    feed.pauses.kept()["points"][1] = 2 * 288 - 1
    while feed.at % EVERY:
        feed.candle()
    feed.candle()

    assert feed.pauses.kept()["points"][1] == 288


def test_what_left_is_forgotten_and_what_it_takes_is_what_it_reserved() -> None:
    feed = Feed().warm()
    feed.pauses.clear(1)
    ledger = Ledger()
    Pauses(rows=3, ledger=ledger)

    assert feed.read() == {}
    reserved = {line.owner: line.bytes_reserved for line in ledger.report()}
    assert [one.bytes for one in Pauses.reserve(rows=3)] == [reserved[OWNER]]
