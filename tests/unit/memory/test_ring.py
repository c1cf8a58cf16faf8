import numpy as np
import pytest

from tidemark.errors import OwnerError
from tidemark.memory.ring import Ring


def ring(series: int = 2, rows: int = 4) -> Ring:
    return Ring("r", series=series, rows=rows, columns={"price": np.int64, "size": np.float32})


def test_columns_are_contiguous_zeroed_and_empty_at_the_start() -> None:
    r = ring()
    assert r.columns["price"].shape == (2, 4)
    assert r.columns["size"].dtype == np.float32
    assert all(column.flags.c_contiguous and not column.any() for column in r.columns.values())
    assert r.head.tolist() == [-1, -1]
    assert r.held(0) == (0, 0)


def test_the_newest_rows_come_oldest_first_also_across_the_wrap() -> None:
    r = ring()
    for n in range(6):
        r.append(1, price=n, size=n / 2)
    assert r.last(1, 3)["price"].tolist() == [3, 4, 5]
    assert r.last(1, 99)["price"].tolist() == [2, 3, 4, 5]
    assert r.last(1, 99)["size"].tolist() == [1.0, 1.5, 2.0, 2.5]
    assert r.last(0, 3)["price"].tolist() == []
    assert r.held(1) == (2, 6)


def test_fewer_rows_come_when_fewer_are_held() -> None:
    r = ring()
    r.append(0, price=7)
    assert r.last(0, 3)["price"].tolist() == [7]
    assert r.last(0, 0)["price"].tolist() == []


def test_readers_get_copies() -> None:
    r = ring()
    r.append(0, price=7)
    copy = r.last(0, 1)["price"]
    r.put(0, 0, price=8)
    assert copy.tolist() == [7]
    assert copy.base is None


def test_the_oldest_row_is_overwritten_and_counted() -> None:
    r = ring()
    for n in range(6):
        r.append(0, price=n)
    usage = r.usage()
    assert (usage.used, usage.evicted) == (4, 2)


def test_skipped_rows_are_zeroed() -> None:
    r = ring()
    for n in range(4):
        r.append(0, price=n + 1, size=1)
    assert r.put(0, 5, price=60)
    rows = r.last(0, 4)
    assert rows["price"].tolist() == [3, 4, 0, 60]
    assert rows["size"].tolist() == [1, 1, 0, 0]
    assert r.usage().evicted == 2


def test_a_jump_past_the_whole_window_leaves_only_the_new_row() -> None:
    r = ring()
    for n in range(4):
        r.append(0, price=n + 1)
    r.put(0, 1000, price=9)
    assert r.last(0, 4)["price"].tolist() == [0, 0, 0, 9]
    assert r.usage().evicted == 4


def test_a_held_row_is_changed_in_the_named_columns_only() -> None:
    r = ring()
    r.append(0, price=1, size=1)
    r.append(0, price=2, size=2)
    assert r.put(0, 0, price=10)
    assert r.last(0, 2)["price"].tolist() == [10, 2]
    assert r.last(0, 2)["size"].tolist() == [1, 2]
    assert r.head[0] == 1


def test_a_row_older_than_the_window_is_rejected_and_counted() -> None:
    r = ring()
    r.put(0, 10, price=1)
    assert r.put(0, 7, price=2)
    assert not r.put(0, 6, price=3)
    assert not r.put(1, -1, price=3)
    assert r.last(0, 4)["price"].tolist() == [2, 0, 0, 1]
    assert r.usage().rejected == 2


def test_an_unknown_column_changes_nothing() -> None:
    r = ring()
    with pytest.raises(KeyError, match="volume"):
        r.append(0, price=1, volume=1)
    assert r.held(0) == (0, 0)


def test_a_window_is_clipped_to_what_is_held() -> None:
    r = ring()
    for n in range(6):
        r.append(0, price=n)
    assert r.window(0, 3, 2)["price"].tolist() == [3, 4]
    assert r.window(0, 0, 4)["price"].tolist() == [2, 3]
    assert r.window(0, 5, 9)["price"].tolist() == [5]
    assert r.window(0, 6, 2)["price"].tolist() == []
    assert r.window(0, 0, 1)["price"].tolist() == []


def test_a_cleared_series_is_empty_and_the_others_stay() -> None:
    r = ring()
    r.append(0, price=1)
    r.append(1, price=2)
    r.clear(0)
    assert r.held(0) == (0, 0)
    assert not r.columns["price"][0].any()
    assert r.last(1, 1)["price"].tolist() == [2]
    usage = r.usage()
    assert (usage.used, usage.peak) == (1, 2)


def test_kernels_write_straight_into_the_columns() -> None:
    r = ring()
    r.columns["price"][0, 9 % r.rows] = 5
    r.head[0] = 9
    assert r.last(0, 1)["price"].tolist() == [5]
    assert r.usage().used == 4


def test_bytes_are_those_of_the_arrays_and_under_the_reservation() -> None:
    r = ring(series=100, rows=50)
    assert r.usage().bytes_used == 100 * 50 * 12 + 100 * 8
    assert r.reservation.capacity == 5000
    assert r.reservation.item_bytes == 12
    assert 60_800 <= r.reservation.bytes <= 60_800 + 4096


@pytest.mark.parametrize(("series", "rows"), [(0, 1), (1, 0), (-1, -1)])
def test_a_ring_has_at_least_one_row(series: int, rows: int) -> None:
    with pytest.raises(OwnerError, match="at least one"):
        Ring.reserve("r", series=series, rows=rows, columns={"price": np.int64})


def test_a_ring_holds_no_python_objects() -> None:
    with pytest.raises(OwnerError, match="no column holds Python objects"):
        Ring.reserve("r", series=1, rows=1, columns={"name": np.object_})
    with pytest.raises(OwnerError):
        Ring.reserve("r", series=1, rows=1, columns={})


@pytest.mark.parametrize("series", [-1, 2])
def test_a_series_that_is_not_there_is_an_error(series: int) -> None:
    r = ring()
    for use in (lambda: r.append(series, price=1), lambda: r.put(series, 0, price=1), lambda: r.clear(series)):
        with pytest.raises(IndexError, match=f"'r' has no series {series}; it has 2"):
            use()
    with pytest.raises(IndexError):
        r.last(series, 1)
    assert not r.columns["price"].any()


def sequenced(rows: int = 8, series: int = 3) -> Ring:
    ring = Ring("r", series=series, rows=rows, columns={"a": np.int32, "b": np.float64})
    for one in range(series - 1):
        for n in range(11 * (one + 1)):
            ring.append(one, a=n, b=n / 2)
    return ring


def test_a_shorter_ring_keeps_its_newest_rows_and_the_reservation() -> None:
    ring = sequenced()
    before = ring.reservation

    ring.resize(3)

    assert (ring.rows, ring.reservation) == (3, before)
    assert [ring.last(one, 9)["a"].tolist() for one in range(3)] == [[8, 9, 10], [19, 20, 21], []]
    assert ring.last(1, 9)["b"].tolist() == [9.5, 10.0, 10.5]
    assert ring.usage().used == 6
    assert ring.usage().bytes_used == 3 * 8 + 3 * 3 * 12


def test_a_shorter_ring_goes_on_as_a_ring_of_that_length() -> None:
    ring = sequenced()
    ring.resize(3)
    for n in range(11, 16):
        ring.append(0, a=n)

    assert ring.last(0, 9)["a"].tolist() == [13, 14, 15]
    assert ring.last(1, 9)["a"].tolist() == [19, 20, 21]


def test_a_ring_of_full_length_again_holds_what_the_shorter_one_did_and_nothing_else() -> None:
    ring = sequenced()
    ring.resize(2)
    ring.append(0, a=11, b=5.5)

    assert ring.resize(8) == 0

    assert ring.last(0, 8)["a"].tolist() == [0, 0, 0, 0, 0, 0, 10, 11]
    assert ring.last(1, 8)["a"].tolist() == [0, 0, 0, 0, 0, 0, 20, 21]
    assert ring.usage().bytes_used == 3 * 8 + 3 * 8 * 12
    for n in range(12, 20):
        ring.append(0, a=n)
    assert ring.last(0, 8)["a"].tolist() == list(range(12, 20))


@pytest.mark.parametrize("rows", [0, 9])
def test_a_ring_is_never_longer_than_it_reserved_and_never_empty(rows: int) -> None:
    with pytest.raises(OwnerError, match=f"cannot have {rows} rows"):
        sequenced().resize(rows)


def test_giving_the_pages_of_empty_series_back_changes_nothing_that_can_be_read() -> None:
    ring = Ring("r", series=40, rows=1000, columns={"a": np.int64})
    for one in range(40):
        ring.append(one, a=one + 1)
    for one in (*range(5, 20), 39):
        ring.clear(one)

    given = ring.release_empty()

    # 15 series of 8,000 bytes in a row hold 28 or 29 whole pages, one alone none or one.
    assert given == 0 or 28 * 4096 <= given <= 30 * 4096
    assert [ring.last(one, 1)["a"].tolist() for one in (4, 5, 20, 39)] == [[5], [], [21], []]
    ring.append(7, a=70)
    assert ring.last(7, 1)["a"].tolist() == [70]
    assert ring.columns["a"][7, 1:].sum() == 0
