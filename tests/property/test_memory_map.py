"""The map against a plain list in order of use, with and without a time to live."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidemark.clock import EventClock
from tidemark.memory.map import BoundedMap

ITEMS, BYTES, TTL = 4, 12, 10

steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 6), st.integers(0, 14)),
        st.tuples(st.just("get"), st.integers(0, 6), st.just(0)),
        st.tuples(st.just("delete"), st.integers(0, 6), st.just(0)),
        st.tuples(st.just("wait"), st.just(0), st.integers(0, 6)),
    ),
    max_size=80,
)


@pytest.mark.parametrize("ttl_ns", [None, TTL])
@settings(max_examples=150, deadline=None)
@given(steps=steps)
def test_it_holds_the_latest_used_that_fit_and_counts_the_rest(
    ttl_ns: int | None, steps: list[tuple[str, int, int]]
) -> None:
    clock = EventClock()
    bounded = BoundedMap[int, int](
        "m",
        items=ITEMS,
        max_bytes=BYTES,
        size=lambda _, value: value,
        ttl_ns=ttl_ns,
        clock=None if ttl_ns is None else clock,
    )
    model: dict[int, tuple[int, int]] = {}  # in order of use: key to value and time of writing
    evicted = rejected = 0
    for what, key, amount in steps:
        if what == "wait":
            clock.set(clock.now_ns() + amount)
        if ttl_ns is not None:
            expired = [k for k, (_, at) in model.items() if clock.now_ns() - at >= ttl_ns]
            evicted += len(expired)
            for k in expired:
                del model[k]
        if what == "put":
            model.pop(key, None)
            rejected += amount > BYTES
            assert bounded.put(key, amount) == (amount <= BYTES)
            if amount <= BYTES:
                while len(model) >= ITEMS or sum(value for value, _ in model.values()) + amount > BYTES:
                    del model[next(iter(model))]
                    evicted += 1
                model[key] = (amount, clock.now_ns())
        elif what == "get":
            if key in model:
                model[key] = model.pop(key)
                assert bounded[key] == model[key][0]
            else:
                assert bounded.get(key) is None
        elif what == "delete":
            expected = model.pop(key, (None, 0))[0]
            assert bounded.pop(key, None) == expected
        usage = bounded.usage()
        assert set(bounded) == set(model)
        assert usage.used == len(model) <= ITEMS
        assert usage.bytes_used - usage.used * bounded.reservation.item_bytes == sum(v for v, _ in model.values())
        assert (usage.evicted, usage.rejected) == (evicted, rejected)
