import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.books import Side, empty, ladder, put
from tests.build import T, columns, fresh
from tests.markets import markets

from tidemark.analysis.columns import Column
from tidemark.analysis.sources.walls import LEAST, MIRROR, Source
from tidemark.market.books import Books
from tidemark.memory.ledger import Ledger
from tidemark.units import SECOND

FAR = 3600 * SECOND
# Mid 1000, twelve levels of each side, 0.5 apart: the two farthest, at 51 and 56 bps, lie beyond 50.
BIDS = ladder(999.9, 12, 2.0, -0.5)
ASKS = ladder(1000.1, 12, 2.0, 0.5)


class Watch:
    """A source over books, read once a second."""

    def __init__(self) -> None:
        self.books: Books = empty()
        self.source = Source.open(markets(books=self.books), series=2, ledger=Ledger())
        self.at = FAR

    def read(self, bids: Side = BIDS, asks: Side = ASKS) -> dict[str, float]:
        put(self.books, bids, asks)
        return self.look()

    def look(self) -> dict[str, float]:
        return {name: float(column.values[0]) for name, column in self.all().items() if column.is_known[0]}

    def all(self) -> dict[str, Column]:
        self.at += SECOND
        return self.source.read(self.at)

    def trade(self, size: float, *, is_buy: bool) -> None:
        self.source.hear(columns([T(0, 1000.0, size, is_buy)]), fresh(1))


def with_size(side: Side, number: int, size: float) -> Side:
    return (*side[:number], (side[number][0], size), *side[number + 1 :])


def test_the_five_best_levels_are_added_up() -> None:
    read = Watch().read(with_size(BIDS, 4, 5.0))

    assert (read["best_bids"], read["best_asks"]) == (13.0, 10.0)


def test_a_level_four_times_as_large_as_the_others_is_a_wall_that_grows_old_while_it_stands() -> None:
    watch = Watch()
    walled = with_size(BIDS, 3, 8.0)

    first = watch.read(walled)
    second = watch.read(walled)

    # 998.4 x 8; the nine others within 50 bps have 2 each; 1.6 of 1000 away.
    assert first["bid_wall"] == pytest.approx(7987.2)
    assert first["bid_wall_times"] == pytest.approx(4.0)
    assert first["bid_wall_bps"] == pytest.approx(16.0)
    assert (first["bid_wall_s"], second["bid_wall_s"]) == (0.0, 1.0)
    assert (first["ask_wall"], first["ask_wall_times"], second["ask_wall_s"]) == (0.0, 0.0, 0.0)
    # Two units at 999.9, 999.4, 998.9, 997.9, 997.4, 996.9, 996.4, 995.9 and 995.4, which add up to 8978.1.
    assert first["bid_book"] == pytest.approx(7987.2 + 2.0 * 8978.1)


def test_a_level_a_little_smaller_is_no_wall() -> None:
    assert Watch().read(with_size(BIDS, 3, 7.9))["bid_wall"] == 0.0


def test_the_wall_that_stands_stays_until_another_is_twice_as_large() -> None:
    watch = Watch()
    watch.read(with_size(BIDS, 3, 20.0))

    stays = watch.read(with_size(with_size(BIDS, 3, 20.0), 5, 40.0))
    goes = watch.read(with_size(with_size(BIDS, 3, 20.0), 5, 40.2))

    assert (stays["bid_wall"], stays["bid_wall_s"]) == pytest.approx((20.0 * 998.4, 1.0))
    assert (goes["bid_wall"], goes["bid_wall_s"]) == pytest.approx((40.2 * 997.4, 0.0))


def test_a_wall_beyond_fifty_basis_points_is_not_looked_at() -> None:
    assert Watch().read(with_size(BIDS, 11, 100.0))["bid_wall"] == 0.0


def test_what_is_taken_away_without_a_trade_is_pulled() -> None:
    watch = Watch()
    watch.read()
    watch.trade(1.5, is_buy=False)
    watch.trade(0.5, is_buy=True)

    # Of the bids one level of 2 goes and another loses 1; 1.5 of the 3 was sold.
    read = watch.read(with_size(BIDS, 2, 1.0)[1:])

    assert read["pulled_bids"] == pytest.approx(1.5)
    assert read["pulled_asks"] == 0.0


def test_a_trade_told_before_the_book_tells_of_it_explains_the_next_second() -> None:
    watch = Watch()
    watch.read()
    watch.trade(2.0, is_buy=True)
    watch.read()
    assert watch.read(BIDS, ASKS[1:])["pulled_asks"] == 0.0

    # And no more than that one.
    assert watch.read(BIDS, ASKS[2:])["pulled_asks"] == 2.0


def test_pulled_halves_in_thirty_seconds() -> None:
    watch = Watch()
    watch.read()
    pulled = watch.read(BIDS[1:])["pulled_bids"]
    for _ in range(30):
        read = watch.look()

    assert (pulled, read["pulled_bids"]) == pytest.approx((2.0, 1.0))


def test_what_left_the_window_of_the_exchange_was_not_pulled() -> None:
    watch = Watch()
    watch.read()

    assert watch.read(((1000.0, 1.0), *BIDS[:11]), ASKS)["pulled_bids"] == 0.0


def test_pulling_is_held_against_the_mean_of_the_seconds_before() -> None:
    watch = Watch()
    watch.read()
    # Every second one level of 2 of the bids goes or comes: the share is an equilibrium of its own.
    for number in range(LEAST):
        read = watch.read(BIDS if number % 2 else with_size(BIDS, 0, 1.0))
        assert ("pulling" in read) == (number + 1 >= LEAST)
    calm = read["pulling"]
    burst = watch.read(with_size(BIDS, 0, 0.1)[:6], ASKS[:6])

    assert 0.9 < calm < 1.5
    assert burst["pulling"] > calm


def test_out_of_sync_nothing_is_known_and_nothing_is_remembered() -> None:
    watch = Watch()
    watch.read(with_size(BIDS, 3, 8.0))
    watch.look()
    watch.books.lose([0], 3)
    assert watch.look() == {}

    read = watch.read(with_size(BIDS, 3, 8.0)[1:])
    assert (read["bid_wall_s"], read["pulled_bids"]) == (0.0, 0.0)
    assert not watch.all()["bid_wall"].is_known[1]


def test_a_market_that_leaves_takes_its_usual_with_it() -> None:
    watch = Watch()
    for _ in range(3):
        watch.read()
    watch.source.clear(0)

    assert not any(column[0].any() for column in watch.source.kept().values())


levels = st.lists(st.integers(1, 9), min_size=12, max_size=12)


@given(turns=st.lists(st.tuples(levels, levels, st.integers(0, 9)), min_size=1, max_size=5))
def test_the_mirrored_book_has_its_sides_swapped(turns: list[tuple[list[int], list[int], int]]) -> None:
    def over(*, is_mirrored: bool) -> dict[str, float]:
        watch = Watch()
        for first, second, traded in turns:
            bids, asks = (second, first) if is_mirrored else (first, second)
            watch.trade(traded + 0.5, is_buy=is_mirrored)
            read = watch.read(
                tuple((price, float(size)) for (price, _), size in zip(BIDS, bids, strict=True)),
                tuple((price, float(size)) for (price, _), size in zip(ASKS, asks, strict=True)),
            )
        return read

    straight, reflected = over(is_mirrored=False), over(is_mirrored=True)

    # Prices around 1000 differ by at most 0.6 %, and so do sums in quote currency.
    assert {name: straight[name] for name in straight} == {
        name: pytest.approx(reflected[other if (other := MIRROR[name]) != "same" else name], rel=0.012)
        for name in straight
    }
    assert straight["pulled_bids"] <= sum(sum(bids) for bids, _, _ in turns)


def test_it_takes_what_it_reserved() -> None:
    ledger = Ledger()
    Source.open(markets(books=empty()), series=7, ledger=ledger)

    planned = {one.owner: one.bytes for one in Source.reserve(series=7)}
    assert planned == {line.owner: line.bytes_reserved for line in ledger.report() if line.owner in planned}
