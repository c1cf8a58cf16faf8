import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from tests.api_process import SYMBOL, Lived
from tests.unit.serve.made import Served, served, upstream_of
from yarl import URL

from tidemark.api.application import application
from tidemark.api.routes.base import Nothing
from tidemark.api.routes.candles import Asked
from tidemark.clock import EventClock
from tidemark.memory.ledger import Ledger
from tidemark.serve.relay.answers import OwnAnswers
from tidemark.serve.relay.rest import Relay, trusted_ns
from tidemark.units import SECOND

ROUTE = "/api/v1/symbols/{symbol}/candles"
CANDLES = ROUTE.replace("{symbol}", SYMBOL) + "?timeframe=10s"
Client = TestClient[web.Request, web.Application]


class Relayed:
    """A relay before a monitor, with a clock that is set."""

    def __init__(self, monitor: Served, relay: Relay, client: Client, clock: EventClock, ledger: Ledger) -> None:
        self.monitor = monitor
        self.relay = relay
        self.client = client
        self.clock = clock
        self.ledger = ledger


@asynccontextmanager
async def relayed(process: Lived) -> AsyncIterator[Relayed]:
    clock, ledger = EventClock(SECOND), Ledger()
    async with served(process) as monitor, upstream_of(monitor, ledger=ledger) as upstream:
        relay = Relay(upstream, OwnAnswers(clock, ledger), ledger)
        async with TestClient(TestServer(application(relay.handlers())), auto_decompress=False) as client:
            yield Relayed(monitor, relay, client, clock, ledger)


async def test_an_answer_is_the_monitors_byte_for_byte_and_its_tag_too(process: Lived) -> None:
    async with relayed(process) as made, TestClient(made.monitor.server, auto_decompress=False) as direct:
        for path in ("/api/v1/symbols", CANDLES, f"{CANDLES}&limit=3", "/api/v1/overview", "/api/v1/nothing"):
            async with direct.get(path) as wanted, made.client.get(path) as got:
                assert got.status == wanted.status, path
                assert got.headers.get("ETag") == wanted.headers.get("ETag")
                if wanted.status == 200:
                    assert await got.read() == await wanted.read()


async def test_problems_exports_packing_and_tags_go_through(process: Lived) -> None:
    async with relayed(process) as made:
        async with made.client.get("/api/v1/symbols/NOSUCHUSDT/candles") as refused:
            assert (refused.status, refused.content_type) == (404, "application/problem+json")
        async with made.client.get(f"{CANDLES}&limit=0") as wrong:
            assert (wrong.status, json.loads(await wrong.read())["status"]) == (400, 400)
        assert made.monitor.asked == ["/api/v1/symbols/NOSUCHUSDT/candles"]
        async with made.client.get(CANDLES, headers={"Accept-Encoding": "gzip"}) as packed:
            assert packed.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(await packed.read()).startswith(b'{"as_of_ms":')
            tag = packed.headers["ETag"]
        async with made.client.get(CANDLES, headers={"If-None-Match": tag}) as known:
            assert (known.status, await known.read()) == (304, b"")
        async with made.client.get(f"{CANDLES}&format=csv") as export:
            assert export.headers["Content-Disposition"].endswith(".csv")
            lines = (await export.read()).splitlines()
            assert lines[0].startswith(b"open_time_ms,")
            assert len(lines) > 10
        async with made.client.head(f"{CANDLES}&format=csv") as head:
            assert (head.status, await head.read()) == (200, b"")


async def test_what_many_ask_at_once_is_asked_once(process: Lived) -> None:
    async with relayed(process) as made:
        made.monitor.held = asyncio.Event()
        asking = [asyncio.create_task(made.relay.told(CANDLES)) for _ in range(20)]
        await made.monitor.is_asked.wait()
        made.monitor.held.set()
        told = await asyncio.gather(*asking)

        assert made.monitor.asked == [CANDLES]
        assert len({one.body for one in told}) == 1
        assert (made.relay.figures.fetched, made.relay.figures.shared) == (1, 19)


async def test_when_whoever_asked_first_goes_the_others_still_get_it(process: Lived) -> None:
    async with relayed(process) as made:
        made.monitor.held = asyncio.Event()
        first = asyncio.create_task(made.relay.told(CANDLES))
        others = [asyncio.create_task(made.relay.told(CANDLES)) for _ in range(3)]
        await made.monitor.is_asked.wait()
        first.cancel()
        made.monitor.held.set()

        assert {one.status for one in await asyncio.gather(*others)} == {200}
        assert made.monitor.asked == [CANDLES, CANDLES]
        # Nothing of a question is held once it is answered.
        assert made.relay._flights == {}


async def test_within_a_second_an_answer_is_given_again_and_then_it_is_asked_whether_it_holds(process: Lived) -> None:
    async with relayed(process) as made:
        first = await made.relay.told("/api/v1/symbols")
        made.clock.set(2 * SECOND)
        second = await made.relay.told("/api/v1/symbols")
        made.clock.set(2 * SECOND + 1)
        third = await made.relay.told("/api/v1/symbols")

        assert first.body == second.body
        assert made.monitor.answered == [200, 304]
        figures = made.relay.figures
        assert (figures.fetched, figures.trusted, figures.confirmed) == (1, 1, 1)
        # The content holds; it is as of when the monitor said so, which its clock of whole seconds tells.
        assert third.body.partition(b",")[2] == first.body.partition(b",")[2]
        assert third.etag == first.etag
        assert msgspec.json.decode(third.body)["as_of_ms"] >= msgspec.json.decode(first.body)["as_of_ms"]


async def test_a_monitor_that_is_away_is_a_503_for_everybody_who_waits(process: Lived) -> None:
    async with relayed(process) as made:
        await made.monitor.server.close()
        answers = await asyncio.gather(*(made.client.get(CANDLES) for _ in range(5)))

        assert {one.status for one in answers} == {503}
        assert {one.headers["Retry-After"] for one in answers} == {"1"}
        assert {one.content_type for one in answers} == {"application/problem+json"}
        assert made.relay._flights == {}


async def test_whatever_is_asked_only_the_monitor_is_asked_and_only_what_it_answers(process: Lived) -> None:
    async with relayed(process) as made:
        for target in (
            "/api/v1/symbols/..%2f..%2fsettings/candles", "/api/v1/symbols/%2f%2fevil.example/candles",
            "/api/v1/symbols/M07USDT@evil.example:80%23/candles", "/api/v1/../../metrics",
            "/api/v1/symbols/a?b/candles",
        ):  # fmt: skip
            async with made.client.get(URL(target, encoded=True)) as response:
                assert response.status in {400, 404}, target

        assert [one for one in made.monitor.asked if "evil" in one or "settings" in one] == []


async def test_how_the_process_is_it_says_itself(process: Lived) -> None:
    async with relayed(process) as made:
        assert not [path for path in made.relay.handlers() if path.startswith("/health")]
        assert ROUTE in made.relay.handlers()


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (Nothing(), 1),
        (Asked(symbol=SYMBOL), 1),
        # Its newest candle opens before 10:00:00, closes at 10:01:00 at the latest, and settles at 10:02:00.
        (Asked(symbol=SYMBOL, timeframe="1m", before_ms=36_000_000), 15),
        (Asked(symbol=SYMBOL, timeframe="1m", before_ms=36_000_001), 1),
        (Asked(symbol=SYMBOL, timeframe="1h", before_ms=36_000_000), 1),
    ],
)
def test_a_page_is_trusted_for_longer_once_its_candles_have_all_closed(asked: msgspec.Struct, seconds: int) -> None:
    ten_and_two_minutes_ms = 36_120_000

    assert trusted_ns(asked, b'{"as_of_ms":%d,"x":1}' % ten_and_two_minutes_ms) == seconds * SECOND
