import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer
from tests.api_process import Lived
from tests.unit.api.conftest import Client

from tidemark.api.access import RateLimit
from tidemark.api.application import Gate, application
from tidemark.api.problems import Problem
from tidemark.api.static_files import StaticFiles
from tidemark.memory.ledger import Ledger


async def verify(token: str, client: str) -> bool:
    return (token, client) == ("right", "127.0.0.1")  # noqa: S105 - of this test


def client_of(process: Lived, *, rate: float = 1000.0, is_guarded: bool = False) -> Client:
    gate = Gate(
        host="127.0.0.1",
        origins=("https://desk.example",),
        rate=RateLimit(rate, process.clock, Ledger()),
        verify=verify if is_guarded else None,
    )
    return TestClient(TestServer(application(process.monitor, gate, StaticFiles(), {})))


async def problem_of(client: Client, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    async with client.get(path, headers=headers) as response:
        assert response.content_type == "application/problem+json"
        told = msgspec.json.decode(await response.read(), type=Problem)
        assert told.status == response.status
        return told.status, told.detail


async def test_a_name_that_a_stranger_gave_our_address_is_refused(client: Client) -> None:
    assert await problem_of(client, "/health", {"Host": "evil.example"}) == (
        421,
        "this is no name that Tidemark is served under",
    )


async def test_who_asks_too_much_is_told_how_long_to_wait(process: Lived) -> None:
    async with client_of(process, rate=1.0) as client:
        for _ in range(10):
            async with client.get("/health/live") as response:
                assert response.status == 200
        async with client.get("/health/live") as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "1")


async def test_with_tokens_only_the_page_and_that_it_lives_are_open(process: Lived) -> None:
    async with client_of(process, is_guarded=True) as client:
        for path, open_to_all in (("/health/live", True), ("/health", False), ("/api/v1/memory", False)):
            async with client.get(path) as response:
                assert (response.status == 200) is open_to_all, path
        async with client.get("/api/v1/memory") as response:
            assert response.headers["WWW-Authenticate"] == "Bearer"
        for token, status in (("right", 200), ("wrong", 401)):
            async with client.get("/api/v1/memory", headers={"Authorization": f"Bearer {token}"}) as response:
                assert response.status == status


async def test_a_path_that_there_is_not_is_a_problem_like_any_other(client: Client) -> None:
    assert await problem_of(client, "/api/v1/nothing") == (
        404,
        "there is no /api/v1/nothing; /openapi.json lists what can be asked",
    )


async def test_a_fault_of_ours_ends_the_request_and_tells_nothing_of_us(
    process: Lived, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process.parts.feed, "status", lambda: 1 / 0)

    assert await problem_of(client, "/api/v1/connections") == (500, "a fault of ours; the log has it")


async def test_the_document_is_served(client: Client) -> None:
    async with client.get("/openapi.json") as response:
        told = await response.json()

    assert told["openapi"] == "3.1.0"
    assert "/api/v1/symbols/{symbol}/candles" in told["paths"]
