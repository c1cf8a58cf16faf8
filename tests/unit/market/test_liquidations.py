import numpy as np
import pytest
from tests.build import MIDNIGHT

from tidemark.market.five_minutes import STEP_NS
from tidemark.market.liquidations import Liquidations
from tidemark.memory.ledger import Ledger
from tidemark.units import DAY, HOUR, MINUTE, SECOND

ALL = np.array([0, 1], np.int32)
ONE = np.array([0], np.int32)


def liquidations(rows: int = 10, *, since: int | None = MIDNIGHT - 2 * DAY) -> Liquidations:
    made = Liquidations(series=2, rows=rows, ledger=Ledger())
    if since is not None:
        made.mark_gap(ALL, None, since, is_venue=False)
    return made


def add(made: Liquidations, at: float, price: float = 10.0, size: float = 2.0, *, long: bool = True) -> bool:
    ts = MIDNIGHT + round(at * SECOND)
    return made.add(0, ts_event=ts, ts_recv=ts + SECOND, price=price, size=size, is_long=long)


def sums(made: Liquidations, now: int, slot: int = 0) -> tuple[float, float, int, int] | None:
    found = made.totals(slot, now)
    return None if found is None else (found.long_turnover, found.short_turnover, found.longs, found.shorts)


def coverage(made: Liquidations, now: int, slot: int = 0) -> float | None:
    found = made.totals(slot, now)
    return None if found is None else found.coverage


def test_each_side_is_summed_in_quote_currency_and_counted() -> None:
    made = liquidations()
    add(made, 1)
    add(made, 2, 20.0, 3.0, long=False)
    add(made, 3, 5.0, 1.0)

    found = made.totals(0, MIDNIGHT + MINUTE)

    assert found is not None
    assert sums(made, MIDNIGHT + MINUTE) == (25.0, 60.0, 2, 1)
    assert (found.last_at, found.last_recv) == (MIDNIGHT + 3 * SECOND, MIDNIGHT + 4 * SECOND)
    assert found.coverage == 1.0


def test_one_that_comes_again_counts_once_and_one_that_differs_in_anything_counts() -> None:
    made = liquidations()
    assert add(made, 1)

    assert not add(made, 1)
    assert [add(made, 1, 11.0), add(made, 1, 10.0, 3.0), add(made, 1, long=False), add(made, 1.001)] == [True] * 4

    assert (made.duplicates, made.refused) == (1, 0)
    assert sums(made, MIDNIGHT + MINUTE) == (20.0 + 22.0 + 30.0 + 20.0, 20.0, 4, 1)


def test_only_the_newest_are_held_and_what_is_older_than_all_of_them_is_refused() -> None:
    made = liquidations(rows=3)
    for at in (10, 20, 30, 40):
        assert add(made, at)

    assert not add(made, 10)
    assert add(made, 25)

    assert made.refused == 1
    rows = made.rows(0, 10)
    assert [(at - MIDNIGHT) // SECOND for at in rows["ts_event"].tolist()] == [30, 40, 25]
    assert rows["is_long"].tolist() == [1, 1, 1]
    assert sums(made, MIDNIGHT + MINUTE) == (100.0, 0.0, 5, 0)
    found = made.totals(0, MIDNIGHT + MINUTE)
    assert found is not None
    assert found.last_at == MIDNIGHT + 40 * SECOND


def test_the_window_moves_with_the_time_and_not_with_the_liquidations() -> None:
    made = liquidations()
    add(made, 0)
    add(made, 301, long=False)

    assert sums(made, MIDNIGHT + DAY - 1) == (20.0, 20.0, 1, 1)
    assert sums(made, MIDNIGHT + DAY) == (0.0, 20.0, 0, 1)
    assert sums(made, MIDNIGHT + DAY + 300 * SECOND) == (0.0, 0.0, 0, 0)


def test_a_late_one_goes_into_its_own_bucket() -> None:
    made = liquidations()
    add(made, 12 * 3600)
    add(made, 0)

    assert sums(made, MIDNIGHT + DAY - 1) == (40.0, 0.0, 2, 0)
    assert sums(made, MIDNIGHT + DAY) == (20.0, 0.0, 1, 0)


def test_one_from_the_future_or_of_the_day_before_is_refused() -> None:
    made = liquidations()
    add(made, 86400)

    assert not made.add(0, ts_event=MIDNIGHT + 2 * DAY, ts_recv=MIDNIGHT + DAY, price=1.0, size=1.0, is_long=True)
    assert not add(made, 0)

    assert made.refused == 2
    assert sums(made, MIDNIGHT + DAY + SECOND) == (20.0, 0.0, 1, 0)


def test_without_a_feed_that_was_ever_whole_there_are_no_sums() -> None:
    made = liquidations(since=None)
    add(made, 1)

    assert made.totals(0, MIDNIGHT + MINUTE) is None
    assert len(made.rows(0, 10)["price"]) == 1


def test_the_coverage_is_the_part_of_the_window_in_which_the_feed_was_whole() -> None:
    made = liquidations(since=MIDNIGHT)
    window = 287 * STEP_NS + 2 * MINUTE
    assert coverage(made, MIDNIGHT + 2 * MINUTE) == pytest.approx(2 * MINUTE / window)

    # Whole for six minutes, broken off for four, whole for two.
    made.mark_gap(ONE, MIDNIGHT + 6 * MINUTE, None, is_venue=False)
    assert coverage(made, MIDNIGHT + 7 * MINUTE) == pytest.approx(6 * MINUTE / window)
    made.mark_gap(ONE, MIDNIGHT + 6 * MINUTE, MIDNIGHT + 10 * MINUTE, is_venue=False)
    assert coverage(made, MIDNIGHT + 12 * MINUTE) == pytest.approx(8 * MINUTE / window)
    assert coverage(made, MIDNIGHT + 12 * MINUTE, slot=1) == pytest.approx(12 * MINUTE / window)

    # 23 h 55 min later the first six minutes are out of the window, but for the last of them.
    assert coverage(made, MIDNIGHT + DAY + 2 * MINUTE) == pytest.approx(
        (window - 4 * MINUTE - STEP_NS) / window, rel=0.01
    )
    assert coverage(made, MIDNIGHT + DAY + 15 * MINUTE) == 1.0


def test_a_gap_that_leaves_nothing_of_the_day_leaves_no_sums() -> None:
    made = liquidations(since=MIDNIGHT)
    made.mark_gap(ONE, MIDNIGHT + HOUR, None, is_venue=False)

    assert sums(made, MIDNIGHT + HOUR) == (0.0, 0.0, 0, 0)
    assert sums(made, MIDNIGHT + 3 * DAY) is None


def test_what_was_whole_until_an_unknown_time_does_not_count() -> None:
    made = liquidations(since=MIDNIGHT)
    made.mark_gap(ONE, None, MIDNIGHT + HOUR, is_venue=False)

    assert coverage(made, MIDNIGHT + HOUR) is None
    assert coverage(made, MIDNIGHT + HOUR + MINUTE) == pytest.approx(MINUTE / (287 * STEP_NS + MINUTE))


def test_a_gap_that_begins_before_the_feed_was_whole_takes_nothing_away() -> None:
    made = liquidations(since=MIDNIGHT)

    made.mark_gap(ONE, MIDNIGHT - HOUR, MIDNIGHT + HOUR, is_venue=False)

    assert coverage(made, MIDNIGHT + 2 * HOUR) == pytest.approx(HOUR / (287 * STEP_NS))


def test_a_joiner_is_watched_at_once_where_one_feed_carries_all_markets() -> None:
    made = liquidations(since=None)
    made.join(0, MIDNIGHT)
    assert made.totals(0, MIDNIGHT + MINUTE) is None

    made.mark_gap(ONE, None, MIDNIGHT, is_venue=True)
    made.join(1, MIDNIGHT + HOUR)
    assert coverage(made, MIDNIGHT + 2 * HOUR, slot=1) == pytest.approx(HOUR / (287 * STEP_NS))

    made.mark_gap(ONE, MIDNIGHT + 2 * HOUR, None, is_venue=True)
    made.clear(1)
    made.join(1, MIDNIGHT + 3 * HOUR)
    assert made.totals(1, MIDNIGHT + 4 * HOUR) is None


def test_a_cleared_slot_is_empty_and_unwatched() -> None:
    made = liquidations()
    add(made, 1)
    made.clear(0)

    assert made.totals(0, MIDNIGHT + MINUTE) is None
    assert len(made.rows(0, 10)["price"]) == 0
    made.mark_gap(ONE, None, MIDNIGHT, is_venue=False)
    assert sums(made, MIDNIGHT + MINUTE) == (0.0, 0.0, 0, 0)


def test_it_takes_what_it_reserves() -> None:
    ledger = Ledger()
    Liquidations(series=2, rows=7, ledger=ledger)

    reserved = Liquidations.reserve(series=2, rows=7)
    assert {line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"} == {
        line.owner: line.bytes for line in reserved
    }
    assert ledger.violations() == []
    assert reserved[0].item_bytes == 25
    assert reserved[1].item_bytes * 288 + reserved[2].item_bytes == 20 * 288 + 24 == 5784
