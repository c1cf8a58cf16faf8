import pytest

from tidemark.clock import EventClock
from tidemark.errors import OwnerError
from tidemark.memory.map import BoundedMap


def lru(items: int = 3, max_bytes: int = 100) -> BoundedMap[str, bytes]:
    return BoundedMap("m", items=items, max_bytes=max_bytes, size=lambda _, value: len(value))


def expiring(clock: EventClock) -> BoundedMap[str, bytes]:
    return BoundedMap("m", items=3, max_bytes=100, size=lambda _, value: len(value), ttl_ns=10, clock=clock)


def test_it_is_a_mapping() -> None:
    m = lru()
    m["a"] = b"1"
    m["b"] = b"2"
    assert m["a"] == b"1"
    assert list(m) == ["a", "b"]
    assert m.pop("b") == b"2"
    assert m.get("b") is None
    assert dict(m) == {"a": b"1"}
    with pytest.raises(KeyError):
        del m["b"]


def test_the_least_recently_used_goes_when_there_are_too_many_items() -> None:
    m = lru()
    for key in "abc":
        m[key] = b"1"
    assert m["a"]
    m["d"] = b"1"
    assert sorted(m) == ["a", "c", "d"]
    assert (m.usage().used, m.usage().peak, m.usage().evicted) == (3, 3, 1)


def test_as_many_go_as_the_bytes_of_the_next_one_need() -> None:
    m = lru()
    m["a"], m["b"], m["c"] = bytes(40), bytes(40), bytes(20)
    m["d"] = bytes(60)
    assert sorted(m) == ["c", "d"]
    assert m.usage().evicted == 2


def test_a_new_value_replaces_the_bytes_of_the_old_one() -> None:
    m = lru()
    m["a"], m["b"] = bytes(40), bytes(60)
    m["a"] = bytes(30)
    assert len(m) == 2
    assert m.usage().bytes_used == 90 + 2 * m.reservation.item_bytes
    assert m.usage().evicted == 0


def test_an_item_over_the_byte_bound_is_refused_and_its_old_value_no_longer_true() -> None:
    m = lru()
    m["a"], m["b"] = b"1", b"2"
    assert not m.put("a", bytes(101))
    assert dict(m) == {"b": b"2"}
    assert (m.usage().rejected, m.usage().evicted) == (1, 0)


def test_an_entry_ends_with_its_time_to_live_and_is_counted_once() -> None:
    clock = EventClock()
    m = expiring(clock)
    m["a"] = b"1"
    clock.set(5)
    m["b"] = b"2"
    clock.set(9)
    assert m["a"] == b"1"
    clock.set(10)
    assert m.get("a") is None
    assert list(m) == ["b"]
    assert len(m) == 1
    assert (m.usage().used, m.usage().evicted) == (1, 1)
    with pytest.raises(KeyError):
        del m["a"]


def test_expired_entries_make_room_before_living_ones() -> None:
    clock = EventClock()
    m = expiring(clock)
    m["a"] = bytes(50)
    clock.set(5)
    m["b"] = bytes(50)
    clock.set(12)
    m["c"] = bytes(50)
    assert sorted(m) == ["b", "c"]
    assert m.usage().evicted == 1


def test_a_cleared_map_is_empty_and_usable() -> None:
    m = lru()
    m["a"] = b"1"
    m.clear()
    assert (len(m), m.usage().bytes_used, m.usage().evicted) == (0, 0, 0)
    m["a"] = b"2"
    assert m["a"] == b"2"


@pytest.mark.parametrize(("max_bytes", "ttl_ns"), [(0, None), (1, 0)])
def test_bounds_are_at_least_one(max_bytes: int, ttl_ns: int | None) -> None:
    with pytest.raises(OwnerError, match="at least 1"):
        BoundedMap.reserve("m", items=1, max_bytes=max_bytes, ttl_ns=ttl_ns)


def test_a_time_to_live_needs_a_clock() -> None:
    with pytest.raises(OwnerError, match="needs a clock"):
        BoundedMap[str, bytes]("m", items=1, max_bytes=1, size=lambda _, __: 1, ttl_ns=5)
