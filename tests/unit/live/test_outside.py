from tidemark.clock import SystemClock
from tidemark.ingest.dial import reach
from tidemark.ingest.venues import registry
from tidemark.live.outside import Outside


async def test_by_default_it_is_this_machine() -> None:
    outside = Outside()

    assert type(outside.clock) is SystemClock
    assert outside.reach is reach
    assert outside.transport is None


async def test_each_client_gets_a_transport_of_its_own() -> None:
    import httpx

    made: list[httpx.AsyncBaseTransport] = []

    def transport() -> httpx.AsyncBaseTransport:
        made.append(
            httpx.MockTransport(
                lambda _: httpx.Response(200, stream=httpx.ByteStream(b'{"serverTime": 1700000000000}'))
            )
        )
        return made[-1]

    outside = Outside(transport=transport)
    venue = registry.find("binance")
    async with outside.rest(venue, outside.clock) as one, outside.rest(venue, outside.clock, attempts=1) as other:
        assert await one.server_time() == 1_700_000_000_000_000_000
        assert await other.server_time() == 1_700_000_000_000_000_000

    assert len(made) == 2
