import numpy as np
import pytest

from tidemark.analysis.columns import Column, Columns
from tidemark.analysis.factors.base import Pace
from tidemark.analysis.panel import Panel
from tidemark.analysis.sources import registry
from tidemark.memory.ledger import Ledger

INPUTS = tuple(column for name in registry.names() for column in registry.given(name))


def panel(series: int = 3) -> Panel:
    return Panel("panel", Pace.MOMENT, series=series, inputs=INPUTS, memory=100, ledger=Ledger())


def depth(bids: list[float], asks: list[float]) -> Columns:
    return Columns(len(bids), {"bids_25": Column.of(np.array(bids)), "asks_25": Column.of(np.array(asks))})


def taken(made: Panel, bids: list[float], asks: list[float], *, slot: int = 1, learns: bool = True) -> None:
    count = len(bids)
    made.take(np.full(count, slot, np.int32), depth(bids, asks), np.arange(count) + 7, learns=learns)


def of(made: Panel, slot: int = 1) -> tuple[float, float, bool]:
    at = tuple(made.factors).index("depth_25")
    return float(made.value[slot, at]), float(made.usual[slot, at]), bool(made.is_known[slot, at])


def test_the_last_reading_of_a_series_stays_with_its_time() -> None:
    made = panel()

    taken(made, [3.0] * 40 + [1.0], [1.0] * 40 + [3.0])

    value, usual, is_known = of(made)
    assert (value, is_known, int(made.at[1])) == (-0.5, True, 47)
    assert usual == pytest.approx(0.5)
    assert of(made, 0) == (0.0, 0.0, False)


def test_a_reading_that_is_not_learned_from_changes_nothing_but_the_reading() -> None:
    made = panel()
    taken(made, [3.0] * 40, [1.0] * 40)

    taken(made, [1.0] * 500, [0.0] * 500, learns=False)

    value, usual, _ = of(made)
    assert value == 1.0
    assert usual == pytest.approx(0.5)


def test_what_is_missing_takes_its_factor_with_it_and_no_other() -> None:
    made = panel()
    taken(made, [3.0] * 40, [1.0] * 40)

    made.take(np.array([1], np.int32), Columns(1, {"bids_25": Column.of(np.array([3.0]))}), np.array([60]))

    assert of(made) == (0.0, 0.0, False)
    assert made.given(1) == {"bids_25": 3.0}


def test_a_modifier_that_knows_nothing_leaves_things_as_they_are() -> None:
    made = panel()

    reading = made.take(np.array([1], np.int32), depth([3.0], [1.0]), np.array([5]))

    assert made.modifiers
    assert (reading.strength == 1.0).all()


def test_an_input_is_given_of_every_series_as_a_copy() -> None:
    made = panel()
    taken(made, [3.0], [1.0])

    column = made.column("bids_25")
    made.clear(1)

    assert (column.values.tolist(), column.is_known.tolist()) == ([0.0, 3.0, 0.0], [False, True, False])


def test_a_series_that_left_leaves_nothing() -> None:
    made = panel()
    taken(made, [3.0] * 40, [1.0] * 40)
    made.clear(1)

    assert all(not column.any() for column in made.kept().values())
