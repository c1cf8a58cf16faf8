import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.build import MIDNIGHT, T
from tests.unit.api.push.made import FakePipe, Market, frames_of

from tidemark.api.push.client import Client
from tidemark.api.push.delivery import MOST_OF_A_TOPIC, MOST_SUBSCRIPTIONS, WARNED_FROM
from tidemark.api.push.house import STALE_NS
from tidemark.api.push.hub import Hub
from tidemark.errors import TransientError
from tidemark.model.events import Delisting
from tidemark.settings.serving import Api
from tidemark.settings.settings import Settings
from tidemark.units import KIB, MILLISECOND, SECOND

WORD = "open sesame"


class Peer:
    """A client of *hub* that keeps what it is told, over a pipe of *room* bytes."""

    def __init__(self, market: Market, hub: Hub, room: int | None = None, *, is_authenticated: bool = True) -> None:
        self.pipe = FakePipe(room)
        self.market = market
        self.hub = hub
        self.client = hub.admit(Client(self.pipe, market.clock.monotonic_ns(), is_authenticated=is_authenticated))

    async def say(self, **message: Any) -> None:
        await self.hub.hear(self.client, json.dumps(message).encode())

    async def show(self, op: str, token: str) -> None:
        await self.say(op=op, token=token)

    def heard(self) -> list[dict[str, Any]]:
        """What arrived since the last call, close frames as `{"code": ..., "reason": ...}`."""
        frames, self.pipe.arrived = frames_of(self.pipe.arrived)
        found = []
        for opcode, payload in frames:
            if opcode == 8:
                found.append({"code": int.from_bytes(payload[:2]), "reason": payload[2:].decode()})
            else:
                found.append(json.loads(payload) if opcode == 1 else {"opcode": opcode, "payload": payload})
        return found

    def kinds(self) -> list[str]:
        return [message.get("type", "closed") for message in self.heard()]


async def pass_time(market: Market, hub: Hub, seconds: float, step: float = 0.25) -> None:
    """Let time pass, and the hub do what is due."""
    at = (market.clock.now_ns() - MIDNIGHT) / SECOND
    for number in range(1, round(seconds / step) + 1):
        market.until(at + number * step)
        await hub.turn()


def made(clients: int = 10) -> tuple[Market, Hub]:
    market = Market()
    return market, market.hub(clients)


async def test_a_client_is_greeted_and_gets_a_snapshot_then_deltas() -> None:
    market, hub = made()
    peer = Peer(market, hub)

    await peer.say(op="subscribe", topic="overview")
    market.trade(T(0.1, 100.5))
    await pass_time(market, hub, 0.5)

    hello, subscribed, snapshot, delta = peer.heard()
    assert hello == {"type": "hello", "v": 1, "ts": MIDNIGHT // MILLISECOND, "heartbeat_s": 20}
    assert subscribed == {"type": "subscribed", "topic": "overview", "token": "1", "subscriptions": 1}
    assert (snapshot["type"], snapshot["symbols"][0]) == ("snapshot", "BTCUSDT")
    assert (delta["type"], delta["seq"]) == ("delta", snapshot["seq"] + 1)
    assert delta["c"]["price"][delta["i"].index(0)] == 100.5


async def test_one_message_is_encoded_once_for_all_clients() -> None:
    market, hub = made()
    peers = [Peer(market, hub) for _ in range(10)]
    for peer in peers:
        await peer.say(op="subscribe", topic="health")
    await pass_time(market, hub, 1.0)

    figures = hub.figures()
    assert figures.encoded == 1
    assert figures.sent_messages == 10 * 4
    heard = [peer.heard() for peer in peers]
    assert all(messages == [*heard[0][:3], messages[3]] for messages in heard)


async def test_after_the_last_unsubscribe_nothing_more_comes() -> None:
    market, hub = made()
    peer = Peer(market, hub)
    for _ in range(2):
        await peer.say(op="subscribe", topic="health")

    await peer.show("unsubscribe", "1")
    peer.heard()
    await pass_time(market, hub, 1.0)
    assert peer.kinds() == ["delta"]
    await peer.show("unsubscribe", "2")
    await pass_time(market, hub, 3.0)

    assert peer.kinds() == []
    await peer.show("unsubscribe", "2")
    assert peer.heard() == [{"type": "error", "detail": "no subscription has the token 2"}]


async def test_a_topic_is_warned_of_from_forty_subscriptions_and_refused_beyond_fifty() -> None:
    market, hub = made()
    peer = Peer(market, hub)
    for _ in range(MOST_OF_A_TOPIC + 1):
        await peer.say(op="subscribe", topic="memory")
        await pass_time(market, hub, 0.05, 0.05)

    replies = [one for one in peer.heard() if one["type"] in {"subscribed", "error"}]
    assert ["warning" in one for one in replies] == [False] * (WARNED_FROM - 1) + [True] * 11 + [False]
    assert replies[-1]["detail"].startswith("there are 50 subscriptions of it")
    assert replies[-2]["subscriptions"] == 50


async def test_a_connection_has_a_hundred_subscriptions() -> None:
    market, hub = made()
    peer = Peer(market, hub)
    names = ["overview", "memory", "health", *(f"candle.{one}USDT.{t}" for one in ("BTC", "ETH") for t in ("1m", "5m"))]
    for number in range(MOST_SUBSCRIPTIONS + 1):
        await peer.say(op="subscribe", topic=names[number % len(names)])
        await pass_time(market, hub, 0.05, 0.05)

    assert len(peer.client.tokens) == MOST_SUBSCRIPTIONS
    assert [one["detail"] for one in peer.heard() if one["type"] == "error"] == [
        "there are 100 subscriptions on this connection, and no more are taken"
    ]


async def test_who_comes_back_gets_what_was_missed() -> None:
    market, hub = made()
    away, other = Peer(market, hub), Peer(market, hub)
    for peer in (away, other):
        await peer.say(op="subscribe", topic="overview")
    seq = away.heard()[-1]["seq"]
    hub.leave(away.client)
    for number in range(4):
        market.trade(T(number, 100.0 + number))
        await pass_time(market, hub, 0.25)

    back = Peer(market, hub)
    await back.say(op="subscribe", topic="overview", since=seq + 1)

    assert [(one["type"], one["seq"]) for one in back.heard()[2:]] == [("delta", seq + n) for n in (2, 3, 4)]


async def test_who_was_the_only_one_gets_what_changed_while_nothing_was_done_for_him() -> None:
    market, hub = made()
    peer = Peer(market, hub)
    await peer.say(op="subscribe", topic="overview")
    seq = peer.heard()[-1]["seq"]
    hub.leave(peer.client)
    for number in range(20):
        market.trade(T(number, 100.0 + number))
        await pass_time(market, hub, 1.0)

    back = Peer(market, hub)
    await back.say(op="subscribe", topic="overview", since=seq)

    (delta,) = back.heard()[2:]
    assert (delta["seq"], delta["c"]["price"][0]) == (seq + 1, 119.0)


async def test_a_number_that_is_not_known_gets_a_snapshot() -> None:
    market, hub = made()
    for since in (0, 10**18):
        peer = Peer(market, hub)
        await peer.say(op="subscribe", topic="overview", since=since)

        assert peer.kinds() == ["hello", "subscribed", "snapshot"]


@pytest.mark.parametrize("topic", ["signals", "candle.BTCUSDT.3m", "score.DOGEUSDT"])
async def test_an_unknown_topic_is_an_error_and_no_end(topic: str) -> None:
    market, hub = made()
    peer = Peer(market, hub)

    await peer.say(op="subscribe", topic=topic)

    (error,) = peer.heard()[1:]
    assert (error["type"], error["topic"]) == ("error", topic)
    assert not peer.client.is_ending


async def test_a_topic_that_ends_is_told_to_all_who_receive_it() -> None:
    market, hub = made()
    peer = Peer(market, hub)
    await peer.say(op="subscribe", topic="book.BTCUSDT")
    peer.heard()

    market.tell(Delisting(ts_event=1, ts_recv=1, symbol="BTCUSDT"))
    await pass_time(market, hub, 0.5)

    (error,) = peer.heard()
    assert (error["type"], error["topic"]) == ("error", "book.BTCUSDT")
    assert (peer.client.tokens, peer.client.topics) == ({}, {})


async def test_who_is_behind_gets_one_snapshot_in_the_place_of_all_that_was_missed() -> None:
    market, hub = made()
    peer = Peer(market, hub)
    await peer.say(op="subscribe", topic="overview")
    await peer.say(op="subscribe", topic="health")
    peer.heard()
    peer.pipe.reads(0)
    # What the line holds does not suffice: it is asked for what is newest.
    peer.pipe.write(bytes(64 * KIB + 1))
    for _ in range(250):
        peer.client.offer(b"", None, market.clock.monotonic_ns())

    for number in range(8):
        market.trade(T(number / 4, 100.0 + number))
        await pass_time(market, hub, 0.25)
    assert hub.figures().conflated > 0
    peer.pipe.pending = b""
    peer.pipe.reads(None)
    market.trade(T(2.1, 200.0))
    await pass_time(market, hub, 0.25)

    heard = peer.heard()
    overview = [one for one in heard if one.get("topic") == "overview"]
    assert [one["type"] for one in overview] in (["snapshot"], ["snapshot", "delta"])
    assert overview[-1]["c"]["price"][0] == 200.0
    slot = peer.client.slot
    assert slot.taken_in == slot.given_out + slot.held + slot.coalesced + slot.dropped
    assert slot.held == 0


async def test_of_a_topic_that_does_not_conflate_who_is_behind_gets_every_message_all_the_same() -> None:
    market, hub = made()
    peer = Peer(market, hub)
    await peer.say(op="subscribe", topic="health")
    live = hub.topics.get("health")
    assert live is not None
    live.kind.CONFLATES = False
    peer.heard()
    peer.pipe.reads(0)
    peer.pipe.write(bytes(64 * KIB + 1))
    for _ in range(253):
        peer.client.offer(b"", None, market.clock.monotonic_ns())

    await pass_time(market, hub, 3.0, 1.0)
    peer.pipe.pending = b""
    peer.pipe.reads(None)
    await pass_time(market, hub, 1.0, 1.0)

    assert peer.kinds() == ["delta"] * 4
    assert hub.figures().conflated == 0


async def test_who_stays_behind_is_closed_with_the_reason_and_counted() -> None:
    market, hub = made()
    slow, quick = Peer(market, hub), Peer(market, hub)
    for peer in (slow, quick):
        await peer.say(op="subscribe", topic="health")
    slow.pipe.reads(10)

    await pass_time(market, hub, 10.0)

    assert slow.pipe.is_aborted
    assert hub.figures().closed == {"slow": 1}
    assert hub.seats().slow_closed == 1
    assert quick.kinds().count("delta") == 10
    hub.leave(slow.client)
    assert hub.figures().open == 1


async def test_the_reason_reaches_who_takes_it_in_the_end() -> None:
    market, hub = made()
    slow = Peer(market, hub)
    await slow.say(op="subscribe", topic="health")
    slow.pipe.reads(0)

    await pass_time(market, hub, 8.0)
    slow.pipe.reads(None)

    assert slow.heard()[-1] == {"code": 1013, "reason": "too slow: a message was not taken for 5 seconds"}


async def test_who_has_no_room_left_for_what_must_not_be_replaced_is_closed() -> None:
    market, hub = made()
    slow = Peer(market, hub, room=0)
    for _ in range(700):
        await slow.say(op="subscribe", topic="x" * 100)
        market.clock.set(market.clock.now_ns() + SECOND // 10)

    assert slow.client.is_ending
    assert hub.figures().closed == {"slow": 1}


async def test_a_client_is_pinged_every_twenty_seconds_and_closed_after_sixty_without_an_answer() -> None:
    market, hub = made()
    silent, living = Peer(market, hub), Peer(market, hub)

    for _ in range(62):
        await pass_time(market, hub, 1.0, 1.0)
        if "ping" in living.kinds():
            await living.say(op="pong")

    heard = silent.heard()
    assert [one["type"] for one in heard[:-1]] == ["hello", "ping", "ping", "ping"]
    assert heard[-1] == {"code": 1008, "reason": "no answer for 60 seconds"}
    assert not living.client.is_ending
    assert hub.figures().closed == {"silent": 1}


async def test_the_pings_of_those_that_came_together_do_not() -> None:
    market, hub = made(20)
    peers = [Peer(market, hub) for _ in range(20)]
    for peer in peers:
        peer.heard()

    pinged = []
    for _ in range(20):
        await pass_time(market, hub, 1.0, 1.0)
        pinged.append(sum("ping" in peer.kinds() for peer in peers))

    assert pinged == [1] * 20


async def test_nothing_that_should_be_gone_survives_five_minutes() -> None:
    market, hub = made()
    stuck = Peer(market, hub, room=0)
    stuck.client.abort_ns = market.clock.monotonic_ns() + 10 * STALE_NS

    await pass_time(market, hub, 361.0, 1.0)

    assert stuck.pipe.is_aborted
    assert hub.figures().open == 0
    assert hub.figures().closed == {"stale": 1}


async def test_who_says_too_much_is_closed() -> None:
    market, hub = made()
    peer = Peer(market, hub)

    for _ in range(50):
        await peer.say(op="pong")

    assert peer.heard()[-1] == {"code": 1008, "reason": "more than 20 messages a second"}
    assert hub.figures().closed == {"rate": 1}


async def knows(secret: str, _address: str) -> bool:
    await asyncio.sleep(0)
    return secret == WORD


def guarded() -> tuple[Market, Hub]:
    market = Market()
    hub = Hub(market.reads, clients=3, series=market.series, ledger=market.ledger, authenticate=knows)
    return market, hub


async def test_a_stranger_may_only_say_who_he_is() -> None:
    market, hub = guarded()
    peer = Peer(market, hub, is_authenticated=False)

    await peer.show("authenticate", WORD)
    await peer.say(op="subscribe", topic="health")
    assert peer.kinds() == ["hello", "subscribed", "snapshot"]
    await peer.show("authenticate", "again")
    assert not peer.client.is_ending

    other = Peer(market, hub, is_authenticated=False)
    await other.say(op="subscribe", topic="health")
    assert other.heard()[1:] == [{"code": 1008, "reason": "authenticate before anything else"}]


async def test_a_wrong_token_and_none_within_five_seconds_end_it() -> None:
    market, hub = guarded()
    wrong, mute = (Peer(market, hub, is_authenticated=False) for _ in range(2))

    await wrong.show("authenticate", "x")
    await pass_time(market, hub, 5.0, 1.0)

    assert wrong.heard()[1:] == [{"code": 1008, "reason": "the token is wrong"}]
    assert mute.heard()[1:] == [{"code": 1008, "reason": "no token within 5 seconds"}]
    assert hub.figures().closed == {"unauthenticated": 2}


async def test_who_cannot_be_asked_for_his_token_now_is_told_to_come_later() -> None:
    async def is_busy(_secret: str, _address: str) -> bool:
        await asyncio.sleep(0)
        raise TransientError("no memory is left to look at a token; try again")

    market = Market()
    hub = Hub(market.reads, clients=3, series=market.series, ledger=market.ledger, authenticate=is_busy)
    peer = Peer(market, hub, is_authenticated=False)

    await peer.show("authenticate", WORD)

    assert peer.heard()[1:] == [{"code": 1013, "reason": "no memory is left to look at a token; try again"}]
    assert hub.figures().closed == {"busy": 1}


async def test_where_nobody_can_be_let_in_no_token_is_right() -> None:
    market, hub = made()
    peer = Peer(market, hub, is_authenticated=False)

    await peer.show("authenticate", WORD)

    assert peer.client.is_ending


async def test_a_house_that_was_closed_opens_again_when_it_is_followed_again() -> None:
    _, hub = made()
    await hub.close("the process stops")

    async with asyncio.TaskGroup() as group:
        following = group.create_task(hub.follow())
        await asyncio.sleep(0)
        assert hub.is_open
        following.cancel()


async def test_the_end_is_told_to_all() -> None:
    market, hub = made()
    polite, stalled = Peer(market, hub), Peer(market, hub)

    async def go() -> None:
        hub.leave(polite.client)

    async with asyncio.TaskGroup() as group:
        group.create_task(hub.close("the process stops"))
        await asyncio.sleep(0)
        group.create_task(go())

    assert polite.heard()[-1] == {"code": 1001, "reason": "the process stops"}
    assert stalled.pipe.is_aborted
    assert hub.figures().closed == {"shutdown": 2}


@given(st.lists(st.binary(max_size=64), max_size=10), st.lists(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["op", "topic", "since", "token", "x"]),
        inner | st.sampled_from(["subscribe", "unsubscribe", "pong", "authenticate", "overview", "score.BTCUSDT", "1"]),
        max_size=4,
    ),
    max_leaves=12,
), max_size=10))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_whatever_is_said_is_answered_or_ends_that_client_alone(raw: list[bytes], objects: list[Any]) -> None:
    market, hub = made()
    peer, other = Peer(market, hub), Peer(market, hub)

    async def play() -> None:
        for payload in [*raw, *(json.dumps(one).encode() for one in objects)]:
            await hub.hear(peer.client, payload)
        await other.say(op="subscribe", topic="health")
        await pass_time(market, hub, 1.0)

    asyncio.run(play())

    assert other.kinds() == ["hello", "subscribed", "snapshot", "delta"]
    assert all(kind in {"hello", "error", "subscribed", "snapshot", "delta", "closed"} for kind in peer.kinds())
    assert len(peer.client.tokens) <= MOST_SUBSCRIPTIONS
    assert market.ledger.violations() == []


class Model:
    """What a client makes of the messages of `overview`: it must be what the server has."""

    def __init__(self) -> None:
        self.seq = -1
        self.universe = -1
        self.symbols: list[str] = []
        self.columns: dict[str, list[Any]] = {}

    def take(self, message: dict[str, Any]) -> None:
        if message.get("topic") != "overview" or message["type"] not in {"snapshot", "delta"}:
            return
        if message["type"] == "snapshot":
            self.universe, self.symbols, self.columns = message["universe"], message["symbols"], message["c"]
        elif message["seq"] > self.seq:
            assert message["seq"] == self.seq + 1
            assert message["universe"] == self.universe
            for name, values in message["c"].items():
                for row, value in zip(message["i"], values, strict=True):
                    self.columns[name][row] = value
        self.seq = message["seq"]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("trade"), st.integers(0, 2)),
        st.tuples(st.just("read"), st.integers(1, 40_000)),
        st.tuples(st.just("turn"), st.integers(1, 8)),
        st.tuples(st.just("reconnect"), st.integers(0, 1)),
        st.tuples(st.just("join"), st.integers(0, 1)),
    ),
    max_size=60,
)


@given(steps)
@settings(max_examples=60, deadline=None)
def test_snapshots_and_deltas_make_what_the_server_has_however_they_are_read(done: list[tuple[str, int]]) -> None:
    market, hub = made()
    model = Model()

    async def play() -> None:
        peer = Peer(market, hub)
        await peer.say(op="subscribe", topic="overview")
        peer.pipe.reads(0)
        price = 100.0
        for action, count in done:
            at = (market.clock.now_ns() - MIDNIGHT) / SECOND
            match action:
                case "trade":
                    price += 0.1
                    market.trade(T(at, price, slot=count))
                case "read":
                    peer.pipe.reads(count)
                case "turn":
                    await pass_time(market, hub, 0.25 * count)
                case "reconnect":
                    hub.leave(peer.client)
                    peer = Peer(market, hub)
                    since = {"since": model.seq} if count and model.seq >= 0 else {}
                    await peer.say(op="subscribe", topic="overview", **since)
                    peer.pipe.reads(0)
                case "join":
                    market.list(f"NEW{count}USDT")
            for message in peer.heard():
                model.take(message)
            if peer.client.is_ending:
                hub.leave(peer.client)
                peer = Peer(market, hub)
                await peer.say(op="subscribe", topic="overview", since=max(model.seq, 0))
        peer.pipe.reads(None)
        await pass_time(market, hub, 1.0)
        for message in peer.heard():
            model.take(message)

    asyncio.run(play())

    witness = Peer(market, hub)
    asyncio.run(witness.say(op="subscribe", topic="overview"))
    snapshot = witness.heard()[-1]
    assert (model.seq, model.universe, model.symbols) == (snapshot["seq"], snapshot["universe"], snapshot["symbols"])
    assert model.columns == snapshot["c"]


def test_it_takes_what_was_planned() -> None:
    market = Market()
    before = len(market.ledger.owners())

    market.hub(clients=7)

    listed = {owner.reservation.owner: owner.reservation for owner in market.ledger.owners()[before:]}
    planned = Hub.reserve(Settings(api=Api(clients=7)), series=market.series)
    assert listed == {one.owner: one for one in planned}
    assert market.ledger.violations() == []
