import itertools

import pytest

from tidemark.sim.book import CLASSES, DEPTH, NEVER_MS, Books, BookTopics, Touch


def built(spacing_of: int = 1) -> Books:
    """One book: 10,000 / 10,002 with 5 and 7 lots; half the spread decides the spacing."""
    books = Books(2)
    books.place(0, "AUSDT", 4 * spacing_of, 0.5, 1000)
    books.quote(0, 1000, 10_000, 10_002, 5, 7)
    return books


def test_the_best_levels_are_the_quote() -> None:
    books = built()

    touch = books.touch(0)
    assert touch == Touch(2, 10_000, 10_002, 5, 7)
    assert books.side(0, touch, 1, is_bid=True) == [(10_000, 5)]
    assert books.side(0, touch, 1, is_bid=False) == [(10_002, 7)]
    assert books.times_ms[0] == 1000


@pytest.mark.parametrize("spacing", [1, 8])
def test_behind_the_best_lie_the_multiples_of_the_spacing(spacing: int) -> None:
    books = built(spacing)
    touch = books.touch(0)

    bids, asks = (books.side(0, touch, 50, is_bid=is_bid) for is_bid in (True, False))

    assert books.spacing[0] == spacing
    assert [len(bids), len(asks)] == [50, 50]
    nearest_bid, nearest_ask = (9_999 // spacing) * spacing, (10_002 // spacing + 1) * spacing
    assert [price for price, _ in bids[1:]] == [nearest_bid - k * spacing for k in range(49)]
    assert [price for price, _ in asks[1:]] == [nearest_ask + k * spacing for k in range(49)]
    assert all(lots >= 1 for _, lots in bids + asks)


def test_a_book_ends_at_the_first_tick() -> None:
    books = Books(1)
    books.place(0, "AUSDT", 1, 0.5, 0)
    books.quote(0, 0, 4, 6, 1, 1)

    assert [price for price, _ in books.side(0, books.touch(0), 50, is_bid=True)] == [4, 3, 2, 1]


def test_one_level_can_be_asked_for() -> None:
    books = built(8)
    touch = books.touch(0)
    side = books.side(0, touch, 50, is_bid=False)

    assert all(books.at(0, touch, 50, price, is_bid=False) == lots for price, lots in side)
    assert books.at(0, touch, 50, side[3][0] + 1, is_bid=False) == 0
    assert books.at(0, touch, 50, side[-1][0] + 8, is_bid=False) == 0
    assert books.at(0, touch, 50, touch.bid, is_bid=False) == 0


def test_a_turn_changes_one_class_of_levels_a_side() -> None:
    books = built()
    before = books.touch(0)
    books.turn(0, 1100)
    after = books.touch(0)

    for is_bid in (True, False):
        told, now = (books.side(0, touch, DEPTH, is_bid=is_bid) for touch in (before, after))
        changed = [now_[0] for told_, now_ in zip(told, now, strict=True) if told_ != now_]
        # 1,000 levels in 128 classes: 7 or 8 of them, 128 apart; a new size may be the old one by chance.
        assert 1 <= len(changed) <= DEPTH // CLASSES + 1
        assert all(abs(a - b) % CLASSES == 0 for a, b in itertools.pairwise(changed))


def test_every_level_changes_within_as_many_turns_as_there_are_classes() -> None:
    books = built()
    worth = [books.lots(0, is_bid=True, multiple=9_000, turn=turn) for turn in range(1000, 1000 + 3 * CLASSES)]

    changes = [k for k in range(1, len(worth)) if worth[k] != worth[k - 1]]
    assert 1 <= len(changes) <= 3
    assert all((b - a) % CLASSES == 0 for a, b in itertools.pairwise(changes))


def test_two_markets_have_two_books() -> None:
    books = built()
    books.place(1, "BUSDT", 4, 0.5, 0)
    books.quote(1, 0, 10_000, 10_002, 5, 7)

    one, other = (books.side(slot, books.touch(slot), 20, is_bid=True) for slot in (0, 1))
    assert [price for price, _ in one] == [price for price, _ in other]
    assert [lots for _, lots in one[1:]] != [lots for _, lots in other[1:]]


def test_what_was_touched_covers_every_change() -> None:
    books = built(4)
    topics = BookTopics(books)
    told = topics.begin("x", 0, 20, 100, 1, 0)
    before = {is_bid: dict(books.side(0, told.touch, 20, is_bid=is_bid)) for is_bid in (True, False)}
    seen = {True: set(before[True]), False: set(before[False])}
    for bid, ask in ((10_007, 10_011), (9_960, 9_964), (9_999, 10_003)):
        books.quote(0, 0, bid, ask, 3, 3)
        told.note(bid, ask)
        for is_bid in (True, False):
            seen[is_bid] |= set(dict(books.side(0, books.touch(0), 20, is_bid=is_bid)))

    for is_bid in (True, False):
        after = dict(books.side(0, books.touch(0), 20, is_bid=is_bid))
        touched = topics.touched(told, is_bid=is_bid)
        assert {price for price in seen[is_bid] if before[is_bid].get(price) != after.get(price)} <= set(touched)
        # A level that came and went in between was touched as well.
        assert {10_007 if is_bid else 9_964} <= set(touched)
        assert touched == sorted(set(touched), reverse=is_bid)


def test_messages_are_due_at_the_end_of_their_interval() -> None:
    books = built()
    topics = BookTopics(books)
    slow, fast = topics.begin("slow", 0, 50, 100, 1, 0), topics.begin("fast", 0, 50, 20, 1, 0)
    assert topics.next_ms == NEVER_MS

    topics.moved(0, 1030)
    topics.moved(0, 1035)

    assert topics.next_ms == 1040
    assert topics.take(1039) is None
    assert topics.take(1040) == (1040, fast)
    assert topics.take(1040) is None
    assert topics.take(1100) == (1100, slow)


def test_a_quiet_stream_is_idle() -> None:
    books = built()
    topics = BookTopics(books)
    told = topics.begin("x", 0, 1, 10, 1, 5000)

    assert topics.idle(7999, 3000) == []
    assert topics.idle(8000, 3000) == [told]
    topics.moved(0, 8000)
    assert topics.idle(9000, 3000) == []


def test_forgotten_streams_are_not_told() -> None:
    books = built()
    topics = BookTopics(books)
    topics.begin("a", 0, 50, 20, 1, 0)
    topics.begin("b", 0, 50, 20, 1, 0)
    topics.begin("c", 1, 50, 20, 1, 0)
    for slot in (0, 1):
        topics.moved(slot, 1000)

    topics.keep({"b", "c"})
    topics.leave(1)

    assert list(topics.of_topic) == ["b"]
    due = topics.take(NEVER_MS)
    assert due is not None
    assert due[1].topic == "b"
    assert topics.take(NEVER_MS) is None


def test_what_was_told_is_the_ground_of_the_next_message() -> None:
    books = built()
    topics = BookTopics(books)
    told = topics.begin("x", 0, 50, 20, 7, 0)
    books.quote(0, 1000, 10_001, 10_003, 1, 1)
    topics.moved(0, 1000)

    told.commit(books.touch(0), 8, 1020)

    assert (told.update_id, told.told_ms, told.is_due, told.touch.bid) == (8, 1020, False, 10_001)
    assert topics.touched(told, is_bid=True) == [10_001]
