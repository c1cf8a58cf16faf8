from collections.abc import Sequence

from tidemark.clock import SystemClock
from tidemark.ingest.dial import reach
from tidemark.ingest.http import Reply
from tidemark.ingest.venues import registry
from tidemark.live.outside import Outside


async def test_by_default_it_is_this_machine() -> None:
    outside = Outside()

    assert type(outside.clock) is SystemClock
    assert outside.reach is reach
    assert outside.transport is None


class OneAnswer:
    """A way to an exchange that says one thing."""

    async def get(self, path: str, query: Sequence[tuple[str, str]], timeout_s: float) -> Reply:
        del path, query, timeout_s
        return Reply(200, {}, b'{"serverTime": 1700000000000}')

    async def close(self) -> None:
        pass


async def test_each_client_gets_a_transport_of_its_own() -> None:
    made: list[OneAnswer] = []

    def transport() -> OneAnswer:
        made.append(OneAnswer())
        return made[-1]

    outside = Outside(transport=transport)
    venue = registry.find("binance")
    async with outside.rest(venue, outside.clock) as one, outside.rest(venue, outside.clock, attempts=1) as other:
        assert await one.server_time() == 1_700_000_000_000_000_000
        assert await other.server_time() == 1_700_000_000_000_000_000

    assert len(made) == 2
