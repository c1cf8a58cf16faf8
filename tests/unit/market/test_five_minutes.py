import math

import numpy as np
import pytest
from tests.build import MIDNIGHT

from tidemark.market.five_minutes import POINTS, ROWS, STEP_NS, FiveMinutes, Reading
from tidemark.memory.ledger import Ledger
from tidemark.units import DAY, HOUR, MINUTE, SECOND

NEXT = MIDNIGHT + STEP_NS


def series(count: int = 2) -> FiveMinutes:
    return FiveMinutes("x", series=count, dtype=np.float64, ledger=Ledger())


def told(made: FiveMinutes, *points: tuple[int, float], slot: int = 0) -> None:
    for at, value in points:
        assert made.add(slot, value, at, at + SECOND)


def values(made: FiveMinutes, slot: int = 0, count: int = POINTS) -> list[tuple[int, float | None]]:
    points = made.points(slot, count)
    pairs = zip(((points.times - MIDNIGHT) // STEP_NS).tolist(), points.values.tolist(), strict=True)
    return [(at, None if math.isnan(value) else value) for at, value in pairs]


def test_nothing_is_known_before_the_first_reading() -> None:
    made = series()

    assert made.latest(0) is None
    assert values(made) == []
    assert made.change_1h(0) is made.change_24h(0) is made.back(0, HOUR) is None


def test_a_point_is_the_last_reading_within_its_five_minutes_its_own_time_among_them() -> None:
    made = series()

    told(made, (MIDNIGHT, 1.0), (MIDNIGHT + 1, 2.0), (NEXT - 1, 3.0), (NEXT, 4.0), (NEXT + 1, 5.0))

    assert values(made) == [(0, 1.0), (1, 4.0), (2, 5.0)]


def test_a_reading_that_comes_late_changes_its_point_only_where_it_is_the_last_of_it() -> None:
    made = series()
    told(made, (MIDNIGHT + MINUTE, 1.0), (NEXT + MINUTE, 2.0))

    told(made, (MIDNIGHT + 2 * MINUTE, 3.0), (MIDNIGHT + MINUTE - SECOND, 4.0), (MIDNIGHT, 5.0))

    assert values(made) == [(0, 5.0), (1, 3.0), (2, 2.0)]
    assert made.latest(0) == Reading(value=2.0, ts_event=NEXT + MINUTE, ts_recv=NEXT + MINUTE + SECOND)


def test_a_point_that_nobody_told_is_missing_and_nothing_is_carried_forward() -> None:
    made = series()

    told(made, (MIDNIGHT, 1.0), (MIDNIGHT + 3 * STEP_NS, 2.0))

    assert values(made) == [(0, 1.0), (1, None), (2, None), (3, 2.0)]
    assert values(made, count=2) == [(3, 2.0)]


def test_zero_is_a_figure() -> None:
    made = series()

    told(made, (MIDNIGHT, 0.0), (NEXT, 1.0))

    assert values(made) == [(0, 0.0), (1, 1.0)]
    assert made.back(0, STEP_NS) == 0.0
    # There is no change against nothing.
    assert made.change(0, STEP_NS) is None


def test_changes_are_against_the_points_exactly_so_long_before() -> None:
    made = series()
    told(made, (MIDNIGHT, 100.0), (MIDNIGHT + STEP_NS, 1.0), (MIDNIGHT + 23 * HOUR, 160.0), (MIDNIGHT + DAY, 200.0))

    assert made.change_24h(0) == pytest.approx(1.0)  # 200 / 100 - 1
    assert made.change_1h(0) == pytest.approx(0.25)  # 200 / 160 - 1

    told(made, (MIDNIGHT + DAY + STEP_NS, 300.0))
    assert made.change_24h(0) == pytest.approx(299.0)  # 300 / 1 - 1
    assert made.change_1h(0) is None


def test_only_24_hours_and_the_point_before_them_are_held() -> None:
    made = series()
    told(made, *((MIDNIGHT + n * STEP_NS, float(n)) for n in range(ROWS + 3)))

    assert values(made, count=10**6)[0] == (3, 3.0)
    assert len(values(made)) == POINTS == 288
    assert not made.add(0, 1.0, MIDNIGHT + 2 * STEP_NS, MIDNIGHT + DAY)
    assert made.refused == 1
    assert made.back(0, DAY) == 3.0


def test_a_reading_from_the_future_is_refused_and_pushes_nothing_out() -> None:
    made = series()
    told(made, (MIDNIGHT, 1.0))

    assert not made.add(0, 9.0, MIDNIGHT + STEP_NS + 1, MIDNIGHT)
    assert made.add(0, 2.0, MIDNIGHT + STEP_NS + 1, MIDNIGHT, offset_ns=1)

    assert made.refused == 1
    assert values(made) == [(0, 1.0), (1, None), (2, 2.0)]


def test_holes_are_found_oldest_first_and_none_when_there_is_none() -> None:
    made = series()
    now = MIDNIGHT + DAY + 2 * MINUTE
    first = MIDNIGHT + STEP_NS
    assert made.hole(0, now) == first

    told(made, *((MIDNIGHT + n * STEP_NS, 1.0) for n in range(ROWS) if n not in {7, 9}))
    assert made.hole(0, now) == MIDNIGHT + 7 * STEP_NS
    told(made, (MIDNIGHT + 7 * STEP_NS, 1.0))
    assert made.hole(0, now) == MIDNIGHT + 9 * STEP_NS
    told(made, (MIDNIGHT + 9 * STEP_NS, 1.0))
    assert made.hole(0, now) is None

    # A reading of now belongs to the next point.
    told(made, (now, 1.0))
    assert made.hole(0, now) is None
    assert made.hole(0, now + 2 * STEP_NS) == MIDNIGHT + DAY + 2 * STEP_NS


def test_a_series_that_stopped_days_ago_lacks_all_of_the_24_hours() -> None:
    made = series()
    told(made, (MIDNIGHT, 1.0))

    assert made.hole(0, MIDNIGHT + 10 * DAY) == MIDNIGHT + 9 * DAY + STEP_NS


def test_slots_are_apart_and_a_cleared_one_is_empty() -> None:
    made = series()
    told(made, (MIDNIGHT, 1.0))
    told(made, (MIDNIGHT, 2.0), slot=1)

    made.clear(0)

    assert made.latest(0) is None
    assert values(made) == []
    assert values(made, 1) == [(0, 2.0)]


def test_it_takes_what_it_reserves() -> None:
    ledger = Ledger()
    FiveMinutes("x", series=3, dtype=np.float32, ledger=ledger)

    reserved = {line.owner: line.bytes for line in FiveMinutes.reserve("x", series=3, dtype=np.float32)}
    assert {line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"} == reserved
    assert ledger.violations() == []
