import msgspec
from aiohttp.test_utils import TestClient, TestServer
from tests.api_process import Lived
from tests.unit.serve.made import served, upstream_of

from tidemark.api.application import application
from tidemark.api.routes.health import Health, Part, Status
from tidemark.clock import EventClock
from tidemark.memory.ledger import Ledger
from tidemark.serve.health import Conditions
from tidemark.serve.relay.answers import OwnAnswers
from tidemark.serve.relay.rest import Relay
from tidemark.units import SECOND

REDIS = Part(name="redis", status=Status.DEGRADED, detail="away")


async def test_the_monitors_parts_stand_beside_our_own_and_the_worst_of_all_counts(process: Lived) -> None:
    clock, ledger = EventClock(SECOND), Ledger()
    async with served(process) as monitor, upstream_of(monitor, ledger=ledger) as upstream:
        relay = Relay(upstream, OwnAnswers(clock, ledger), ledger)
        conditions = Conditions(relay, lambda: [REDIS], clock)
        async with TestClient(TestServer(application(conditions.handlers()))) as client:
            async with client.get("/health") as response:
                there = msgspec.json.decode(await response.read(), type=Health)
            async with client.get("/health/ready") as response:
                ready = msgspec.json.decode(await response.read(), type=Health)
            await monitor.server.close()
            clock.set(10 * SECOND)
            async with client.get("/health") as response:
                gone, status = msgspec.json.decode(await response.read(), type=Health), response.status
            async with client.get("/health/live") as response:
                live, lives = msgspec.json.decode(await response.read(), type=Health), response.status

    assert [part.name for part in there.parts][-2:] == ["monitor", "redis"]
    assert {"feed", "scores"} <= {part.name for part in there.parts}
    assert there.status is not Status.OK
    assert [part.name for part in ready.parts] == ["feed", "scores", "monitor", "redis"]
    assert (status, gone.status, [part.name for part in gone.parts]) == (503, Status.DOWN, ["monitor", "redis"])
    assert gone.as_of_ms == 10_000
    assert (lives, live.status) == (200, Status.OK)
