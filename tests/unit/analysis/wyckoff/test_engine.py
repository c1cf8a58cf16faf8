import numpy as np
import pytest
from tests.structures import RANGE, START, TREND, Leg, bars_of, draw, price_of, profile
from tests.structures_read import WHOLE, take

from tidemark.analysis.wyckoff import engine
from tidemark.analysis.wyckoff.engine import Structure
from tidemark.kernels import bar_features, structure
from tidemark.memory.ledger import Ledger
from tidemark.units import DAY, HOUR


def made(series: int = 3, timeframe_ns: int = HOUR, ledger: Ledger | None = None) -> Structure:
    return Structure("s", series=series, timeframe_ns=timeframe_ns, profile=profile(), ledger=ledger or Ledger())


def test_what_it_takes_is_known_before_it_is_made_and_stands_in_the_ledger() -> None:
    ledger = Ledger()
    made(7, ledger=ledger)

    planned, given = Structure.reserve("s", series=7)
    reserved = [one.reservation for one in ledger.owners()]
    assert planned in reserved
    assert given in reserved
    # 499 numbers of 8 bytes and 132 of 4.
    assert planned.item_bytes == 4 * (structure.WIDTH + bar_features.WIDTH) <= 64 * 1024


def test_events_say_in_which_bar_of_the_batch_they_were_known() -> None:
    taken = take()

    is_event = taken.batch.events[:, 1] < structure.KINDS
    confirmed, entry = taken.batch.events[is_event, 4], taken.batch.events[is_event, 8]
    assert confirmed.tolist() == entry.tolist()
    assert len(confirmed) == 10
    assert taken.batch.bars.tolist() == list(range(1, 161))


def test_a_live_range_is_told_by_its_names() -> None:
    taken = take(until=56)
    count, (standing,) = taken.structure.standing(0)

    assert count == taken.structure.count(0) == 56
    assert (standing.id, standing.origin, standing.begin, standing.phase, standing.tests) == (1, 1, 20, 2, 1)
    assert np.exp(standing.lower) == pytest.approx(price_of(WHOLE, 23.875))
    assert np.exp(standing.upper) == pytest.approx(price_of(WHOLE, 30.125))
    assert (standing.touches_lower, standing.touches_upper, standing.alternations) == (2, 1, 2)
    assert (standing.a, standing.b, standing.c, standing.d, standing.e) == (0, 1, 0, 0, 0)


def test_a_climax_that_waits_is_told_with_its_levels() -> None:
    drawn = draw(START, (*TREND, RANGE[0], Leg(27.0, 4)))
    (one,) = take(drawn).structure.candidates(0)

    assert (one.direction, one.stage, one.at, one.lowered_at, one.replaced_at) == (1, 2, 36, -1, -1)
    assert one.first_level == one.level
    assert np.exp([one.level, one.reaction]) == pytest.approx([price_of(drawn, 23.875), price_of(drawn, 30.125)])


def test_more_events_than_there_is_room_for_are_given_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = take().batch
    monkeypatch.setattr(engine, "_ROOM", structure.MOST_EVENTS)

    tight = take().batch

    for name in ("events", "values", "seen", "pull", "bars", "features"):
        assert np.array_equal(getattr(tight, name), getattr(whole, name)), name


def test_a_batch_of_no_bars_gives_nothing() -> None:
    none = np.zeros(0)
    given = made().take(none.astype(np.int32), none.astype(np.int64), none, none, none, none, none)

    assert given.events.shape == (0, structure.EVENT)
    assert given.values.shape == (0, structure.VALUES)
    assert given.seen.shape == (0, 4)


def test_rows_are_series_and_a_cleared_one_begins_anew() -> None:
    one, bars = made(), bars_of(WHOLE)
    columns = (bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume)
    rows = np.full(len(bars.time), 2, np.int32)
    first = one.take(rows, *columns)
    assert one.summary().tolist() == [[0, 0], [0, 0], [160, 0]]

    one.clear(2)
    assert (one.count(2), one.atr(2), one.standing(2)) == (0, 0.0, (0, []))
    again = one.take(rows, *columns)

    assert np.array_equal(again.events, first.events)
    assert np.array_equal(again.values, first.values)


def test_the_average_true_range_is_that_of_the_last_bar() -> None:
    taken = take()

    assert taken.structure.atr(0) == pytest.approx(taken.batch.features[-1, 4], rel=1e-6)


@pytest.mark.parametrize(("timeframe_ns", "has_hours"), [(HOUR, True), (4 * HOUR, True), (DAY, False)])
def test_only_candles_shorter_than_a_day_have_an_hour(timeframe_ns: int, has_hours: bool) -> None:
    one, bars = made(timeframe_ns=timeframe_ns), bars_of(WHOLE, step_ns=timeframe_ns)
    one.take(
        np.zeros(len(bars.time), np.int32), bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume
    )  # fmt: skip

    season = one._table.columns["features"][0, 84:]
    assert bool(season.any()) is has_hours
