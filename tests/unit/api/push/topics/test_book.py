from collections.abc import Callable

import pytest
from tests.build import MIDNIGHT, T
from tests.unit.api.push.made import Market

from tidemark.api.push.messages import Stamp
from tidemark.api.push.topics.book import BookDelta, BookSnapshot, Kind
from tidemark.errors import RequestError
from tidemark.units import MILLISECOND

AT = Stamp("book.BTCUSDT", 2, 5)
SECOND_MS = 1000


def test_of_a_book_that_is_out_of_sync_only_the_trades_are_told() -> None:
    market = Market(has_books=True)
    topic = Kind(market.reads, market.figures()).open({"symbol": "BTCUSDT"})
    market.trade(T(1, 100.5, size=0.3), T(2, 100.6, size=2.0, is_buy=False))

    start = MIDNIGHT // MILLISECOND
    assert topic.change(AT) == BookDelta(
        topic="book.BTCUSDT", seq=2, ts=5, is_synced=False, bids=[], asks=[],
        trades=[(start + SECOND_MS, 100.5, 0.3, True), (start + 2 * SECOND_MS, 100.6, 2.0, False)],
    )  # fmt: skip


def test_the_best_twenty_levels_and_the_newest_twenty_trades_are_told() -> None:
    market = Market(has_books=True)
    topic = Kind(market.reads, market.figures()).open({"symbol": "BTCUSDT"})
    market.book(
        0,
        [(100.0 - 0.1 * n, n + 1.0) for n in range(25)],
        [(100.1 + 0.1 * n, n + 1.0) for n in range(25)],
    )
    market.trade(*(T(n, 100.0) for n in range(30)))

    whole = topic.whole(AT)

    assert isinstance(whole, BookSnapshot)
    assert whole.is_synced
    assert (len(whole.bids), len(whole.asks), len(whole.trades)) == (20, 20, 20)
    assert (whole.bids[0], whole.bids[19]) == ((100.0, 1.0), (98.1, 20.0))
    assert (whole.asks[0], whole.asks[19]) == ((100.1, 1.0), (102.0, 20.0))
    assert whole.trades[-1][0] == MIDNIGHT // MILLISECOND + 29 * SECOND_MS


def test_a_message_comes_only_when_the_book_moved_or_somebody_traded() -> None:
    market = Market(has_books=True)
    topic = Kind(market.reads, market.figures()).open({"symbol": "BTCUSDT"})
    seen = []
    moves: tuple[Callable[[], None], ...] = (
        lambda: market.book(0, [(100.0, 1.0)], [(100.1, 1.0)]),
        lambda: None,
        lambda: market.trade(T(1, 100.0)),
        lambda: market.trade(T(1, 100.0, slot=1)),
        market.lose_books,
    )
    for move in moves:
        move()
        seen.append(topic.change(AT) is not None)

    assert seen == [True, False, True, False, True]


def test_where_no_books_are_kept_the_trades_are_told() -> None:
    market = Market()
    topic = Kind(market.reads, market.figures()).open({"symbol": "BTCUSDT"})
    market.trade(T(1, 100.5))

    whole = topic.whole(AT)

    assert isinstance(whole, BookSnapshot)
    assert (whole.is_synced, whole.bids, len(whole.trades)) == (False, [], 1)


def test_a_market_that_is_not_watched_has_none() -> None:
    market = Market()

    with pytest.raises(RequestError, match="not watched"):
        Kind(market.reads, market.figures()).open({"symbol": "DOGEUSDT"})
