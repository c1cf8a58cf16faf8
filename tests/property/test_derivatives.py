"""The windows of open interest, funding and liquidations against plain models that keep everything."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build import MIDNIGHT

from tidemark.market.five_minutes import POINTS, ROWS, STEP_NS, FiveMinutes
from tidemark.market.funding import SETTLEMENTS, Fundings
from tidemark.market.liquidations import Liquidations
from tidemark.memory.ledger import Ledger
from tidemark.units import DAY, HOUR, MILLISECOND, MINUTE

SLOT = np.zeros(1, np.int32)
# Two days in steps that hit the grid often.
times = st.integers(0, 2 * DAY // MINUTE).map(lambda minutes: MIDNIGHT + minutes * MINUTE)


@given(st.lists(st.tuples(times, st.integers(0, 5)), max_size=60))
def test_points_are_the_last_reading_of_each_five_minutes_in_any_order(readings: list[tuple[int, int]]) -> None:
    made = FiveMinutes("x", series=1, dtype=np.float64, ledger=Ledger())
    kept: dict[int, tuple[int, float]] = {}
    newest = (0, 0.0)
    refused = 0

    for at, value in readings:
        point = math.ceil(Fraction(at, STEP_NS))
        is_kept = not kept or point > max(kept) - ROWS
        assert made.add(0, float(value), at, at) is is_kept
        refused += not is_kept
        if is_kept:
            kept[point] = max(kept.get(point, (0, 0.0)), (at, float(value)), key=lambda entry: entry[0])
            # Of two at the same time the one told last.
            if kept[point][0] == at:
                kept[point] = (at, float(value))
            if at >= newest[0]:
                newest = (at, float(value))

    assert made.refused == refused
    points = made.points(0)
    found = dict(zip((points.times // STEP_NS).tolist(), points.values.tolist(), strict=True))
    expected = {point: value for point, (_, value) in kept.items() if point > max(kept) - POINTS}
    assert {point: value for point, value in found.items() if not math.isnan(value)} == expected
    latest = made.latest(0)
    assert (latest.ts_event, latest.value) == newest if latest is not None else not kept
    for distance in (HOUR, DAY):
        before = kept.get(max(kept) - distance // STEP_NS) if kept else None
        change = made.change(0, distance)
        if before is None or before[1] == 0.0:
            assert change is None
        else:
            assert change == newest[1] / before[1] - 1.0


@given(st.lists(times, max_size=80), times)
def test_the_oldest_hole_is_the_first_missing_point_of_24_hours(at: list[int], now: int) -> None:
    made = FiveMinutes("x", series=1, dtype=np.float64, ledger=Ledger())
    now += DAY
    told = {math.ceil(Fraction(one, STEP_NS)) for one in at if made.add(0, 1.0, one, one)}
    newest = now // STEP_NS

    wanted = [point for point in range(newest - POINTS + 1, newest + 1) if point not in told]
    if told and max(told) > newest:
        # What the ring can no longer hold is no hole.
        wanted = [point for point in wanted if point > max(told) - ROWS]

    assert made.hole(0, now) == (min(wanted) * STEP_NS if wanted else None)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(-20, 20), st.integers(0, 9)), max_size=250))
def test_settlements_are_the_newest_ninety_each_once(told: list[tuple[int, int, int]]) -> None:
    made = Fundings(series=1, ledger=Ledger())
    kept: dict[int, float] = {}

    for hour, jitter_ms, rate in told:
        due = MIDNIGHT + hour * HOUR
        is_kept = len(kept) < SETTLEMENTS or due >= min(kept)
        assert made.add(0, rate / 10, due + jitter_ms * MILLISECOND, MIDNIGHT + 300 * HOUR) is is_kept
        if is_kept:
            kept[due] = rate / 10
            if len(kept) > SETTLEMENTS:
                del kept[min(kept)]

    due_at, rates = made.settled(0)
    assert list(zip(due_at.tolist(), rates.tolist(), strict=True)) == sorted(kept.items())


Told = tuple[int, int, int, bool]
liquidations = st.lists(st.tuples(times, st.integers(1, 3), st.integers(1, 3), st.booleans()), max_size=60)


@given(liquidations, st.integers(0, 3 * DAY // MINUTE))
def test_sums_are_those_of_the_window_each_counted_once(told: list[Told], minutes: int) -> None:
    made = Liquidations(series=1, rows=100, ledger=Ledger())
    made.mark_gap(SLOT, None, MIDNIGHT - 5 * DAY, is_venue=False)
    kept: set[Told] = set()
    now = MIDNIGHT + minutes * MINUTE

    for at, price, size, is_long in told:
        newest = max((one[0] for one in kept), default=0) // STEP_NS
        is_new = (at, price, size, is_long) not in kept and at // STEP_NS > newest - POINTS
        assert made.add(0, ts_event=at, ts_recv=at, price=float(price), size=float(size), is_long=is_long) is is_new
        if is_new:
            kept.add((at, price, size, is_long))

    newest = max((one[0] for one in kept), default=0) // STEP_NS
    window = [
        one
        for one in kept
        if now // STEP_NS - POINTS < one[0] // STEP_NS <= now // STEP_NS and one[0] // STEP_NS > newest - POINTS
    ]
    totals = made.totals(0, now)
    assert totals is not None
    longs = [one for one in window if one[3]]
    shorts = [one for one in window if not one[3]]
    assert (totals.longs, totals.shorts) == (len(longs), len(shorts))
    assert totals.long_turnover == sum(price * size for _, price, size, _ in longs)
    assert totals.short_turnover == sum(price * size for _, price, size, _ in shorts)
    assert totals.coverage == 1.0


@given(
    st.lists(st.integers(1, 600), min_size=1, max_size=20),
    st.integers(0, 2 * DAY // MINUTE),
)
def test_coverage_is_the_time_that_was_whole_within_the_window(spans: list[int], later: int) -> None:
    """*spans* minutes, in turn whole and broken off."""
    made = Liquidations(series=1, rows=10, ledger=Ledger())
    whole: list[tuple[int, int]] = []
    at = MIDNIGHT
    for number, span in enumerate(spans):
        end = at + span * MINUTE
        if number % 2 == 0:
            made.mark_gap(SLOT, None if number == 0 else at - spans[number - 1] * MINUTE, at, is_venue=False)
            whole.append((at, end))
        else:
            made.mark_gap(SLOT, at, None, is_venue=False)
        at = end
    now = at + later * MINUTE
    if len(spans) % 2 == 1:
        whole[-1] = (whole[-1][0], now)
    begin = (now // STEP_NS - POINTS + 1) * STEP_NS

    # Buckets are whole: those that lie behind the newest 288 of the feed's own are not held any more.
    watched = sum(max(0, min(end, now) - max(start, begin)) for start, end in whole)

    totals = made.totals(0, now)
    if watched == 0:
        assert totals is None
    else:
        assert totals is not None
        assert totals.coverage == pytest.approx(watched / (now - begin), abs=1e-9)
