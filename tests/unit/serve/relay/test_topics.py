import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.api.push.made import FakePipe, frames_of
from tests.unit.serve.told import BOOK, CANDLE, tell

from tidemark.api.push.client import Client
from tidemark.api.push.house import House
from tidemark.clock import EventClock
from tidemark.errors import RequestError
from tidemark.memory.ledger import Ledger
from tidemark.serve.relay.push_link import MOST_TOPICS
from tidemark.serve.relay.topics import Relayed, RelayTopics
from tidemark.units import KIB, MINUTE, SECOND


class Peer:
    """A client of *house* that keeps what it is told, over a pipe of *room* bytes."""

    def __init__(self, house: House[Relayed], room: int | None = None) -> None:
        self.house = house
        self.pipe = FakePipe(room)
        self.client = house.admit(Client(self.pipe, 0, is_authenticated=True))

    async def subscribe(self, topic: str, since: int | None = None) -> None:
        said = {"op": "subscribe", "topic": topic} | ({} if since is None else {"since": since})
        await self.house.hear(self.client, json.dumps(said).encode())

    def heard(self) -> list[tuple[str, int | None]]:
        """Kind and number of what arrived since the last call, without greeting and pings."""
        frames, self.pipe.arrived = frames_of(self.pipe.arrived)
        told = [json.loads(payload) for opcode, payload in frames if opcode == 1]
        return [(one["type"], one.get("seq")) for one in told if one["type"] not in {"hello", "ping", "subscribed"}]


class Made:
    def __init__(self) -> None:
        self.ledger, self.clock = Ledger(), EventClock(SECOND)
        self.topics = RelayTopics(self.clock, clients=8, ledger=self.ledger)
        self.house: House[Relayed] = House(self.topics, self.clock, slots=House.account(8, self.ledger))

    async def turns(self, count: int = 80) -> None:
        for _ in range(count):
            await self.house.turn()


async def test_who_joins_gets_the_snapshot_and_what_came_after_it_and_then_what_comes() -> None:
    made = Made()
    first, second = Peer(made.house), Peer(made.house)
    await first.subscribe(CANDLE)
    assert dict(made.topics.wanted()) == {CANDLE: None}
    await tell(made.topics, "snapshot", CANDLE, 10)
    await tell(made.topics, "delta", CANDLE, 11)
    await made.turns()

    await second.subscribe(CANDLE)
    await tell(made.topics, "delta", CANDLE, 12)
    await made.turns()

    assert first.heard() == [("snapshot", 10), ("delta", 11), ("delta", 12)]
    assert second.heard() == [("snapshot", 10), ("delta", 11), ("delta", 12)]
    assert list(made.topics.stale()) == []
    assert dict(made.topics.wanted()) == {CANDLE: 12}


async def test_frames_are_passed_on_as_they_came_and_encoded_once() -> None:
    made = Made()
    peers = [Peer(made.house) for _ in range(3)]
    for peer in peers:
        await peer.subscribe(CANDLE)
    payload = await tell(made.topics, "snapshot", CANDLE, 10, candles=[[1, 2.5]], provisional=None)
    await made.turns()

    for peer in peers:
        assert payload in [words for _, words in frames_of(peer.pipe.arrived)[0]]
    assert made.house.figures().encoded == 1


async def test_who_comes_back_gets_what_it_missed_and_no_snapshot() -> None:
    made = Made()
    peer = Peer(made.house)
    await peer.subscribe(CANDLE)
    await tell(made.topics, "snapshot", CANDLE, 10)
    for seq in range(11, 15):
        await tell(made.topics, "delta", CANDLE, seq)
    await made.turns()

    back, up_to_date, too_late = Peer(made.house), Peer(made.house), Peer(made.house)
    await back.subscribe(CANDLE, since=12)
    await up_to_date.subscribe(CANDLE, since=14)
    await too_late.subscribe(CANDLE, since=3)

    assert back.heard() == [("delta", 13), ("delta", 14)]
    assert up_to_date.heard() == []
    assert too_late.heard() == [("snapshot", 10), *[("delta", seq) for seq in range(11, 15)]]


async def test_the_first_who_comes_back_to_this_process_is_told_what_the_monitor_has_of_it() -> None:
    made = Made()
    made.topics.connected(True)
    peer = Peer(made.house)
    subscribing = asyncio.create_task(peer.subscribe(CANDLE, since=10))
    await asyncio.sleep(0)
    # The link asks for what came since, and for a snapshot too, for those who join.
    assert (dict(made.topics.wanted()), list(made.topics.stale())) == ({CANDLE: 10}, [CANDLE])

    await tell(made.topics, "delta", CANDLE, 11)
    await tell(made.topics, "delta", CANDLE, 12)
    await tell(made.topics, "snapshot", CANDLE, 12)
    await subscribing
    await made.turns()

    assert peer.heard() == [("delta", 11), ("delta", 12)]


async def test_a_topic_that_the_monitor_refuses_is_an_error_and_no_subscription() -> None:
    made = Made()
    made.topics.connected(True)
    peer = Peer(made.house)
    subscribing = asyncio.create_task(peer.subscribe("book.NOSUCH"))
    await asyncio.sleep(0)

    await made.topics.refuse("book.NOSUCH", "NOSUCH is not watched")
    await subscribing

    assert peer.heard() == [("error", None)]
    assert peer.client.topics == {}
    assert dict(made.topics.wanted()) == {}


async def test_what_is_no_topic_is_refused_without_a_question() -> None:
    made = Made()
    made.topics.connected(True)
    peer = Peer(made.house)

    await peer.subscribe("nonsense")

    assert peer.heard() == [("error", None)]
    assert dict(made.topics.wanted()) == {}


async def test_a_topic_that_ends_ends_its_subscriptions() -> None:
    made = Made()
    peer = Peer(made.house)
    await peer.subscribe(BOOK)
    await tell(made.topics, "snapshot", BOOK, 5)
    await made.turns()

    await made.topics.refuse(BOOK, "BTCUSDT is not watched")
    await made.turns()

    assert peer.heard() == [("snapshot", 5), ("error", None)]
    assert made.topics.usage().used == 0


async def test_what_says_all_each_time_is_its_own_snapshot_for_who_joins() -> None:
    made = Made()
    first, second = Peer(made.house), Peer(made.house)
    await first.subscribe(BOOK)
    await tell(made.topics, "snapshot", BOOK, 5)
    await tell(made.topics, "delta", BOOK, 6, bids=[[1.0, 2.0]])
    await made.turns()

    await second.subscribe(BOOK)

    assert second.heard() == [("snapshot", 6)]
    assert first.heard() == [("snapshot", 5), ("delta", 6)]
    assert list(made.topics.stale()) == []


async def test_a_hole_is_never_passed_on_and_a_fresh_snapshot_fills_it() -> None:
    made = Made()
    peer = Peer(made.house)
    await peer.subscribe(CANDLE)
    await tell(made.topics, "snapshot", CANDLE, 10)
    await tell(made.topics, "delta", CANDLE, 13)
    await made.turns()
    assert peer.heard() == [("snapshot", 10)]
    assert list(made.topics.stale()) == [CANDLE]

    await tell(made.topics, "delta", CANDLE, 14)
    await tell(made.topics, "snapshot", CANDLE, 14)
    await tell(made.topics, "delta", CANDLE, 15)
    await made.turns()

    assert peer.heard() == [("snapshot", 14), ("delta", 15)]


async def test_what_comes_twice_is_passed_on_once() -> None:
    made = Made()
    peer = Peer(made.house)
    await peer.subscribe(CANDLE)
    for kind, seq in [("snapshot", 10), ("delta", 11), ("delta", 11), ("delta", 10), ("delta", 12), ("snapshot", 12)]:
        await tell(made.topics, kind, CANDLE, seq)
    await made.turns()

    assert peer.heard() == [("snapshot", 10), ("delta", 11), ("delta", 12)]


async def test_a_monitor_that_begins_again_by_an_earlier_clock_is_followed() -> None:
    made = Made()
    peer = Peer(made.house)
    await peer.subscribe(CANDLE)
    await tell(made.topics, "snapshot", CANDLE, 1000)
    await made.turns()

    await tell(made.topics, "snapshot", CANDLE, 10)
    await tell(made.topics, "delta", CANDLE, 11)
    await made.turns()

    assert peer.heard() == [("snapshot", 1000), ("snapshot", 10), ("delta", 11)]


async def test_a_fresh_snapshot_is_asked_for_when_what_follows_outgrows_it() -> None:
    made = Made()
    peer = Peer(made.house)
    await peer.subscribe(CANDLE)
    await tell(made.topics, "snapshot", CANDLE, 10, candles="x" * 100)
    for seq in range(11, 31):
        await tell(made.topics, "delta", CANDLE, seq, closed="x" * KIB)
    assert list(made.topics.stale()) == []

    late = Peer(made.house)
    await late.subscribe(CANDLE)

    # 20 KiB after 100 bytes: this one still gets them, for the next one there will be less.
    assert late.heard()[0] == ("snapshot", 10)
    assert len(late.heard() or made.topics.whole(made.topics.find(CANDLE, 0))) == 21
    assert list(made.topics.stale()) == [CANDLE]
    await tell(made.topics, "snapshot", CANDLE, 30)
    assert len(made.topics.whole(made.topics.find(CANDLE, 0))) == 1


async def test_a_client_that_does_not_keep_up_gets_a_snapshot_in_the_place_of_what_waits() -> None:
    made = Made()
    slow = Peer(made.house, room=0)
    await slow.subscribe(CANDLE)
    await tell(made.topics, "snapshot", CANDLE, 1)
    for seq in range(2, 12):
        await tell(made.topics, "delta", CANDLE, seq, closed="x" * 40 * KIB)
        await made.turns(3)
    await tell(made.topics, "snapshot", CANDLE, 11)
    await made.turns(3)

    slow.pipe.reads(None)
    await made.turns(20)
    await tell(made.topics, "delta", CANDLE, 12)
    await made.turns(3)

    heard = slow.heard()
    assert heard[-2:] == [("snapshot", 11), ("delta", 12)]
    assert made.house.figures().closed == {}


async def test_a_topic_that_nobody_receives_is_given_up_after_a_minute() -> None:
    made = Made()
    peer = Peer(made.house)
    await peer.subscribe(CANDLE)
    await tell(made.topics, "snapshot", CANDLE, 1)
    made.house.leave(peer.client)

    made.topics.expire(made.clock.monotonic_ns() + MINUTE)
    assert dict(made.topics.wanted()) == {CANDLE: 1}
    made.topics.expire(made.clock.monotonic_ns() + MINUTE + 1)

    assert dict(made.topics.wanted()) == {}
    assert made.topics.usage().bytes_used == 0


async def test_there_are_as_many_topics_as_one_connection_carries() -> None:
    made = Made()
    peer = Peer(made.house)
    for number in range(MOST_TOPICS):
        made.topics.find(f"candle.M{number}.1m", 0).clients[peer.client] = None

    with pytest.raises(RequestError, match="90 topics are received already"):
        made.topics.find("overview", 0)
    made.topics.find("candle.M7.1m", 0).clients.clear()
    assert made.topics.find("overview", 0).name == "overview"
    assert made.topics.get("candle.M7.1m") is None


async def test_what_was_not_sent_is_bounded_and_what_is_dropped_is_made_up_for() -> None:
    made = Made()
    peer = Peer(made.house)
    await peer.subscribe(BOOK)
    await tell(made.topics, "snapshot", BOOK, 1)
    await made.turns()
    for seq in range(2, 200):
        await tell(made.topics, "delta", BOOK, seq, bids="x" * 30 * KIB)
    assert made.topics.usage().bytes_used <= made.topics.reservation.bytes
    assert not made.ledger.violations()
    await made.turns()

    heard = peer.heard()
    assert heard[0] == ("snapshot", 1)
    assert heard[-1][1] == 199
    assert follows(heard)


async def test_what_is_reserved_is_what_is_opened() -> None:
    made = Made()
    listed = {one.reservation.owner: one.reservation for one in made.ledger.owners()}

    for planned in RelayTopics.reserve(clients=8):
        assert listed[planned.owner] == planned


def follows(heard: list[tuple[str, int | None]]) -> bool:
    """Whether a client can follow what it heard: a snapshot first, and each delta upon what came before it."""
    at = None
    for kind, seq in heard:
        if seq is None or (kind == "delta" and (at is None or seq != at + 1)):
            return False
        at = seq
    return True


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.just(("join", 0)), st.just(("resume", 0)), st.just(("tell", 0)), st.just(("lose", 0)),
            st.just(("fresh", 0)), st.just(("turn", 0)), st.just(("slow", 0)),
        ),
        max_size=40,
    ),
    st.sampled_from([CANDLE, BOOK]),
)  # fmt: skip
def test_whatever_happens_every_client_can_follow_what_it_hears(steps: list[tuple[str, int]], topic: str) -> None:
    async def play() -> None:
        made = Made()
        peers: list[Peer] = []
        heard: dict[Peer, list[tuple[str, int | None]]] = {}
        seq = 10
        await tell(made.topics, "snapshot", topic, seq)
        for step, _ in steps:
            match step:
                case "join" | "slow" if len(peers) < 6:
                    peer = Peer(made.house, room=3000 if step == "slow" else None)
                    peers.append(peer)
                    heard[peer] = []
                    await peer.subscribe(topic)
                case "resume" if peers and len(peers) < 6:
                    # One that goes, and comes back with what it has.
                    old = peers[0]
                    heard[old] += old.heard()
                    known = [number for _, number in heard[old] if number is not None]
                    peer = Peer(made.house)
                    peers.append(peer)
                    heard[peer] = [("snapshot", known[-1])] if known else []
                    await peer.subscribe(topic, since=known[-1] if known else None)
                case "tell":
                    seq += 1
                    await tell(made.topics, "delta", topic, seq)
                case "lose":
                    seq += 1
                case "fresh":
                    await tell(made.topics, "snapshot", topic, seq)
                case _:
                    await made.turns(2)
        await tell(made.topics, "snapshot", topic, seq)
        await made.turns()
        for peer in peers:
            peer.pipe.reads(None)
        await made.turns()
        for peer in peers:
            heard[peer] += peer.heard()
            assert follows(heard[peer]), heard[peer]
            assert heard[peer][-1][1] == seq
        assert not made.ledger.violations()

    asyncio.run(play())
