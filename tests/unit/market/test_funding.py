import msgspec
import pytest
from tests.build import MIDNIGHT

from tidemark.market.funding import SETTLEMENTS, FundingReading, Fundings
from tidemark.memory.ledger import Ledger
from tidemark.units import DAY, HOUR, MILLISECOND

LATE = MIDNIGHT + 1000 * DAY


def fundings() -> Fundings:
    return Fundings(series=2, ledger=Ledger())


def told(made: Fundings, *hours: float, slot: int = 0, rate: float = 0.0001) -> Fundings:
    for hour in hours:
        assert made.add(slot, rate, MIDNIGHT + round(hour * HOUR), LATE)
    return made


def hours(made: Fundings, slot: int = 0) -> list[float]:
    return [(at - MIDNIGHT) / HOUR for at in made.settled(slot)[0].tolist()]


def test_settlements_are_kept_in_order_however_they_come() -> None:
    made = told(fundings(), 8, 0, 24, 16)

    assert hours(made) == [0, 8, 16, 24]


def test_each_is_kept_once_though_its_stamp_trembles_and_has_the_rate_told_last() -> None:
    made = told(fundings(), 0, 8)

    assert made.add(0, 0.5, MIDNIGHT + 8 * HOUR + 14 * MILLISECOND, LATE)
    assert made.add(0, 0.25, MIDNIGHT - 14 * MILLISECOND, LATE)

    times, rates = made.settled(0)
    assert times.tolist() == [MIDNIGHT, MIDNIGHT + 8 * HOUR]
    assert rates.tolist() == [0.25, 0.5]


def test_the_newest_ninety_are_kept() -> None:
    made = told(fundings(), *range(SETTLEMENTS + 2))
    assert hours(made) == list(range(2, 92))

    assert not made.add(0, 1.0, MIDNIGHT + HOUR, LATE)
    told(made, 50.5)

    assert made.refused == 1
    assert hours(made) == [*range(3, 51), 50.5, *range(51, 92)]
    assert [hour / HOUR for hour in (made.settled(0, 2)[0] - MIDNIGHT).tolist()] == [90, 91]


def test_what_is_not_over_is_no_settlement() -> None:
    made = fundings()

    assert not made.add(0, 1.0, MIDNIGHT + HOUR, MIDNIGHT)
    assert made.add(0, 1.0, MIDNIGHT + HOUR, MIDNIGHT, offset_ns=HOUR)
    assert made.refused == 1


@pytest.mark.parametrize(
    ("settled", "next_hour", "interval"),
    [
        ([], None, None),
        ([], 8, None),
        ([0], None, None),
        ([0], 4, 4),
        ([0], 0, None),
        ([0, 8], None, 8),
        ([0, 4, 8, 12], None, 4),
        ([0, 1, 2], 3, 1),
        # A shorter one is believed at once: between two settlements, and from the newest to the next.
        ([0, 8, 16, 20], None, 4),
        ([0, 8, 16], 20, 4),
        # A longer one may be a hole, until the next one or a second one confirms it.
        ([0, 8, 24], None, 8),
        ([0, 8, 24], 32, 8),
        ([0, 4, 8, 16], 24, 8),
        ([0, 4, 12, 20], None, 8),
        # A ticker that still names the settlement that is over tells nothing.
        ([0, 8, 16], 16, 8),
    ],
)
def test_the_interval_is_that_of_the_settlements(
    settled: list[float], next_hour: float | None, interval: float | None
) -> None:
    made = told(fundings(), *settled)

    found = made.interval_ns(0, None if next_hour is None else MIDNIGHT + round(next_hour * HOUR) + 3 * MILLISECOND)

    assert found == (None if interval is None else interval * HOUR)


def test_the_exchanges_word_counts_while_the_settlements_do_not_tell() -> None:
    made = fundings()
    made.join(0, 4.0)
    made.join(1, None)
    assert (made.interval_ns(0), made.interval_ns(1)) == (4 * HOUR, None)

    told(made, 0, 8)

    assert made.interval_ns(0) == 8 * HOUR


def test_a_reading_joins_what_is_due_with_what_was_settled() -> None:
    made = told(fundings(), 0, 8, rate=-0.0002)

    reading = made.reading(0, rate=0.0001, next_at=MIDNIGHT + 16 * HOUR, ts_recv=MIDNIGHT + 9 * HOUR)

    # 0.0001 three times a day for 365 days.
    assert reading.annualised == pytest.approx(0.1095)
    assert msgspec.structs.replace(reading, annualised=0.1095) == FundingReading(
        rate=0.0001,
        next_at=MIDNIGHT + 16 * HOUR,
        ts_recv=MIDNIGHT + 9 * HOUR,
        interval_ns=8 * HOUR,
        annualised=0.1095,
        settled=-0.0002,
        settled_at=MIDNIGHT + 8 * HOUR,
        settlements=2,
        settled_ts_recv=LATE,
    )


def test_what_is_not_known_is_nothing() -> None:
    made = fundings()

    reading = made.reading(0, rate=0.0001, next_at=None, ts_recv=5)

    assert (reading.annualised, reading.interval_ns, reading.settled, reading.settled_at) == (None, None, None, None)
    assert (reading.settlements, reading.settled_ts_recv) == (0, None)


def test_slots_are_apart_and_a_cleared_one_is_empty() -> None:
    made = told(told(fundings(), 0, 8), 1, slot=1)
    made.join(0, 8.0)
    made.clear(0)

    assert (hours(made), hours(made, 1)) == ([], [1])
    assert made.interval_ns(0) is None


def test_it_takes_what_it_reserves() -> None:
    (reserved,) = Fundings.reserve(series=2)

    # Ninety times and rates, how many, when they were told, and the interval that the exchange names.
    assert reserved.item_bytes == 90 * 16 + 4 + 8 + 8 == 1460
