from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.books import Side, empty, put
from tests.markets import markets

from tidemark.analysis.sources.book import LEAST, Source
from tidemark.market.books import Books
from tidemark.memory.ledger import Ledger
from tidemark.units import SECOND

FAR = 3600 * SECOND


def source(books: Books) -> Source:
    return Source.open(markets(books=books), series=2, ledger=Ledger())


def flow(turns: Sequence[tuple[Side, Side]], step_ns: int = SECOND) -> tuple[float, float]:
    """Order flow and what moved in all, after one book a second."""
    books = empty()
    made = source(books)
    for number, (bids, asks) in enumerate(turns):
        put(books, bids, asks)
        columns = made.read(FAR + number * step_ns)
    return float(columns["order_flow"].values[0]), float(columns["order_flow_size"].values[0])


@pytest.mark.parametrize(
    ("bid", "ask", "moved"),
    [
        # The queue at the best bid grows by 2, from 3; that at the ask stays.
        ((10.0, 5.0), (10.2, 1.0), 2.0),
        # The ask grows by 3: supply.
        ((10.0, 3.0), (10.2, 4.0), -3.0),
        # A higher bid of 1 is all demand.
        ((10.1, 1.0), (10.2, 1.0), 1.0),
        # A lower bid: the queue of 3 was taken away.
        ((9.9, 7.0), (10.2, 1.0), -3.0),
        # A lower ask of 6 is all supply.
        ((10.0, 3.0), (10.1, 6.0), -6.0),
        # A higher ask: the queue of 1 was taken.
        ((10.0, 3.0), (10.3, 9.0), 1.0),
        # Both fall: -3 for the bid's queue, -2 for the lower ask.
        ((9.9, 8.0), (10.1, 2.0), -5.0),
    ],
)
def test_each_change_of_the_best_levels_counts_as_in_the_paper(
    bid: tuple[float, float], ask: tuple[float, float], moved: float
) -> None:
    order_flow, size = flow([(((10.0, 3.0),), ((10.2, 1.0),)), ((bid,), (ask,))])

    assert order_flow == pytest.approx(moved)
    assert size >= abs(order_flow)


def test_half_of_the_flow_is_left_after_ten_seconds() -> None:
    still: tuple[Side, Side] = (((10.0, 5.0),), ((10.2, 1.0),))

    order_flow, size = flow([(((10.0, 3.0),), ((10.2, 1.0),)), still, still], step_ns=10 * SECOND)

    assert (order_flow, size) == pytest.approx((1.0, 1.0))


def test_a_book_that_was_lost_begins_anew() -> None:
    books = empty()
    made = source(books)
    put(books, ((10.0, 3.0),), ((10.2, 1.0),))
    made.read(FAR)
    books.lose([0], 3)

    assert not made.read(FAR + SECOND)["order_flow"].is_known.any()
    put(books, ((20.0, 9.0),), ((20.2, 1.0),))
    after = made.read(FAR + 2 * SECOND)
    assert after["order_flow"].is_known.tolist() == [True, False]
    assert after["order_flow"].values[0] == 0.0


def test_the_spread_and_what_lies_near_are_held_against_the_means_of_the_seconds_before() -> None:
    books = empty()
    made = source(books)
    # Mid 100, spread 20 bps; within 10 bps one unit a side, within 25 and 50 two.
    put(books, ((99.9, 1.0), (99.8, 1.0)), ((100.1, 1.0), (100.2, 1.0)))
    for number in range(LEAST):
        columns = made.read(FAR + number * SECOND)
        assert not columns["liquidity"].is_known.any()
        assert not columns["spread_usual_bps"].is_known.any()
    put(books, ((99.8, 1.0),), ((100.2, 1.0),))

    columns = made.read(FAR + LEAST * SECOND)

    assert columns["spread_bps"].values[0] == pytest.approx(40.0)
    assert columns["spread_usual_bps"].values[0] == pytest.approx(20.0)
    # Nothing of 200.0 within 10 bps, 200.0 of 400.0 within 25 and within 50: a third.
    assert columns["liquidity"].values[0] == pytest.approx(1.0 / 3.0)
    assert columns["liquidity_bps"].values[0] == 50.0
    assert columns["liquidity"].is_known.tolist() == [True, False]
    made.clear(0)
    assert not made.read(FAR + (LEAST + 1) * SECOND)["liquidity"].is_known.any()


sizes = st.integers(1, 9)
books_of_two = st.tuples(st.integers(95, 99), sizes, st.integers(100, 104), sizes)


@given(turns=st.lists(books_of_two, min_size=2, max_size=6))
def test_the_mirrored_book_has_the_opposite_flow(turns: list[tuple[int, int, int, int]]) -> None:
    straight = [(((bid / 10, size),), ((ask / 10, other),)) for bid, size, ask, other in turns]
    reflected = [(((20 - ask / 10, other),), ((20 - bid / 10, size),)) for bid, size, ask, other in turns]

    one, two = flow(straight), flow(reflected)

    assert one[0] == pytest.approx(-two[0])
    assert one[1] == pytest.approx(two[1])


def test_it_takes_what_it_reserved() -> None:
    ledger = Ledger()
    Source.open(markets(books=empty()), series=7, ledger=ledger)

    planned = {one.owner: one.bytes for one in Source.reserve(series=7)}
    reserved = {line.owner: line.bytes_reserved for line in ledger.report() if line.owner in planned}
    assert planned == reserved
