import asyncio
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession
from tests.leaks.process import Simulated, build

from tidemark.api.server import Server
from tidemark.api.serving import listen
from tidemark.errors import AddressError, SettingsError
from tidemark.settings.settings import load


def loaded(**flags: str) -> Server:
    return Server(load(None, {}, {key.replace("__", "."): value for key, value in flags.items()}))


async def test_it_serves_until_it_is_cancelled_and_then_lets_go_of_the_port(tmp_path: Path) -> None:
    parts = await build(tmp_path, Simulated(), "2GB")
    api = msgspec.structs.replace(parts.settings.api, port=0)
    object.__setattr__(parts, "settings", msgspec.structs.replace(parts.settings, api=api))
    server = loaded()
    serve = server.open(parts)
    parts.ledger.seal()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(asyncio.wait_for(serve(), 30))
        # Who connects before it serves waits in the backlog.
        async with ClientSession() as session, session.get(f"{server.address}/health/live") as response:
            assert response.status == 200
        task.cancel()
    planned = {one.owner: one.bytes for one in server.reserve(parts.settings, 20)}
    registered = {line.owner: line.bytes_reserved for line in parts.ledger.report() if line.owner in planned}
    assert planned == registered


async def test_an_address_that_others_reach_needs_a_token(tmp_path: Path) -> None:
    parts = await build(tmp_path, Simulated(), "2GB")
    api = msgspec.structs.replace(parts.settings.api, host="0.0.0.0", port=0)  # noqa: S104 - it is to be refused
    object.__setattr__(parts, "settings", msgspec.structs.replace(parts.settings, api=api))

    with pytest.raises(SettingsError, match=r"api\.host '0\.0\.0\.0' is reached from other machines"):
        loaded().open(parts)


def test_a_port_that_is_taken_is_said_before_anything_else_is_begun(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        found = load(None, {}, {"api.port": str(taken.getsockname()[1]), "store.folder": str(tmp_path)})

        with pytest.raises(AddressError, match="Address already in use"):
            Server(found).take_port(found.settings)
