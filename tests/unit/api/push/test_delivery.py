import asyncio
import json

from tests.build import T
from tests.unit.api.push.made import FakePipe, Market, frames_of

from tidemark.api.push.client import Client
from tidemark.api.push.delivery import Delivery
from tidemark.api.push.live_topics import LiveTopic, LiveTopics
from tidemark.api.push.messages import Subscribe
from tidemark.clock import SystemClock
from tidemark.model.events import Delisting
from tidemark.units import KIB, MILLISECOND, SECOND


class Ticking(SystemClock):
    """A clock that moves by *step_ns* whenever it is read."""

    def __init__(self, step_ns: int) -> None:
        self.at_ns = 0
        self._step_ns = step_ns

    def monotonic_ns(self) -> int:
        self.at_ns += self._step_ns
        return self.at_ns


def made(step_ns: int = 0) -> tuple[Market, Delivery[LiveTopic], Ticking]:
    market, clock = Market(), Ticking(step_ns)
    topics = LiveTopics(market.reads, market.figures(), clients=100, ledger=market.ledger)
    return market, Delivery(topics, clock), clock


def somebody() -> tuple[Client, FakePipe]:
    pipe = FakePipe()
    return Client(pipe, 0, is_authenticated=True), pipe


def kinds(pipe: FakePipe) -> list[str]:
    frames, pipe.arrived = frames_of(pipe.arrived)
    return [json.loads(payload)["type"] for opcode, payload in frames if opcode == 1]


async def test_while_many_are_sent_to_the_loop_does_its_other_work() -> None:
    _, delivery, clock = made(step_ns=MILLISECOND // 4)
    peers = [somebody() for _ in range(64)]
    for client, _ in peers:
        delivery.subscribe(client, Subscribe(topic="health"))
    turns = 0

    async def other_work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        working = group.create_task(other_work())
        await delivery.turn(clock.at_ns + SECOND)
        working.cancel()

    # 64 clients at a quarter of a millisecond each, in strides of 16.
    assert turns >= 4
    assert all(kinds(pipe) == ["subscribed", "snapshot", "delta"] for _, pipe in peers)


async def test_who_comes_while_a_message_is_sent_has_it_in_his_snapshot_and_gets_it_once() -> None:
    market, delivery, clock = made(step_ns=MILLISECOND)
    peers = [somebody() for _ in range(40)]
    late, pipe = somebody()
    for client, _ in peers:
        delivery.subscribe(client, Subscribe(topic="overview"))
    market.trade(T(1, 100.0))

    async def come() -> None:
        delivery.subscribe(late, Subscribe(topic="overview"))

    async with asyncio.TaskGroup() as group:
        group.create_task(come())
        await delivery.turn(clock.at_ns + SECOND)

    assert kinds(pipe) == ["subscribed", "snapshot"]
    live = delivery.topics.get("overview")
    assert live is not None
    assert late.topics["overview"].seq == live.seq


async def test_who_leaves_while_a_message_is_sent_is_left_out() -> None:
    market, delivery, clock = made(step_ns=MILLISECOND)
    peers = [somebody() for _ in range(40)]
    for client, _ in peers:
        delivery.subscribe(client, Subscribe(topic="overview"))
    market.trade(T(1, 100.0))
    gone, pipe = peers[-1]

    async def leave() -> None:
        delivery.forget(gone)

    async with asyncio.TaskGroup() as group:
        group.create_task(leave())
        await delivery.turn(clock.at_ns + SECOND)

    assert kinds(pipe) == ["subscribed", "snapshot"]
    assert kinds(peers[0][1]) == ["subscribed", "snapshot", "delta"]


async def test_a_topic_that_has_ended_when_somebody_catches_up_is_told_so() -> None:
    market, delivery, _ = made()
    client, pipe = somebody()
    delivery.subscribe(client, Subscribe(topic="book.BTCUSDT"))
    kinds(pipe)
    pipe.reads(0)
    pipe.write(bytes(64 * KIB + 1))
    client.slot.offer(bytes(200 * KIB), "book.BTCUSDT", 0)
    client.slot.offer(bytes(200 * KIB), "book.BTCUSDT", 0)
    delivery.offer(client, b"x", "book.BTCUSDT")
    live = delivery.topics.get("book.BTCUSDT")
    assert live is not None
    market.trade(T(1, 100.0))
    delivery.topics.next(live, 0)

    market.tell(Delisting(ts_event=1, ts_recv=1, symbol="BTCUSDT"))
    pipe.pending = b""
    pipe.reads(None)
    live.due_ns = 10**18
    await delivery.turn(1)

    assert kinds(pipe) == ["error"]
    assert (client.topics, client.slot.held, delivery.is_behind) == ({}, 0, False)


async def test_nothing_is_written_to_who_hangs_up() -> None:
    _, delivery, _ = made()
    client, pipe = somebody()
    pipe.close()

    delivery.offer(client, b"x", None)

    assert (pipe.arrived, delivery.sent_messages) == (b"", 0)
