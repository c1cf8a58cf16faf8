import pytest

from tidemark.kernels import book as kernel
from tidemark.model.book import MAX_LEVELS, BookBreak, BookRules


@pytest.mark.parametrize(("depth", "levels"), [(20, 50), (50, 50), (51, 200), (200, 200), (500, 200)])
def test_a_window_of_the_exchange_is_kept_whole(depth: int, levels: int) -> None:
    assert BookRules(windows=(50, 200), resyncs_by_rest=False).levels(depth) == levels


@pytest.mark.parametrize(("depth", "levels"), [(1, 8), (20, 160), (50, 400), (200, MAX_LEVELS)])
def test_a_whole_book_is_cut_far_behind_the_depth(depth: int, levels: int) -> None:
    assert BookRules(resyncs_by_rest=True).levels(depth) == levels


def test_reasons_are_numbered_without_holes_as_in_the_kernel() -> None:
    assert [reason.value for reason in BookBreak] == list(range(kernel.REASONS))
    assert BookBreak(0) is BookBreak.NONE
