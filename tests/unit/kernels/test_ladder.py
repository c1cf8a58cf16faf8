"""The books themselves are tested in tests/unit/sim/test_book.py; here, that both modes tell the same ones."""

from tests.kernels_modes import printed

from tidemark.kernels.ladder import Books, BookTopics, Touch

_TOLD = """
from tidemark.kernels.ladder import Books, BookTopics
import random
rng = random.Random(7)
books = Books(2)
books.place(0, "AUSDT", 16, 0.5, 1000)
books.quote(0, 1000, 10_000, 10_002, 5, 7)
topics = BookTopics(books)
told = topics.begin("x", 0, 50, 100, 1, 0)
for k in range(300):
    bid = 10_000 + rng.randrange(-300, 300)
    books.quote(0, 1000 + k, bid, bid + rng.randrange(1, 9), rng.randrange(1, 99), rng.randrange(1, 99))
    topics.moved(0, 1000 + k)
    if k % 7 == 0:
        for is_bid in (True, False):
            prices = topics.touched(told, is_bid=is_bid)
            print(prices, [books.at(0, books.touch(0), 50, price, is_bid=is_bid) for price in prices])
        due = topics.take(1 << 61)
        print(due[0], topics.next_ms)
        told.commit(books.touch(0), k, 1000 + k)
print(books.side(0, books.touch(0), 1000, is_bid=True), books.side(0, books.touch(0), 1000, is_bid=False))
"""


def test_both_modes_tell_the_same_books() -> None:
    assert printed(_TOLD, is_pure=True) == printed(_TOLD, is_pure=False) != ""


def test_states_are_equal_where_their_figures_are() -> None:
    assert Touch(1, 2, 3, 4, 5) == Touch(1, 2, 3, 4, 5)
    assert Touch(1, 2, 3, 4, 5) != Touch(1, 2, 3, 4, 6)
    assert len({Touch(1, 2, 3, 4, 5), Touch(1, 2, 3, 4, 5)}) == 1


def test_a_jump_touches_every_level_that_it_passes() -> None:
    books = Books(1)
    books.place(0, "AUSDT", 1, 0.5, 0)
    books.quote(0, 0, 10_000, 10_002, 1, 1)
    topics = BookTopics(books)
    told = topics.begin("x", 0, 50, 20, 1, 0)

    books.quote(0, 0, 12_000, 12_002, 1, 1)
    topics.moved(0, 0)

    touched = topics.touched(told, is_bid=True)
    assert touched == sorted(touched, reverse=True)
    assert set(range(9_951, 12_001)) <= set(touched) | {10_000}
    assert (touched[0], touched[-1]) == (12_000, 9_951)
