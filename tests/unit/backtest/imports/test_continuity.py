import numpy as np
import pytest

from tidemark.backtest.imports.continuity import TOLD, Continuity, Gaps, Split
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, HOUR

# A Monday: 1 January 2024.
MONDAY = 19_723 * DAY


def taken(timeframe: Timeframe, times: list[int], prices: list[float], parts: int = 1) -> Continuity:
    made = Continuity(timeframe)
    for some in np.array_split(np.arange(len(times)), parts):
        price = np.array(prices)[some]
        made.take("A", np.array(times)[some], price, price)
    return made


def test_the_epoch_of_these_tests_is_a_monday() -> None:
    assert np.datetime64(MONDAY, "ns").astype("datetime64[D]").astype(object).weekday() == 0


@pytest.mark.parametrize("parts", [1, 2, 5])
def test_weekends_and_holidays_are_told_apart(parts: int) -> None:
    # Monday to Friday but for Thursday, Monday of the next week and, after a week of holidays, of the one after that.
    days = [0, 1, 2, 4, 7, 14]

    gaps = taken(Timeframe.D1, [MONDAY + day * DAY for day in days], [10.0] * 6, parts).gaps

    # Thursday; Saturday and Sunday; Tuesday to Sunday.
    assert gaps == Gaps(
        places=3, missing=1 + 2 + 6, weekends=2, longest_from=MONDAY + 7 * DAY, longest_to=MONDAY + 14 * DAY
    )


def test_a_gap_that_begins_on_a_sunday_is_of_a_weekend() -> None:
    # Candles up to Saturday's last hour, then from Monday's second.
    times = [MONDAY + 6 * DAY - HOUR, MONDAY + 7 * DAY + HOUR]

    assert taken(Timeframe.H1, times, [10.0, 10.0]).gaps.weekends == 1
    assert taken(Timeframe.H1, [MONDAY, MONDAY + 30 * HOUR], [10.0, 10.0]).gaps.weekends == 0


def test_without_a_gap_there_is_no_longest() -> None:
    gaps = taken(Timeframe.D1, [MONDAY, MONDAY + DAY], [10.0, 10.0]).gaps

    assert gaps == Gaps(places=0, missing=0, weekends=0, longest_from=None, longest_to=None)


@pytest.mark.parametrize(
    ("before", "after", "ratio"), [(400.0, 101.0, 4.0), (150.0, 99.0, 1.5), (2.0, 20.5, 0.1), (1000.0, 50.0, 20.0)]
)
def test_a_jump_by_a_ratio_of_splits_is_told(before: float, after: float, ratio: float) -> None:
    made = taken(Timeframe.D1, [MONDAY, MONDAY + DAY], [before, after])

    assert made.splits == [Split(symbol="A", at=MONDAY + DAY, before=before, after=after, ratio=ratio)]


@pytest.mark.parametrize("after", [98.0, 80.0, 60.0, 28.6])
def test_a_fall_that_is_no_such_ratio_is_a_fall(after: float) -> None:
    assert taken(Timeframe.D1, [MONDAY, MONDAY + DAY], [100.0, after]).splits == []


def test_within_a_session_nothing_is_split() -> None:
    assert taken(Timeframe.H1, [MONDAY, MONDAY + HOUR], [100.0, 50.0]).splits_found == 0
    assert taken(Timeframe.H1, [MONDAY, MONDAY + 18 * HOUR], [100.0, 50.0]).splits_found == 1


def test_many_are_counted_and_the_first_told() -> None:
    count = 3 * TOLD
    prices = [100.0 if at % 2 else 50.0 for at in range(count)]

    made = taken(Timeframe.D1, [MONDAY + at * DAY for at in range(count)], prices, 4)

    assert (len(made.splits), made.splits_found) == (TOLD, count - 1)


def test_markets_are_apart() -> None:
    made = Continuity(Timeframe.D1)
    for symbol, price in (("A", 100.0), ("B", 50.0), ("A", 101.0)):
        day = MONDAY + DAY * (price == 101.0)
        made.take(symbol, np.array([day]), np.array([price]), np.array([price]))

    assert (made.splits_found, made.gaps.places) == (0, 0)
