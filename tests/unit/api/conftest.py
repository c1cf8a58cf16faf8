"""One process for all tests that only read it, and a client of its application."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from tests.api_process import Lived, lived

from tidemark.api.access import RateLimit
from tidemark.api.answering import handlers
from tidemark.api.application import Gate, application
from tidemark.api.monitor import Monitor
from tidemark.api.static_files import StaticFiles
from tidemark.api.turns import Turns
from tidemark.memory.ledger import Ledger

Client = TestClient[web.Request, web.Application]


@pytest.fixture(scope="package")
def process(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """It watched twenty markets for some minutes."""
    return asyncio.run(lived(tmp_path_factory.mktemp("process")))


@pytest.fixture(scope="package")
def monitor(process: Lived) -> Monitor:
    """What reads it."""
    return process.monitor


@pytest.fixture
def own(tmp_path: Path) -> Lived:
    """Another one, which a test may change."""
    return asyncio.run(lived(tmp_path, 300))


@pytest.fixture
async def client(process: Lived) -> AsyncIterator[Client]:
    """Asks its application, which nobody else may."""
    rate = RateLimit(1000.0, process.clock, Ledger())
    gate = Gate(host="127.0.0.1", origins=(), rate=rate, verify=None)
    app = application(handlers(process.monitor, Turns()), gate=gate, files=StaticFiles())
    async with TestClient(TestServer(app)) as made:
        yield made
