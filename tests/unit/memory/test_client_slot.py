import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.errors import SlowConsumerError
from tidemark.memory.client_slot import CONNECTION_BYTES, ITEMS, MAX_BYTES, ClientSlot, Waiting
from tidemark.memory.ledger import Ledger


def held_of(slot: ClientSlot) -> list[Waiting]:
    found = []
    while (entry := slot.take()) is not None:
        found.append(entry)
    return found


def conserves(slot: ClientSlot) -> bool:
    return slot.taken_in == slot.given_out + slot.held + slot.coalesced + slot.dropped


def test_what_waits_leaves_in_the_order_in_which_it_came() -> None:
    slot = ClientSlot()

    for number, key in enumerate(("a", None, "a")):
        assert slot.offer(bytes([number]), key, number) == 0

    assert slot.oldest_ns == 0
    assert held_of(slot) == [(b"\0", "a", 0), (b"\1", None, 1), (b"\2", "a", 2)]
    assert (slot.bytes, slot.held) == (0, 0)


def test_a_full_line_asks_for_what_is_newest_of_a_key_in_the_place_of_its_frames() -> None:
    slot = ClientSlot(max_bytes=30)
    for at, key in enumerate(("a", "b", "a")):
        slot.offer(bytes(10), key, at)

    coalesced = slot.offer(bytes(10), "a", 3)

    assert coalesced == 2
    assert slot.offer(bytes(10), "a", 4) == 1
    assert conserves(slot)
    assert held_of(slot) == [(None, "a", 0), (bytes(10), "b", 1)]
    assert slot.coalesced == 3


def test_the_frames_of_other_keys_make_room_for_one_without() -> None:
    slot = ClientSlot(items=3)
    for at in range(3):
        slot.offer(b"x", "a", at)

    slot.offer(b"signal", None, 3)

    assert held_of(slot) == [(None, "a", 0), (b"signal", None, 3)]
    assert conserves(slot)


def test_a_key_of_which_nothing_waits_is_asked_for_when_there_is_no_room() -> None:
    slot = ClientSlot(max_bytes=10)
    slot.offer(bytes(10), None, 0)

    assert slot.offer(b"x", "a", 1) == 0

    assert held_of(slot) == [(bytes(10), None, 0), (None, "a", 1)]


def test_a_frame_without_a_key_is_never_replaced_and_what_finds_no_room_is_refused() -> None:
    slot = ClientSlot(items=2)
    slot.offer(b"1", None, 0)
    slot.offer(b"2", None, 1)

    for key in (None, "a"):
        with pytest.raises(SlowConsumerError, match="has to be closed"):
            slot.offer(b"3", key, 2)

    assert slot.dropped == 2
    assert conserves(slot)
    assert held_of(slot) == [(b"1", None, 0), (b"2", None, 1)]


def test_bytes_that_are_on_their_way_count_against_the_same_bound() -> None:
    slot = ClientSlot(max_bytes=10)

    slot.offer(bytes(4), "a", 0, ahead=6)
    slot.offer(bytes(1), "a", 0, ahead=6)

    assert held_of(slot) == [(None, "a", 0)]


def test_what_is_forgotten_or_left_at_the_end_is_dropped() -> None:
    slot = ClientSlot()
    slot.offer(b"1", "a", 0)
    slot.offer(b"2", "b", 0)
    slot.offer(b"3", "b", 0)

    slot.forget("b")
    assert (slot.held, slot.dropped) == (1, 2)
    slot.close()

    assert (slot.held, slot.bytes, slot.dropped) == (0, 0, 3)
    assert conserves(slot)


def test_a_slot_stands_in_the_plan_as_in_the_ledger() -> None:
    ledger = Ledger()

    account = ClientSlot.account("push/clients", 50, ledger)

    assert account.reservation == ClientSlot.reserve("push/clients", 50)
    assert account.reservation.bytes == 50 * (MAX_BYTES + CONNECTION_BYTES)


actions = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["a", "b", None]), st.integers(0, 200)),
        st.sampled_from(["take", "pass", "forget", "close"]),
    ),
    max_size=200,
)


@given(actions)
def test_nothing_disappears_uncounted_and_the_bound_holds(done: list[tuple[str | None, int] | str]) -> None:
    slot = ClientSlot(items=8, max_bytes=400)

    for at, action in enumerate(done):
        match action:
            case "take":
                slot.take()
            case "pass":
                slot.pass_by()
            case "forget":
                slot.forget("a")
            case "close":
                slot.close()
            case (key, size):
                try:
                    slot.offer(bytes(int(size)), key if key in {"a", "b"} else None, at)
                except SlowConsumerError:
                    assert slot.held == 8 or slot.bytes + int(size) > 400
        assert conserves(slot)
        assert 0 <= slot.held <= 8 <= ITEMS
        assert 0 <= slot.bytes <= 400
    waiting = held_of(slot)
    assert [entry[2] for entry in waiting] == sorted(entry[2] for entry in waiting)
    assert conserves(slot)
