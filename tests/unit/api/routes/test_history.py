import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from tests.past import fill, gap, many, repository_of
from tests.unit.api.conftest import Client

from tidemark.api.answering import past_handlers
from tidemark.api.application import application
from tidemark.memory.ledger import Ledger
from tidemark.units import MILLISECOND, SECOND

GAPS = "/api/v1/history/gaps"
NOW = 1_700_000_000 * SECOND


@asynccontextmanager
async def answered(url: str | None, folder: Path) -> AsyncIterator[Client]:
    """A client of whoever answers from that database."""
    async with repository_of(url, folder) as past:
        client: Client = TestClient(TestServer(application(past_handlers(past, Ledger()))))
        async with client:
            yield client


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of whoever answers from the database in *tmp_path*."""
    async with answered(None, tmp_path) as made:
        yield made


async def told(client: Client, path: str = GAPS, **query: str) -> dict[str, Any]:
    async with client.get(path, params=query) as response:
        assert response.status == 200, await response.text()
        body: dict[str, Any] = await response.json()
    return body


async def test_a_gap_is_told_in_milliseconds_and_with_what_became_of_it(asked: Client, tmp_path: Path) -> None:
    fill(None, tmp_path, [gap(NOW, gap_to=NOW + 2 * SECOND)])

    page = await told(asked)

    ms = NOW // MILLISECOND
    assert page["gaps"] == [
        {
            "venue": "bybit", "symbol": "BTCUSDT", "channel": "trades", "from_ms": ms, "to_ms": ms + 2000,
            "cause": "connection lost", "repair": "klines", "repaired": 3, "lost": 1,
        }
    ]  # fmt: skip
    assert (page["next_before"], page["count"], page["note"]) == (None, None, None)


async def test_all_pages_together_are_all_gaps_and_the_exports_say_the_same(asked: Client, tmp_path: Path) -> None:
    fill(None, tmp_path, many(1200))
    found: list[object] = []
    query = {"limit": "500", "count": "true"}
    while True:
        page = await told(asked, **query)
        assert page["count"] == 1200
        found += page["gaps"]
        if page["next_before"] is None:
            break
        query["before"] = str(page["next_before"])

    async with asked.get(GAPS, params={"format": "ndjson"}) as response:
        lines = [json.loads(line) for line in (await response.text()).splitlines()]
    async with asked.get(GAPS, params={"format": "csv"}) as response:
        rows = (await response.text()).splitlines()
    assert (len(found), lines, len(rows)) == (1200, found, 1201)


async def test_a_moment_beyond_what_is_kept_is_no_fault(asked: Client, tmp_path: Path) -> None:
    fill(None, tmp_path, [gap(NOW), gap(NOW + SECOND, gap_to=NOW + 2 * SECOND)])

    assert len((await told(asked, until_ms="1000000000000000"))["gaps"]) == 2
    assert len((await told(asked, since_ms="1000000000000000"))["gaps"]) == 1


async def test_without_a_database_there_is_nothing_with_a_reason_and_that_is_well(asked: Client) -> None:
    page = await told(asked)
    assert page["gaps"] == []
    assert str(page["note"]).startswith("the database has no tables yet")
    async with asked.get(GAPS, params={"format": "csv"}) as response:
        assert (await response.text()).startswith("venue,symbol,channel,from_ms")

    health = await told(asked, "/health/database")
    assert (health["status"], health["detail"]) == ("ok", page["note"])


async def test_a_database_that_does_not_answer_is_down_with_its_figures(tmp_path: Path) -> None:
    url = "postgresql+psycopg://user:hidden@127.0.0.1:1/none"
    async with answered(url, tmp_path) as client:
        async with client.get("/health/database") as response:
            health = await response.json()
        async with client.get(GAPS) as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
            problem = await refused.text()

    assert (response.status, health["status"], health["answered_ms"]) == (503, "down", None)
    assert response.headers["Retry-After"] == "1"
    assert health["pool"]["errors"] == 1
    assert "hidden" not in json.dumps(health) + problem
