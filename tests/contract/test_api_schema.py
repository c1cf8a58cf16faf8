"""The API against its document, by a tool that knows nothing else of it: whatever may be asked, and what may not."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.api_process import SYMBOL, Lived, lived
from tests.backtest_kept import fill_backtest
from tests.past import fill, fill_signals, many, repository_of
from tests.signal_records import story

from tidemark.api.access import RateLimit
from tidemark.api.answering import action_handlers, handlers, past_handlers
from tidemark.api.application import Gate, application
from tidemark.api.openapi import document
from tidemark.api.static_files import StaticFiles
from tidemark.api.turns import Turns
from tidemark.memory.ledger import Ledger

# Longer than it takes: a tool that hangs fails the test instead.
LIMIT_S = 120.0
OPERATIONS = len(document()["paths"])


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return asyncio.run(lived(tmp_path_factory.mktemp("process"), 400))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a database."""
    made = tmp_path_factory.mktemp("past")
    fill(None, made, many(300))
    fill_signals(None, made, [*story(1), *story(2, -1.07, symbol=SYMBOL)])
    fill_backtest(None, made)
    return made


@pytest.fixture
async def address(process: Lived, folder: Path) -> AsyncIterator[str]:
    gate = Gate(host="127.0.0.1", origins=(), rate=RateLimit(1e5, process.clock, Ledger()), verify=None)
    async with repository_of(None, folder, clock=process.clock) as past:
        known = handlers(process.monitor, Turns()) | past_handlers(past, Ledger())
        served = {**known, "/metrics": text, "/ws": text}
        actions = action_handlers(process.monitor)
        async with TestServer(application(served, actions=actions, gate=gate, files=StaticFiles())) as server:
            yield str(server.make_url(""))


async def text(_: web.Request) -> web.StreamResponse:
    return web.Response(text="no part of the document")


def as_tuples_were(schema: Any) -> Any:
    """Lists of a fixed length as drafts before 2020-12 wrote them: the tool reads an answer's schema by those."""
    if isinstance(schema, dict):
        plain = {key: as_tuples_were(value) for key, value in schema.items() if key != "prefixItems"}
        if "prefixItems" in schema:
            plain["items"] = {"anyOf": schema["prefixItems"]}
        return plain
    return [as_tuples_were(one) for one in schema] if isinstance(schema, list) else schema


async def examined(address: str, told: Any, folder: Path, *options: str) -> tuple[int, str]:
    """Exit code and report of a run over the operations of the document *told*."""
    (folder / "openapi.json").write_text(json.dumps(as_tuples_were(told)))
    # What a run is asked for may be of the right form, and not be there.
    (folder / "schemathesis.toml").write_text(
        "[checks]\npositive_data_acceptance.expected-statuses ="
        ' ["2xx", "3xx", "401", "403", "404", "409", "422", "429", "5xx"]\n'
    )
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run", "openapi.json", "--url", address, "--seed", "1",
        "--mode", "all", "--max-examples", "20", "--generation-database", "none", "--no-color",
        "--continue-on-failure", *options,
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(LIMIT_S):
            output, _ = await run.communicate()
    finally:
        if run.returncode is None:
            run.kill()
            await run.wait()
    assert run.returncode is not None
    return run.returncode, output.decode()


async def test_every_operation_answers_as_its_document_says_and_refuses_what_it_does_not_allow(
    address: str, tmp_path: Path
) -> None:
    code, report = await examined(address, document(), tmp_path, "--phases", "examples,coverage,fuzzing,stateful")

    assert code == 0, report
    assert f"Tested: {OPERATIONS}" in report
    generated = re.search(r"(\d+) generated, (\d+) passed", report)
    assert generated is not None, report
    assert int(generated[1]) == int(generated[2]) >= 20 * OPERATIONS


async def test_an_answer_that_is_not_as_the_document_says_would_be_found(address: str, tmp_path: Path) -> None:
    told = document()
    told["components"]["schemas"]["Health"]["properties"]["status"] = {"type": "integer"}
    told["paths"] = {"/health/live": told["paths"]["/health/live"]}
    told["paths"]["/health/live"]["get"]["responses"]["200"]["content"]["application/json"].pop("example")

    code, report = await examined(address, told, tmp_path, "--phases", "coverage")

    assert code == 1, report
    assert "ST108" in report, report


async def test_a_parameter_that_is_let_through_against_the_document_would_be_found(
    address: str, tmp_path: Path
) -> None:
    told = document()
    told["paths"] = {"/api/v1/gaps": told["paths"]["/api/v1/gaps"]}
    parameters = {one["name"]: one for one in told["paths"]["/api/v1/gaps"]["get"]["parameters"]}
    parameters["limit"]["schema"] |= {"maximum": 10, "default": 10}

    code, report = await examined(address, told, tmp_path, "--phases", "coverage")

    assert code == 1, report
    assert "ST201" in report, report
