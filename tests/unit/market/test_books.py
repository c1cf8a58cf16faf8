import numpy as np
import pytest

from tidemark.kernels.book_columns import BookColumns
from tidemark.market.books import ROOMS, Books, BookTurn
from tidemark.memory.ledger import Ledger
from tidemark.model.book import BookBreak, BookRules
from tidemark.model.events import BookSnapshot

WINDOW = BookRules(windows=(5, 50), resyncs_by_rest=False)
REST = BookRules(resyncs_by_rest=True)
Side = tuple[tuple[float, float], ...]
BIDS: Side = ((10.0, 3.0), (9.9, 2.0))
ASKS: Side = ((10.2, 1.0), (10.3, 2.0), (10.4, 2.0))


def made(rules: BookRules = WINDOW, *, depth: int = 5, series: int = 2) -> Books:
    books = Books(series=series, depth=depth, rules=rules, ledger=Ledger())
    for slot in range(series):
        books.join(slot, 0.1)
    return books


def give(
    books: Books,
    update: int,
    bids: Side = (),
    asks: Side = (),
    *,
    slot: int = 0,
    previous: int = -1,
    is_snapshot: bool = False,
    at: int = 1,
) -> list[BookTurn]:
    columns = BookColumns(1, 500)
    assert columns.append(slot, is_snapshot, at, at + 1, -1, update, previous, bids, asks)
    return books.apply(columns)


def snapshot(update: int, bids: Side = BIDS, asks: Side = ASKS, at: int = 1) -> BookSnapshot:
    return BookSnapshot(ts_event=at, ts_recv=at + 1, symbol="X", update_id=update, bids=bids, asks=asks)


def synced(rules: BookRules = WINDOW, *, depth: int = 5) -> Books:
    books = made(rules, depth=depth)
    give(books, 10, BIDS, ASKS, is_snapshot=True)
    return books


def test_a_book_in_sync_is_read_with_its_times() -> None:
    books = synced()

    top = books.top(0)
    assert top is not None
    assert (top.bid, top.bid_size, top.ask, top.ask_size, top.ts_event, top.ts_recv) == (10.0, 3.0, 10.2, 1.0, 1, 2)
    levels = books.levels(0, 2)
    assert levels is not None
    assert (levels.bids.tolist(), levels.asks.tolist()) == ([[10.0, 3.0], [9.9, 2.0]], [[10.2, 1.0], [10.3, 2.0]])
    assert (levels.update_id, levels.ts_event, levels.ts_recv) == (10, 1, 2)
    levels.bids[:] = 0
    assert books.top(0) == top


def test_out_of_sync_nothing_is_read() -> None:
    books = synced()

    turns = give(books, 12, at=6)

    assert turns == [BookTurn(slot=0, is_synced=False, reason=BookBreak.GAP, ts_recv=7, out_ns=0)]
    assert (books.top(0), books.levels(0, 5), books.is_synced(0), books.synced) == (None, None, False, 0)
    assert not books.tops().is_known.any()
    assert not books.within(100.0).is_known.any()


def test_a_book_with_one_side_has_levels_and_no_top() -> None:
    books = made()

    give(books, 1, BIDS, (), is_snapshot=True)

    assert books.top(0) is None
    levels = books.levels(0, 5)
    assert levels is not None
    assert (len(levels.bids), len(levels.asks)) == (2, 0)


def test_all_slots_are_read_at_once() -> None:
    books = synced()

    tops, depths = books.tops(), books.within(150.0)

    assert tops.is_known.tolist() == [True, False]
    assert [column.tolist() for column in (tops.bid, tops.bid_size, tops.ask, tops.ask_size)] == [
        [10.0, 0.0],
        [3.0, 0.0],
        [10.2, 0.0],
        [1.0, 0.0],
    ]
    # 1.5 % around 10.1: from 9.9485 to 10.2515.
    assert depths.bids.tolist() == pytest.approx([30.0, 0.0])
    assert depths.asks.tolist() == pytest.approx([10.2, 0.0])
    assert depths.is_known.tolist() == [True, False]


def test_a_book_wants_a_snapshot_once_its_stream_runs_without_one() -> None:
    books = made()
    assert books.wanting() == []

    give(books, 5)
    assert books.wanting() == [0]

    books.lose([0], 9)
    assert books.wanting() == []
    give(books, 6, slot=1)
    assert books.wanting() == [1]
    give(books, 7, BIDS, ASKS, slot=1, is_snapshot=True)
    assert books.wanting() == []


def test_by_rest_only_who_holds_a_room_is_named() -> None:
    books = made(REST, series=ROOMS + 1)

    for slot in range(ROOMS + 1):
        give(books, 5, slot=slot, previous=4)

    assert books.wanting() == list(range(ROOMS))
    assert books.counters.dropped == 1


def test_a_snapshot_by_rest_brings_the_book_into_sync_and_tells_how_long_it_was_out() -> None:
    books = made(REST)
    give(books, 5, previous=4, at=10)

    turns = books.snapshot(0, snapshot(5, at=20))

    assert turns == [BookTurn(slot=0, is_synced=True, reason=BookBreak.NONE, ts_recv=21, out_ns=10)]
    assert books.synced == 1
    assert books.snapshot(0, snapshot(4, at=30)) == []
    assert books.counters.too_old == 1


def test_an_empty_snapshot_is_an_empty_book() -> None:
    books = made(REST)

    books.snapshot(0, snapshot(5, (), ()))

    assert (books.is_synced(0), books.top(0)) == (True, None)


def test_where_the_stream_brings_its_own_snapshot_one_by_rest_changes_nothing() -> None:
    books = synced()

    assert books.snapshot(0, snapshot(99, ((5.0, 1.0),))) == []
    assert books.status(0).update_id == 10


def test_a_lost_feed_and_another_tick_end_what_was_known() -> None:
    books = synced()
    give(books, 10, BIDS, ASKS, slot=1, is_snapshot=True)

    lost = books.lose([0], 7)
    reticked = books.retick(1, 0.5, 8)

    assert [(turn.slot, turn.reason, turn.ts_recv) for turn in lost + reticked] == [
        (0, BookBreak.FEED_LOST, 7),
        (1, BookBreak.TICK_CHANGED, 8),
    ]
    give(books, 20, ((9.5, 1.0),), ((10.0, 1.0),), slot=1, is_snapshot=True, at=11)
    status = books.status(1)
    assert (status.is_synced, status.out_ns, status.levels) == (True, 4, (1, 1))
    assert status.breaks == {BookBreak.TICK_CHANGED: 1}


def test_counts_are_kept_by_reason_in_total_and_by_book() -> None:
    books = synced()
    give(books, 11, ((10.2, 1.0),))
    give(books, 20, BIDS, ASKS, is_snapshot=True)
    give(books, 20)
    give(books, 21, ((9.95, 1.0),))

    status, counters = books.status(0), books.counters
    assert status.breaks == counters.breaks == {BookBreak.CROSSED: 1, BookBreak.OFF_TICK: 1}
    assert (counters.deltas, counters.snapshots, counters.stale, counters.syncs) == (0, 2, 1, 2)
    assert (status.reason, status.is_synced, status.is_thin) == (BookBreak.OFF_TICK, False, False)

    books.clear(0)
    assert (books.status(0).breaks, books.status(0).since) == ({}, 0)


def test_shallower_books_come_back_with_the_next_snapshot() -> None:
    books = made(BookRules(windows=(50,), resyncs_by_rest=False), depth=50)
    bids = tuple((round(10.0 - n / 10, 1), 1.0) for n in range(50))
    give(books, 1, bids, ASKS, is_snapshot=True)

    books.set_depth(5)
    levels = books.levels(0, 50)
    assert levels is not None
    assert (len(levels.bids), books.status(0).levels) == (5, (20, 3))
    assert books.wanting() == []

    books.set_depth(1000)
    assert books.depth == 50
    assert books.wanting() == [0]
    give(books, 1, bids, ASKS, is_snapshot=True)
    assert (books.wanting(), books.status(0).levels) == ([], (50, 3))


def test_a_whole_book_is_cut_as_its_rules_say() -> None:
    books = made(REST, depth=5)
    bids = tuple((round(10.0 - n / 10, 1), 1.0) for n in range(60))
    books.snapshot(0, snapshot(5, bids))
    assert books.status(0).levels == (40, 3)

    books.set_depth(2)

    assert books.status(0).levels == (16, 3)


@pytest.mark.parametrize("rules", [WINDOW, REST])
def test_it_takes_what_it_reserves_and_no_more_than_it_says(rules: BookRules) -> None:
    ledger = Ledger()

    Books(series=560, depth=50, rules=rules, ledger=ledger)

    reserved = {one.owner: one.bytes for one in Books.reserve(series=560, depth=50, rules=rules)}
    assert {line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"} == reserved
    assert ledger.violations() == []
    # 32 bytes a level: 50 of a window, 400 of a whole book.
    assert reserved["books"] == pytest.approx(560 * (32 * rules.levels(50) + 15 * 8 + 8 + 8 * 8), abs=8192)


def test_many_turns_in_one_batch_are_all_told() -> None:
    books = made(series=1)
    columns = BookColumns(1000, 4000)
    for number in range(1000):
        assert columns.append(0, number % 2 == 0, 1, 1, -1, number * 10, -1, ((1.0, 1.0),), ())

    turns = books.apply(columns)

    assert len(turns) == 1000
    assert [turn.is_synced for turn in turns] == [True, False] * 500
    assert np.isclose(books.counters.syncs, 500)


def test_a_clock_that_is_set_moves_what_was_received_and_nothing_else() -> None:
    books = synced()
    give(books, 11, ((9.8, 1.0),), at=100)
    before = books.status(0)

    books.shift(-40)

    after = books.status(0)
    assert (after.ts_recv, after.since, after.ts_event) == (before.ts_recv - 40, before.since - 40, 100)
    assert (before.ts_recv, before.since) == (101, 2)
    untouched = books.status(1)
    assert (untouched.ts_recv, untouched.since) == (0, 0), "what never came has no moment"
    books.shift(40)
    assert books.status(0) == before


def test_the_time_out_of_sync_is_the_same_though_the_clock_is_set_meanwhile() -> None:
    books = synced()
    books.lose([0], 1_000)

    books.shift(500)
    (turn,) = give(books, 20, BIDS, ASKS, is_snapshot=True, at=1_506)

    # Lost at 1,000 of the old clock, which is 1,500 of the new one; back at 1,507.
    assert (turn.is_synced, turn.out_ns) == (True, 7)
