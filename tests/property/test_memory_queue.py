"""The queue against a plain list, policy by policy, and its conservation at every moment."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidemark.errors import SlowConsumerError
from tidemark.memory.queue import BoundedQueue, Policy

ITEMS, BYTES = 4, 12
Item = tuple[int, int]  # key, size

steps = st.lists(
    st.one_of(
        st.tuples(st.just("offer"), st.integers(0, 5), st.integers(0, 14)),
        st.tuples(st.just("take"), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("clear"), st.just(0), st.just(0)),
    ),
    max_size=80,
)


class Model:
    """What each policy means, on a list."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.held: list[Item] = []

    def fits(self, item: Item) -> bool:
        return len(self.held) < ITEMS and sum(size for _, size in self.held) + item[1] <= BYTES

    def offer(self, item: Item) -> None:
        if item[1] > BYTES:
            return
        if self.policy is Policy.COALESCE and any(key == item[0] for key, _ in self.held):
            self.held = [item if key == item[0] else (key, size) for key, size in self.held]
            while sum(size for _, size in self.held) > BYTES:
                self.held.remove(next(other for other in self.held if other[0] != item[0]))
            return
        if not self.fits(item) and self.policy in (Policy.DROP_NEWEST, Policy.DISCONNECT):
            return
        while not self.fits(item):
            self.held.pop(0)
        self.held.append(item)


@pytest.mark.parametrize("policy", [policy for policy in Policy if policy is not Policy.BLOCK])
@settings(max_examples=100, deadline=None)
@given(steps=steps)
def test_it_holds_what_its_policy_says_and_loses_nothing_uncounted(
    policy: Policy, steps: list[tuple[str, int, int]]
) -> None:
    queue = BoundedQueue[Item](
        "q",
        items=ITEMS,
        max_bytes=BYTES,
        size=lambda item: item[1],
        policy=policy,
        key=(lambda item: item[0]) if policy is Policy.COALESCE else None,
    )
    model = Model(policy)
    offered = 0
    for what, first, second in steps:
        if what == "offer":
            offered += 1
            model.offer((first, second))
            try:
                queue.offer((first, second))
            except SlowConsumerError:
                assert policy is Policy.DISCONNECT
        elif what == "take":
            expected, model.held = model.held[:first], model.held[first:]
            assert queue.take(first) == expected
        else:
            queue.clear()
            model.held = []
        usage = queue.usage()
        assert queue.held == len(model.held) == usage.used <= ITEMS
        assert usage.bytes_used == sum(size for _, size in model.held) + queue.held * queue.reservation.item_bytes
        assert offered == queue.taken_in
        assert offered == queue.given_out + queue.held + queue.dropped + queue.rejected + queue.coalesced
    assert queue.take(ITEMS) == model.held
