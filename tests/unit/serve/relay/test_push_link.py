import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.api_process import SYMBOL, Lived
from tests.unit.serve.made import WORD, Served, lived_in, served, upstream_of

from tidemark.clock import SystemClock
from tidemark.serve.relay import push_link as module
from tidemark.serve.relay.heard import Heard
from tidemark.serve.relay.push_link import PushLink

CANDLE = f"candle.{SYMBOL}.10s"
LIMIT_S = 20.0


class Wanting:
    """Takes what it wants, and keeps the heads of what it is told."""

    def __init__(self, **wanted: int | None) -> None:
        self.changed = asyncio.Event()
        self.topics: dict[str, int | None] = {name.replace("_", "."): since for name, since in wanted.items()}
        self.fresh: set[str] = set()
        self.told: list[Heard] = []
        self.refused: list[tuple[str, str]] = []
        self.ups: list[bool] = []
        self._something = asyncio.Event()

    def connected(self, is_up: bool) -> None:
        self.ups.append(is_up)
        self.changed.set()
        self._something.set()

    def wanted(self) -> Mapping[str, int | None]:
        return self.topics

    def stale(self) -> Iterable[str]:
        return self.fresh

    async def take(self, head: Heard, payload: bytes) -> None:
        assert payload.startswith(b'{"type":')
        self.told.append(head)
        if head.type == "snapshot":
            self.fresh.discard(head.topic)
        self.topics[head.topic] = head.seq
        self._something.set()

    async def refuse(self, topic: str, detail: str) -> None:
        self.refused.append((topic, detail))
        self.topics.pop(topic, None)
        self._something.set()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not condition():
                self._something.clear()
                await self._something.wait()

    def kinds(self, topic: str) -> list[str]:
        return [head.type for head in self.told if head.topic == topic]


async def until(condition: Callable[[], object]) -> None:
    """Of what is read, and not awaited."""
    async with asyncio.timeout(LIMIT_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.fixture
def own(tmp_path: Path) -> Lived:
    return asyncio.run(lived_in(tmp_path))


@asynccontextmanager
async def linked(
    process: Lived, taker: Wanting, *, is_guarded: bool = False, token: str | None = None
) -> AsyncIterator[tuple[Served, PushLink]]:
    async with (
        served(process, is_guarded=is_guarded) as monitor,
        upstream_of(monitor, token=token) as upstream,
    ):
        link = PushLink(upstream, taker, SystemClock())
        following = asyncio.create_task(link.follow())
        try:
            yield monitor, link
        finally:
            following.cancel()


async def test_it_subscribes_once_to_what_is_wanted_and_tells_what_comes(own: Lived) -> None:
    taker = Wanting(health=None, memory=None)
    async with linked(own, taker):
        await taker.until(lambda: len(taker.told) == 2)
        own.live(1)
        await own.hub.turn()
        await taker.until(lambda: len(taker.told) == 4)

    assert taker.kinds("health") == taker.kinds("memory") == ["snapshot", "delta"]
    assert taker.ups[0] is True


async def test_what_is_wanted_later_comes_and_what_is_not_wanted_any_more_ends(own: Lived) -> None:
    taker = Wanting(health=None)
    async with linked(own, taker):
        await taker.until(lambda: taker.told)
        taker.topics[CANDLE] = None
        del taker.topics["health"]
        taker.changed.set()
        await taker.until(lambda: taker.kinds(CANDLE))
        await until(lambda: not own.hub.topics.find("health", 0).clients)


async def test_a_fresh_snapshot_comes_by_a_second_subscription_that_is_given_back(own: Lived) -> None:
    taker = Wanting()
    taker.topics[CANDLE] = None
    async with linked(own, taker):
        await taker.until(lambda: taker.told)
        taker.fresh.add(CANDLE)
        taker.changed.set()
        await taker.until(lambda: len(taker.told) == 2)
        client = next(iter(own.hub.topics.find(CANDLE, 0).clients))
        await until(lambda: len(client.tokens) == 1)

    assert taker.kinds(CANDLE) == ["snapshot", "snapshot"]
    assert taker.told[0].seq == taker.told[1].seq


async def test_who_has_a_part_gets_what_came_after_it_and_a_snapshot_where_one_is_wanted(own: Lived) -> None:
    live = own.hub.topics.find(CANDLE, own.clock.monotonic_ns())
    since = live.seq
    own.live(10)
    assert own.hub.topics.advance(live, own.clock.monotonic_ns())
    taker = Wanting()
    taker.topics[CANDLE] = since
    taker.fresh.add(CANDLE)
    async with linked(own, taker):
        await taker.until(lambda: len(taker.told) == 2)

    assert [(head.type, head.seq) for head in taker.told] == [("delta", since + 1), ("snapshot", since + 1)]


async def test_what_the_monitor_does_not_have_is_refused_in_its_words(own: Lived) -> None:
    taker = Wanting()
    taker.topics["book.NOSUCHUSDT"] = None
    async with linked(own, taker):
        await taker.until(lambda: taker.refused)

    assert taker.refused == [
        ("book.NOSUCHUSDT", "NOSUCHUSDT is not watched; /api/v1/symbols lists the markets that are")
    ]


async def test_it_comes_back_with_what_it_has_when_the_connection_is_lost(
    own: Lived, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LEAST_PAUSE_S", 0.01)
    taker = Wanting()
    taker.topics[CANDLE] = None
    async with linked(own, taker) as (_, link):
        await taker.until(lambda: taker.told)
        client = next(iter(own.hub.topics.find(CANDLE, 0).clients))
        client.pipe.abort()
        await taker.until(lambda: link.opened == 2)
        await until(lambda: own.hub.topics.find(CANDLE, 0).clients)
        own.live(10)
        await own.hub.turn()
        await taker.until(lambda: len(taker.told) >= 2)

    assert taker.kinds(CANDLE) == ["snapshot", "delta"]
    assert taker.told[1].seq == taker.told[0].seq + 1
    assert taker.ups[:3] == [True, False, True]


async def test_it_shows_its_token_and_a_wrong_one_is_said_without_telling_it(
    own: Lived, capsys: pytest.CaptureFixture[str]
) -> None:
    taker = Wanting(health=None)
    async with linked(own, taker, is_guarded=True, token=WORD):
        await taker.until(lambda: taker.told)
    refused = Wanting(health=None)
    async with linked(own, refused, is_guarded=True, token=WORD[::-1]):
        await refused.until(lambda: False in refused.ups)

    shown = capsys.readouterr()
    assert "unauthenticated" in shown.out + shown.err or "authenticate" in shown.out + shown.err
    assert WORD[::-1] not in shown.out + shown.err
    assert refused.told == []


async def test_a_full_house_is_waited_for(own: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LEAST_PAUSE_S", 0.01)
    for _ in range(4):
        own.hub._slots.take()
    taker = Wanting(health=None)
    async with linked(own, taker):
        await taker.until(lambda: taker.ups == [False, False])
        own.hub._slots.give_back()
        await taker.until(lambda: taker.told)


async def test_it_says_no_more_than_the_monitor_listens_to(own: Lived) -> None:
    """Sixty topics at once, on a connection that hears twenty messages a second, and forty at once."""
    taker = Wanting()
    for number in range(60):
        taker.topics[f"candle.M{number}USDT.10s"] = None

    def time_passes() -> bool:
        own.clock.at_ns += SystemClock().monotonic_ns() - begun - (own.clock.at_ns - monitors)
        return len(taker.refused) + len(taker.told) >= 60

    begun, monitors = SystemClock().monotonic_ns(), own.clock.at_ns
    async with linked(own, taker):
        await until(time_passes)

    assert own.hub.figures().closed == {}
