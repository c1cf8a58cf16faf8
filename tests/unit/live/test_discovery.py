import asyncio
from collections.abc import Callable

import pytest

from tidemark.clock import SystemClock
from tidemark.errors import RefusedError, SettingsError
from tidemark.ingest.rest import RestClient
from tidemark.live.discovery import discover, until
from tidemark.live.place import find_venue
from tidemark.settings.settings import Settings
from tidemark.sim.settings import Address


async def test_the_markets_come_with_the_most_traded_first(address: Address, settings: Callable[..., Settings]) -> None:
    chosen = settings(address)
    venue = find_venue(chosen)
    async with RestClient(venue, venue.endpoints, SystemClock()) as rest:
        found = await discover(rest, chosen, SystemClock())
        turnovers = {ticker.symbol: ticker.turnover_24h or 0.0 for ticker in await rest.tickers()}
        two = await discover(rest, settings(address, universe__max_symbols="2"), SystemClock())
        with pytest.raises(SettingsError, match="NOSUCHUSDT"):
            await discover(rest, settings(address, universe__include="NOSUCHUSDT"), SystemClock())
        with pytest.raises(RefusedError, match=r"universe\.exclude"):
            await discover(
                rest, settings(address, universe__exclude=",".join(one.symbol for one in found)), SystemClock()
            )

    assert len(found) >= 5
    assert len(two) == 2
    assert max(turnovers, key=lambda symbol: turnovers[symbol]) == found[0].symbol


async def test_who_cannot_be_reached_is_asked_again_and_told_of_once(settings: Callable[..., Settings]) -> None:
    chosen = settings(venue__rest_url="http://127.0.0.1:1", connection__reconnect_ceiling="1s")
    venue = find_venue(chosen)
    stop = asyncio.Event()
    told: list[str] = []

    def tell(words: str) -> None:
        told.append(words)
        asyncio.get_running_loop().call_later(0.6, stop.set)

    async with RestClient(venue, venue.endpoints, SystemClock(), attempts=1) as rest:
        found = await until(stop, discover(rest, chosen, SystemClock(), tell))

    assert found is None
    assert len(told) == 1
    assert "127.0.0.1:1" in told[0]


async def test_work_that_ends_before_the_stop_gives_its_result() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert await until(asyncio.Event(), work()) == 7


async def test_an_error_of_the_work_comes_through() -> None:
    async def work() -> int:
        raise RefusedError("no")

    with pytest.raises((RefusedError, ExceptionGroup)):
        await until(asyncio.Event(), work())


async def test_being_cancelled_is_not_a_stop() -> None:
    async def work() -> int:
        await asyncio.Event().wait()
        return 7

    task = asyncio.ensure_future(until(asyncio.Event(), work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
