import numpy as np
from tests.structures import bars_of, mirrored, profile
from tests.structures_read import WHOLE

from tidemark.analysis.columns import Column
from tidemark.analysis.wyckoff.live import GIVES, MarketStructure, unknown
from tidemark.analysis.wyckoff.schematics import TEMPLATES
from tidemark.analysis.wyckoff.view import WARM_UP
from tidemark.kernels import structure
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.units import HOUR


def made(ledger: Ledger | None = None) -> MarketStructure:
    return MarketStructure(Timeframe.H1, profile(), series=3, ledger=ledger or Ledger())


def read(one: MarketStructure, slot: int, begin: int = 0, end: int | None = None) -> dict[str, Column]:
    bars = bars_of(mirrored(WHOLE) if slot == 2 else WHOLE)
    columns = {name: Column.of(getattr(bars, name)[begin:end]) for name in ("open", "high", "low", "close", "volume")}
    times = bars.time[begin:end]
    return one.read(np.full(len(times), slot, np.int32), times, columns)


def test_what_it_takes_is_known_before_it_is_made() -> None:
    ledger = Ledger()
    made(ledger)

    planned = MarketStructure.reserve(Timeframe.H1, series=3)
    opened = [one.reservation for one in ledger.owners() if one.reservation.owner.startswith("analysis/1h/structure")]
    assert sorted(opened, key=lambda one: one.owner) == sorted(planned, key=lambda one: one.owner)


def test_it_gives_pull_and_phase_once_it_has_had_enough_bars() -> None:
    given = read(made(), 0)

    assert tuple(given) == GIVES
    for column in given.values():
        assert column.is_known.tolist() == [False] * (WARM_UP - 1) + [True] * (161 - WARM_UP)
    phases = given["structure_phase"].values
    # Phase C until the test at 100 is known, D until E begins at 123, and none once the range is over.
    assert (phases[99], phases[112], phases[130], phases[150]) == (3.0, 4.0, 5.0, 0.0)
    assert given["structure_pull"].values[110] > 0.4


def test_upside_down_the_pull_is_the_opposite_and_the_phase_the_same() -> None:
    one = made()
    up, down = read(one, 0), read(one, 2)

    assert np.allclose(down["structure_pull"].values, -up["structure_pull"].values)
    assert down["structure_phase"].values.tolist() == up["structure_phase"].values.tolist()


def test_what_a_range_is_like_is_looked_at_when_its_events_change() -> None:
    one = made()
    assert one.kept.likeness(0) == (0, 0, 0.0)

    read(one, 0, 0, 94)
    template, direction, early = one.kept.likeness(0)
    assert (TEMPLATES[template - 1], direction) == ("ACCUMULATION_1", 1)
    read(one, 0, 94, 125)
    assert one.kept.likeness(0)[2] >= early - 0.05
    read(one, 0, 125)
    # It is over: nothing is like anything.
    assert one.kept.likeness(0) == (0, 0, 0.0)


def test_a_cleared_series_begins_anew_and_the_others_stay() -> None:
    one = made()
    read(one, 0, 0, 125)
    read(one, 2, 0, 125)
    one.clear(0)

    assert one.structure.count(0) == 0
    assert one.kept.events(0) == []
    assert one.kept.likeness(0) == (0, 0, 0.0)
    assert one.structure.count(2) == 125
    newest = one.kept.newest(2)
    assert newest is not None
    assert (newest.kind, newest.direction) == (structure.LAST_POINT, -1)


def test_times_are_those_of_the_bars_of_the_batch() -> None:
    one = made()
    read(one, 0, 0, 90)
    read(one, 0, 90, 125)

    newest = one.kept.newest(0)
    assert newest is not None
    assert (newest.at, newest.time) == (118, 120 * HOUR)


def test_where_it_is_not_read_nothing_is_known() -> None:
    columns = unknown(4)

    assert tuple(columns) == GIVES
    assert not any(column.is_known.any() for column in columns.values())
    assert {len(column.values) for column in columns.values()} == {4}
