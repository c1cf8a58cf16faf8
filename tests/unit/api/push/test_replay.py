from hypothesis import given
from hypothesis import strategies as st

from tidemark.api.push.replay import AGE_NS, MESSAGES, MOST_REPLAYED, MOST_REPLAYED_BYTES, Replay
from tidemark.memory.ledger import Ledger


def test_what_came_after_a_number_is_replayed_in_order() -> None:
    replay = Replay(Ledger())
    for seq in range(5, 9):
        replay.add("a", seq, 0, bytes([seq]))

    assert replay.since("a", 6) == [b"\7", b"\x08"]
    assert replay.since("a", 4) == [b"\5", b"\6", b"\7", b"\x08"]
    assert replay.since("a", 8) == []


def test_a_number_before_the_oldest_or_beyond_the_newest_is_not_replayed() -> None:
    replay = Replay(Ledger())
    replay.add("a", 5, 0, b"x")

    assert replay.since("a", 3) is None
    assert replay.since("a", 6) is None
    assert replay.since("b", 5) is None


def test_more_than_a_line_holds_is_not_replayed() -> None:
    replay = Replay(Ledger())
    for seq in range(MOST_REPLAYED + 1):
        replay.add("many", seq, 0, b"x")
    replay.add("large", 1, 0, bytes(MOST_REPLAYED_BYTES + 1))

    assert replay.since("many", -1) is None
    assert replay.since("many", 0) is not None
    assert replay.since("large", 0) is None


def test_a_topic_keeps_five_hundred_messages_of_a_quarter_of_an_hour() -> None:
    replay = Replay(Ledger())
    for seq in range(MESSAGES + 3):
        replay.add("a", seq, seq, b"x")

    assert replay.usage().used == MESSAGES
    assert replay.usage().evicted == 3
    replay.expire(AGE_NS + MESSAGES)
    assert replay.usage().used == 3
    assert replay.usage().bytes_used <= replay.reservation.bytes


def test_when_all_is_full_the_topic_that_takes_most_gives_up_its_oldest() -> None:
    replay = Replay(Ledger(), items=100, max_bytes=50)
    replay.add("small", 1, 0, bytes(10))
    for seq in range(4):
        replay.add("large", seq, 0, bytes(20))

    assert replay.since("small", 0) == [bytes(10)]
    assert replay.since("large", 1) == [bytes(20)] * 2
    assert replay.since("large", 0) is None


def test_a_message_that_is_larger_than_everything_may_be_ends_what_can_be_replayed() -> None:
    replay = Replay(Ledger(), max_bytes=50)
    replay.add("a", 1, 0, bytes(10))

    replay.add("a", 2, 0, bytes(60))

    assert replay.since("a", 1) is None
    assert replay.usage().used == 0


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30), st.sampled_from(["add", "clear", "expire"]))),
    st.integers(1, 12),
    st.integers(30, 90),
)
def test_the_bounds_hold_whatever_is_kept(done: list[tuple[str, int, str]], items: int, max_bytes: int) -> None:
    replay = Replay(Ledger(), items=items, max_bytes=max_bytes)
    seqs = dict.fromkeys("abc", 0)
    for at, (topic, size, action) in enumerate(done):
        if action == "add":
            seqs[topic] += 1
            replay.add(topic, seqs[topic], at * AGE_NS // 8, bytes(size))
        elif action == "clear":
            replay.clear(topic)
        else:
            replay.expire(at * AGE_NS // 8)
        usage = replay.usage()
        assert usage.used <= items
        assert usage.bytes_used <= replay.reservation.bytes
        for name, newest in seqs.items():
            found = [replay.since(name, newest - back) for back in range(newest + 1)]
            assert all(frames is None or len(frames) == back for back, frames in enumerate(found))
