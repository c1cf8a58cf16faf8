import math

import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import book_columns as built

MODULES = {"built": built, "plain": load_pure("book_columns")}
BIDS = ((10.0, 1.0), (9.5, 2.0))
ASKS = ((10.5, 3.0),)


@pytest.fixture(params=MODULES)
def made(request: pytest.FixtureRequest) -> built.BookColumns:
    columns: built.BookColumns = MODULES[request.param].BookColumns(2, 5)
    return columns


def test_a_message_lies_in_the_columns_with_its_levels_bids_first(made: built.BookColumns) -> None:
    assert made.append(3, True, 11, 12, -1, 7, -1, BIDS, ASKS)

    slot, is_snapshot, ts_event, ts_recv, first_id, update_id, previous_id, start, bids, asks, price, size = made.arrays
    row = [column[0] for column in (slot, is_snapshot, ts_event, ts_recv, first_id, update_id, previous_id)]
    assert row == [3, 1, 11, 12, -1, 7, -1]
    assert (start[0], bids[0], asks[0], made.count, made.filled) == (0, 2, 1, 1, 3)
    assert (price[:3].tolist(), size[:3].tolist()) == ([10.0, 9.5, 10.5], [1.0, 2.0, 3.0])
    assert made.newest() == 11


def test_what_does_not_fit_is_not_added(made: built.BookColumns) -> None:
    assert made.append(0, True, 1, 1, -1, 1, -1, BIDS, ASKS)
    assert not made.append(0, False, 1, 1, -1, 2, -1, BIDS, ASKS)
    assert made.append(0, False, 1, 1, -1, 2, -1, (), ((1.0, 0.0),))
    assert not made.append(0, False, 1, 1, -1, 3, -1, (), ())
    assert (made.count, made.filled) == (2, 4)


@pytest.mark.parametrize(
    ("is_snapshot", "level"),
    [(False, (0.0, 1.0)), (False, (-1.0, 1.0)), (False, (math.nan, 1.0)), (False, (math.inf, 1.0)),
     (False, (1.0, -1.0)), (False, (1.0, math.nan)), (True, (1.0, 0.0))],
)  # fmt: skip
def test_numbers_that_are_not_believed_are_refused(
    made: built.BookColumns, is_snapshot: bool, level: tuple[float, float]
) -> None:
    assert not made.append(0, is_snapshot, 1, 1, -1, 1, -1, (level,), ())
    assert (made.count, made.filled) == (0, 0)


def test_clearing_gives_the_room_back(made: built.BookColumns) -> None:
    made.append(0, True, 1, 1, -1, 1, -1, BIDS, ASKS)
    made.clear()

    assert made.append(0, True, 1, 1, -1, 1, -1, BIDS, ASKS)
    assert made.count == 1
