import json

from tests.unit.api.push.made import FakePipe, frames_of
from tests.unit.api.push.told import ToldTopics, frame

from tidemark.api.push.client import Client
from tidemark.api.push.house import House
from tidemark.api.push.source import Followed
from tidemark.clock import EventClock
from tidemark.memory.ledger import Ledger
from tidemark.units import SECOND


class Opened:
    """A house, and one client in it."""

    def __init__(self) -> None:
        self.topics = ToldTopics()
        self.clock = EventClock(SECOND)
        self.house: House[Followed] = House(self.topics, self.clock, slots=House.account(4, Ledger()))
        self.pipe = FakePipe()
        self.client = self.house.admit(Client(self.pipe, self.clock.monotonic_ns(), is_authenticated=True))
        self.heard()

    async def subscribe(self, topic: str = "t", since: int | None = None) -> None:
        said = {"op": "subscribe", "topic": topic} | ({} if since is None else {"since": since})
        await self.house.hear(self.client, json.dumps(said).encode())

    def heard(self) -> list[object]:
        """What arrived since the last call: numbers of messages, and the kinds of all else."""
        frames, self.pipe.arrived = frames_of(self.pipe.arrived)
        told = [json.loads(payload) for _, payload in frames]
        return [one["type"] if isinstance(one, dict) else one for one in told]


async def test_a_client_whose_snapshot_is_not_there_yet_gets_it_when_it_comes_and_nothing_before() -> None:
    opened = Opened()
    await opened.subscribe()

    opened.topics.tell("t", 7, base=6)
    await opened.house.turn()
    assert opened.heard() == ["subscribed"]
    opened.topics.tell("t", 8, base=-1)
    opened.topics.tell("t", 9, base=8)
    await opened.house.turn()
    await opened.house.turn()

    assert opened.heard() == [8, 9]


async def test_a_client_that_lacks_what_came_before_gets_all_of_the_topic_instead() -> None:
    opened = Opened()
    opened.topics.snapshot = frame(100)
    await opened.subscribe()
    opened.topics.tell("t", 1, base=-1)
    await opened.house.turn()
    assert opened.heard() == ["subscribed", 100, 1]

    opened.topics.tell("t", 3, base=2)
    opened.topics.snapshot = frame(300)
    await opened.house.turn()

    assert opened.heard() == [300]


async def test_a_message_that_a_client_has_already_is_not_sent_again() -> None:
    opened = Opened()
    await opened.subscribe()
    opened.topics.tell("t", 5, base=-1)
    opened.topics.tell("t", 5, base=-1)

    for _ in range(3):
        await opened.house.turn()

    assert opened.heard() == ["subscribed", 5]


async def test_it_is_found_out_about_a_topic_before_a_client_is_told_anything() -> None:
    opened = Opened()

    await opened.subscribe("t", since=4)
    await opened.subscribe("t.missing")

    assert opened.topics.prepared == [("t", 4), ("t.missing", None)]
    assert opened.heard() == ["subscribed", "error"]


async def test_a_topic_that_ends_ends_its_subscriptions() -> None:
    opened = Opened()
    await opened.subscribe()
    opened.topics.tell("t", 1, base=-1)
    opened.topics.is_ended = True

    await opened.house.turn()

    assert opened.heard() == ["subscribed", "error"]
    assert opened.client.topics == {}
    assert opened.house.figures().topics == 0
