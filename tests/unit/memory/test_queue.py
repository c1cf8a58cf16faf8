import asyncio

import pytest

from tidemark.errors import OwnerError, QueueClosedError, SlowConsumerError
from tidemark.memory.queue import BoundedQueue, Policy


def queue(policy: Policy, items: int = 3, max_bytes: int = 100) -> BoundedQueue[str]:
    key = (lambda item: item[0]) if policy is Policy.COALESCE else None
    return BoundedQueue("q", items=items, max_bytes=max_bytes, size=len, policy=policy, key=key)


def conserved(q: BoundedQueue[str]) -> bool:
    return q.taken_in == q.given_out + q.held + q.dropped + q.rejected + q.coalesced


async def turns(count: int = 5) -> None:
    """Let the other tasks run until they wait."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_items_come_out_in_order() -> None:
    q = queue(Policy.DROP_OLDEST)
    for item in ("a", "b", "c"):
        assert q.offer(item)
    assert await q.get() == "a"
    assert await q.get_many(9) == ["b", "c"]
    assert q.take(9) == []
    assert (q.taken_in, q.given_out, q.held) == (3, 3, 0)


async def test_get_many_stops_at_its_limit() -> None:
    q = queue(Policy.DROP_OLDEST)
    for item in ("a", "b", "c"):
        q.offer(item)
    assert await q.get_many(2) == ["a", "b"]


async def test_a_consumer_waits_for_the_first_item() -> None:
    q = queue(Policy.DROP_OLDEST)
    waiting = asyncio.ensure_future(q.get())
    await turns()
    assert not waiting.done()
    q.offer("a")
    assert await waiting == "a"


async def test_drop_oldest_makes_room_in_items_and_in_bytes() -> None:
    q = queue(Policy.DROP_OLDEST)
    for item in ("a", "b", "c", "d"):
        assert q.offer(item)
    assert q.offer("e" * 99)
    assert q.take(9) == ["d", "e" * 99]
    assert q.dropped == 3
    assert conserved(q)


async def test_drop_newest_keeps_what_is_held() -> None:
    q = queue(Policy.DROP_NEWEST)
    assert q.offer("a")
    assert not q.offer("b" * 100)
    assert q.offer("c")
    assert q.offer("d")
    assert not q.offer("e")
    assert q.take(9) == ["a", "c", "d"]
    assert q.dropped == 2
    assert conserved(q)


async def test_coalesce_replaces_the_older_value_in_its_place() -> None:
    q = queue(Policy.COALESCE)
    for item in ("a1", "b1", "a2"):
        assert q.offer(item)
    assert q.take(9) == ["a2", "b1"]
    assert (q.coalesced, q.dropped) == (1, 0)
    assert conserved(q)


async def test_coalesce_drops_the_oldest_for_a_new_key() -> None:
    q = queue(Policy.COALESCE)
    for item in ("a1", "b1", "c1", "d1"):
        assert q.offer(item)
    assert q.take(9) == ["b1", "c1", "d1"]
    assert q.dropped == 1
    assert conserved(q)


async def test_a_replacement_that_grew_drops_others_but_not_itself() -> None:
    q = queue(Policy.COALESCE)
    for item in ("a1", "b1", "c1"):
        q.offer(item)
    q.offer("a" * 98)
    assert q.take(9) == ["a" * 98, "c1"]
    assert (q.coalesced, q.dropped) == (1, 1)
    assert conserved(q)


async def test_disconnect_names_the_slow_consumer() -> None:
    q = queue(Policy.DISCONNECT)
    for item in ("a", "b", "c"):
        q.offer(item)
    with pytest.raises(SlowConsumerError, match="'q' is full with 3 items"):
        q.offer("d")
    assert (q.rejected, q.held) == (1, 3)
    assert conserved(q)


@pytest.mark.parametrize("policy", list(Policy))
async def test_an_item_over_the_byte_bound_is_rejected_and_nothing_else_suffers(policy: Policy) -> None:
    q = queue(policy)
    await q.put("a")
    assert not await q.put("x" * 101)
    assert (q.rejected, q.held, q.dropped) == (1, 1, 0)
    assert conserved(q)


async def test_a_blocked_producer_waits_for_room_and_counts_when_it_is_in() -> None:
    q = queue(Policy.BLOCK, items=1)
    await q.put("a")
    blocked = asyncio.ensure_future(q.put("b"))
    await turns()
    assert not blocked.done()
    assert (q.taken_in, q.held) == (1, 1)
    assert await q.get() == "a"
    assert await blocked
    assert q.take(9) == ["b"]
    assert conserved(q)


async def test_a_blocked_producer_waits_for_bytes_too() -> None:
    q = queue(Policy.BLOCK)
    await q.put("a" * 60)
    blocked = asyncio.ensure_future(q.put("b" * 60))
    await turns()
    assert not blocked.done()
    await q.get()
    assert await blocked


async def test_blocked_producers_go_on_in_the_order_they_came() -> None:
    q = queue(Policy.BLOCK, items=1)
    await q.put("a")
    producers = [asyncio.ensure_future(q.put(item)) for item in ("b", "c", "d")]
    await turns()
    got = [await q.get() for _ in range(4)]
    await asyncio.gather(*producers)
    assert got == ["a", "b", "c", "d"]


async def test_a_late_producer_does_not_overtake_one_that_waits() -> None:
    q = queue(Policy.BLOCK, items=3)
    await q.put("a" * 60)
    large = asyncio.ensure_future(q.put("b" * 60))
    await turns()
    small = asyncio.ensure_future(q.put("c"))
    await turns()
    assert not small.done()
    await q.get()
    await asyncio.gather(large, small)
    assert q.take(9) == ["b" * 60, "c"]


async def test_whoever_was_let_in_does_not_overtake_those_behind_it() -> None:
    q = queue(Policy.BLOCK, items=2)
    await q.put("a")
    await q.put("b")

    async def two() -> None:
        await q.put("c")
        await q.put("e")

    producers = [asyncio.ensure_future(two()), asyncio.ensure_future(q.put("d"))]
    await turns()
    assert q.take(2) == ["a", "b"]
    await turns()
    assert q.take(9) == ["c", "d"]
    await asyncio.gather(*producers)
    assert q.take(9) == ["e"]


async def test_a_cancelled_producer_leaves_no_trace() -> None:
    q = queue(Policy.BLOCK, items=1)
    await q.put("a")
    blocked = asyncio.ensure_future(q.put("b"))
    await turns()
    blocked.cancel()
    await turns()
    assert q.take(9) == ["a"]
    assert await q.put("c")
    assert conserved(q)


async def test_a_queue_that_blocks_takes_no_offers() -> None:
    with pytest.raises(OwnerError, match="await put"):
        queue(Policy.BLOCK).offer("a")


async def test_a_closed_queue_is_drained_and_then_ends() -> None:
    q = queue(Policy.DROP_OLDEST)
    q.offer("a")
    q.close()
    assert q.is_closed
    with pytest.raises(QueueClosedError, match="takes nothing more"):
        q.offer("b")
    assert await q.get() == "a"
    with pytest.raises(QueueClosedError, match="drained"):
        await q.get()
    with pytest.raises(QueueClosedError, match="drained"):
        await q.get_many(2)
    assert conserved(q)


async def test_closing_wakes_whoever_waits() -> None:
    q = queue(Policy.BLOCK, items=1)
    consumer = asyncio.ensure_future(queue(Policy.BLOCK).get())
    await q.put("a")
    producer = asyncio.ensure_future(q.put("b"))
    await turns()
    q.close()
    with pytest.raises(QueueClosedError):
        await producer
    assert q.take(9) == ["a"]
    consumer.cancel()
    empty = queue(Policy.BLOCK)
    waiting = asyncio.ensure_future(empty.get())
    await turns()
    empty.close()
    with pytest.raises(QueueClosedError, match="drained"):
        await waiting
    assert conserved(q)


async def test_a_cleared_queue_counts_what_it_threw_away_and_takes_more() -> None:
    q = queue(Policy.BLOCK, items=2)
    await q.put("a")
    await q.put("b")
    blocked = asyncio.ensure_future(q.put("c"))
    await turns()
    q.clear()
    assert await blocked
    assert (q.dropped, q.held, q.usage().peak) == (2, 1, 2)
    assert conserved(q)


async def test_usage_counts_the_bytes_held() -> None:
    q = queue(Policy.DROP_OLDEST)
    q.offer("abcd")
    usage = q.usage()
    assert (usage.used, usage.peak) == (1, 1)
    assert usage.bytes_used == 4 + q.reservation.item_bytes


def test_a_key_is_for_coalescing_only() -> None:
    with pytest.raises(OwnerError, match="coalescing needs a key"):
        BoundedQueue[str]("q", items=1, max_bytes=1, size=len, policy=Policy.COALESCE)
    with pytest.raises(OwnerError):
        BoundedQueue[str]("q", items=1, max_bytes=1, size=len, policy=Policy.BLOCK, key=len)


def test_a_byte_bound_is_at_least_one() -> None:
    with pytest.raises(OwnerError, match="at least 1"):
        BoundedQueue.reserve("q", items=1, max_bytes=0, policy=Policy.BLOCK)
