import numpy as np
import pytest

from tidemark.errors import OwnerError
from tidemark.memory.window import DedupWindow, Numbering

BOTH = pytest.mark.parametrize("numbering", list(Numbering))


def mark(window: DedupWindow, ids: list[int], series: int = 0) -> list[int]:
    fresh = np.zeros(len(ids), np.uint8)
    window.mark(np.full(len(ids), series, np.int32), np.array(ids, np.uint64), len(ids), fresh)
    return [int(value) for value in fresh]


@BOTH
def test_an_id_is_fresh_once(numbering: Numbering) -> None:
    window = DedupWindow("dedup", numbering=numbering, series=3)
    assert mark(window, [7, 8, 7]) == [1, 1, 0]
    assert mark(window, [7], series=2) == [1]
    assert window.duplicates == 1
    assert window.usage().used == 3


@BOTH
def test_a_cleared_series_knows_nothing_and_the_others_stay(numbering: Numbering) -> None:
    window = DedupWindow("dedup", numbering=numbering, series=2)
    mark(window, [7, 8])
    mark(window, [7], series=1)
    window.clear(0)
    assert (window.usage().used, window.usage().peak) == (1, 3)
    assert mark(window, [7, 8]) == [1, 1]
    assert mark(window, [7], series=1) == [0]


@BOTH
def test_only_the_rows_asked_for_are_marked(numbering: Numbering) -> None:
    window = DedupWindow("dedup", numbering=numbering, series=1)
    fresh = np.full(3, 9, np.uint8)
    seen = window.mark(np.zeros(3, np.int32), np.array([1, 1, 2], np.uint64), 2, fresh)
    assert (seen, fresh.tolist()) == (1, [1, 0, 9])


@BOTH
def test_more_rows_than_there_are_is_an_error(numbering: Numbering) -> None:
    window = DedupWindow("dedup", numbering=numbering, series=1)
    with pytest.raises(IndexError, match="3 rows of 2 slots"):
        window.mark(np.zeros(2, np.int32), np.zeros(3, np.uint64), 3, np.zeros(3, np.uint8))


@BOTH
@pytest.mark.parametrize("series", [-1, 2])
def test_a_series_that_is_not_there_cannot_be_cleared(numbering: Numbering, series: int) -> None:
    window = DedupWindow("dedup", numbering=numbering, series=2)
    with pytest.raises(IndexError, match=f"no series {series}; it has 2"):
        window.clear(series)


def test_stale_rows_are_counted_as_rejected() -> None:
    window = DedupWindow("dedup", numbering=Numbering.NUMBERED, series=1)
    assert mark(window, [5000, 1, 2]) == [1, 0, 0]
    assert (window.stale, window.usage().rejected, window.duplicates) == (2, 2, 0)


def test_a_window_cut_short_is_counted() -> None:
    window = DedupWindow("dedup", numbering=Numbering.HASHED, series=1)
    mark(window, list(range(3072)))
    assert (window.short, window.usage().used) == (0, 3072)
    mark(window, [3072])
    assert (window.short, window.usage().used, window.usage().evicted) == (1, 1537, 1536)


def test_a_numbered_series_costs_136_bytes_and_a_hashed_one_32_kib() -> None:
    numbered = DedupWindow.reserve("dedup", numbering=Numbering.NUMBERED, series=1000)
    hashed = DedupWindow.reserve("dedup", numbering=Numbering.HASHED, series=1000)
    assert numbered.bytes == 136_000 + 4096
    assert hashed.bytes == 32_768_000 + 9_000 + 4096


def test_a_window_has_a_series() -> None:
    with pytest.raises(OwnerError, match="at least one"):
        DedupWindow.reserve("dedup", numbering=Numbering.HASHED, series=0)
