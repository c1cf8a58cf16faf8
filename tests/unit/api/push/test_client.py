import pytest
from tests.unit.api.push.made import FakePipe

from tidemark.api.push.client import DEADLINE_NS, MESSAGES_PER_S, Client
from tidemark.errors import SlowConsumerError
from tidemark.memory.client_slot import MAX_BYTES
from tidemark.units import KIB, SECOND


def client(pipe: FakePipe) -> Client:
    return Client(pipe, 0, is_authenticated=True)


def test_who_takes_everything_is_written_to_at_once() -> None:
    pipe = FakePipe()
    made = client(pipe)

    assert made.offer(b"one", "a", 0) == 0
    made.offer(b"two", None, 0)

    assert pipe.arrived == b"onetwo"
    assert (made.slot.taken_in, made.slot.given_out, made.slot.held) == (2, 2, 0)
    assert not made.is_late(100 * SECOND)


def test_behind_64_kib_that_were_not_taken_frames_wait_in_the_line() -> None:
    pipe = FakePipe(room=10)
    made = client(pipe)

    assert not made.is_ready()
    for _ in range(3):
        made.offer(bytes(30 * KIB), None, 0)

    assert pipe.get_write_buffer_size() == 60 * KIB - 10
    assert made.slot.held == 1
    assert not made.is_ready()
    pipe.reads(None)
    assert made.is_ready()


def test_what_is_made_anew_waits_until_almost_all_was_taken() -> None:
    pipe = FakePipe(room=0)
    made = client(pipe)
    made.offer(bytes(60 * KIB), None, 0)
    for _ in range(8):
        made.offer(bytes(60 * KIB), "a", 0)

    assert made.slot.next_bytes() == 0
    pipe.reads(50 * KIB)
    assert not made.is_ready()
    pipe.reads(6 * KIB)
    assert made.is_ready()


def test_one_large_frame_may_follow_upon_little() -> None:
    pipe = FakePipe(room=0)
    made = client(pipe)

    made.offer(bytes(200), None, 0)
    made.offer(bytes(200 * KIB), None, 0)
    made.offer(b"x", None, 0)

    assert (made.slot.held, pipe.get_write_buffer_size()) == (1, 200 * KIB + 200)


def test_what_lies_in_the_transport_counts_against_the_slot() -> None:
    pipe = FakePipe(room=0)
    made = client(pipe)
    made.offer(bytes(200 * KIB), None, 0)
    made.offer(bytes(MAX_BYTES - 200 * KIB), None, 0)

    with pytest.raises(SlowConsumerError):
        made.offer(b"x", None, 0)


def test_a_frame_that_waits_for_more_than_five_seconds_is_late() -> None:
    pipe = FakePipe(room=0)
    made = client(pipe)
    made.offer(bytes(60 * KIB), None, 0)
    made.offer(bytes(60 * KIB), None, 1 * SECOND)

    assert not made.is_late(1 * SECOND)
    assert made.is_late(1 * SECOND + DEADLINE_NS + 1)


def test_bytes_that_the_system_does_not_take_are_late_though_nothing_waits_behind_them() -> None:
    pipe = FakePipe(room=10)
    made = client(pipe)
    made.offer(bytes(1000), "a", 0)

    assert not made.is_late(1 * SECOND)
    assert not made.is_late(1 * SECOND + DEADLINE_NS)
    assert made.is_late(1 * SECOND + DEADLINE_NS + 1)


def test_who_takes_slowly_but_takes_is_not_late() -> None:
    pipe = FakePipe(room=10)
    made = client(pipe)

    for second in range(60):
        made.offer(bytes(1000), "a", second * SECOND)
        assert not made.is_late(second * SECOND)
        pipe.reads(1000)


def test_twenty_messages_a_second_may_be_said_in_bursts_of_forty() -> None:
    made = client(FakePipe())

    assert all(made.hears(0) for _ in range(2 * MESSAGES_PER_S))
    assert not made.hears(0)
    steady = client(FakePipe())
    assert all(steady.hears(number * SECOND // MESSAGES_PER_S) for number in range(500))


def test_subscriptions_of_a_topic_are_counted_and_end_one_by_one() -> None:
    made = client(FakePipe())

    made.receive("a")
    assert made.receive("a").count == 2
    assert (made.token("a"), made.token("a")) == ("1", "2")

    assert not made.release("a")
    assert made.release("a")
    assert made.topics == {}


def test_a_topic_that_ends_takes_its_tokens_and_what_waits_of_it() -> None:
    pipe = FakePipe(room=0)
    made = client(pipe)
    for topic in ("a", "b"):
        made.receive(topic)
        made.token(topic)
    made.offer(bytes(60 * KIB), None, 0)
    made.offer(bytes(60 * KIB), "a", 0)

    made.give_up("a")

    assert (made.tokens, list(made.topics), made.slot.held) == ({"2": "b"}, ["b"], 0)


def test_the_end_is_told_and_drops_what_waits() -> None:
    pipe = FakePipe(room=0)
    made = client(pipe)
    made.offer(bytes(60 * KIB), None, 0)
    made.offer(bytes(60 * KIB), None, 0)
    pipe.arrived = pipe.pending = b""

    made.end(1013, "too slow", 7)

    assert pipe.pending == b"\x88\x0a\x03\xf5too slow"
    assert (made.is_ending, made.abort_ns, made.slot.held, made.slot.dropped) == (True, 7, 0, 1)
