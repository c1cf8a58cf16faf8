from tidemark.kernels.page import Page
from tidemark.sim.market import Frame
from tidemark.sim.pages import paged, unpaged
from tidemark.sim.wanted import Wanted

FRAMES: list[Frame] = [
    (10, "a", b"one", None),
    (20, "b", b"nobody", None),
    (30, "a", b"two", b"{two}"),
    (40, "a", b"three", None),
]


def test_only_what_is_wanted_is_put_and_a_full_page_is_handed_over() -> None:
    page, wanted = Page(4), Wanted(["a"])
    turns = [page.frames() for _ in paged(FRAMES, page, wanted)]

    assert turns == [[(10, 0, b"one", None), (30, 0, b"two", b"{two}")], [*turns[0], (40, 0, b"three", None)]]


def test_what_is_not_due_waits() -> None:
    page, wanted = Page(1000, 35), Wanted(["a"])
    turns = paged(FRAMES, page, wanted)
    next(turns)

    assert (page.count, page.next_ns) == (2, 40)
    assert list(turns) == []
    assert page.count == 3


def test_the_frames_of_pages_one_by_one() -> None:
    page, wanted = Page(4), Wanted(["a"])

    assert list(unpaged(paged(FRAMES, page, wanted), page, wanted)) == [FRAMES[0], FRAMES[2], FRAMES[3]]
