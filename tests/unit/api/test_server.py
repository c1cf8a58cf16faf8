import asyncio
import socket
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession
from tests.leaks.process import Simulated, build

from tidemark.api.server import Doors, Server, address_of, listen
from tidemark.errors import AddressError, SettingsError
from tidemark.memory.ledger import Ledger
from tidemark.settings import load


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


def test_a_port_that_is_taken_is_said_or_another_one_found() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            AddressError, match=rf"port {port}: Address already in use; name another one with api\.port"
        ):
            listen("127.0.0.1", port)
        with listen("127.0.0.1", port, any_port=True) as other:
            assert other.getsockname()[1] != port
            assert address_of(other) == f"http://127.0.0.1:{other.getsockname()[1]}"


def test_a_name_that_nobody_knows_is_said() -> None:
    with pytest.raises(AddressError, match=r"api\.host 'no such host' is no address"):
        listen("no such host", 1)


def test_a_slow_reader_holds_little_and_is_noticed() -> None:
    with listen("127.0.0.1", 0) as made:
        # The kernel doubles what is asked for.
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * 64 * 1024
        assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000


def test_before_it_serves_and_beyond_its_number_a_connection_is_hung_up_on() -> None:
    ledger = Ledger()
    doors = Doors(2, ledger)

    doors()

    (line,) = [one for one in ledger.report() if one.owner == "api/connections"]
    assert (line.used, line.rejected, line.capacity) == (0, 1, 2)
