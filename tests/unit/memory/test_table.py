import numpy as np
import pytest

from tidemark.errors import OwnerError
from tidemark.memory.ledger import Ledger
from tidemark.memory.table import Layout, Table

LAYOUT: Layout = {"price": (np.float64, ()), "state": (np.int64, (4, 11)), "flag": (np.uint8, ())}


def test_columns_have_the_shape_of_an_entry_behind_the_slots_and_begin_at_zero() -> None:
    table = Table("x", slots=5, columns=LAYOUT)

    assert {name: column.shape for name, column in table.columns.items()} == {
        "price": (5,),
        "state": (5, 4, 11),
        "flag": (5,),
    }
    assert all(not column.any() for column in table.columns.values())
    assert all(column.flags.c_contiguous for column in table.columns.values())


def test_clearing_a_slot_leaves_the_others() -> None:
    table = Table("x", slots=3, columns=LAYOUT)
    for column in table.columns.values():
        column[:] = 7

    table.clear(1)

    for column in table.columns.values():
        assert not column[1].any()
        assert (column[[0, 2]] == 7).all()


def test_what_it_takes_is_known_before_it_is_made() -> None:
    reserved = Table.reserve("x", slots=5, columns=LAYOUT)

    table = Table("x", slots=5, columns=LAYOUT)

    assert table.reservation == reserved
    assert reserved.item_bytes == 8 + 8 * 44 + 1
    assert table.usage().bytes_used == 5 * 361
    assert (table.usage().used, table.usage().peak) == (5, 5)
    ledger = Ledger()
    ledger.open(table)
    assert ledger.violations() == []


@pytest.mark.parametrize(
    ("slots", "columns"), [(0, LAYOUT), (3, {}), (3, {"name": (object, ())})], ids=["slots", "columns", "objects"]
)
def test_a_table_that_makes_no_sense_is_refused(slots: int, columns: Layout) -> None:
    with pytest.raises(OwnerError, match="table 'x' of"):
        Table("x", slots=slots, columns=columns)


def test_the_columns_cannot_be_exchanged() -> None:
    table = Table("x", slots=1, columns=LAYOUT)

    with pytest.raises(TypeError):
        table.columns["price"] = np.zeros(1)  # type: ignore[index]
