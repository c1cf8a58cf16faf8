"""Every route of the API, whatever is added: it answers as it says, bounded, and in one shape when it cannot."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api_process import SYMBOL, UNKNOWN, Lived, lived
from tests.backtest_kept import BACKTEST, fill_backtest
from tests.past import fill, fill_signals, many, repository_of
from tests.signal_records import SIGNAL, story

from tidemark.api.access import SECURITY_HEADERS, RateLimit
from tidemark.api.answering import action_handlers, handlers, past_handlers
from tidemark.api.application import Gate, application
from tidemark.api.openapi import document, examples
from tidemark.api.problems import Problem
from tidemark.api.routes import registry
from tidemark.api.routes.base import Action, PastRoute, Route
from tidemark.api.static_files import StaticFiles
from tidemark.api.turns import Turns
from tidemark.memory.ledger import Ledger

ROUTES = registry.routes()
IDS = [route.path for route in ROUTES]
# They measure, which gives something else every time.
MEASURED = {"/api/v1/memory", "/health/database"}
ACTIONS = registry.actions()
DONE = [action.path for action in ACTIONS]
# What has to be asked there.
NEEDED = {"/api/v1/backtests/compare": f"?first={BACKTEST}&second={BACKTEST}"}
OF_A_MARKET = [route for route in ROUTES if "{symbol}" in route.path]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return asyncio.run(lived(tmp_path_factory.mktemp("process")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a database."""
    made = tmp_path_factory.mktemp("past")
    fill(None, made, many(300))
    fill_signals(None, made, [*story(1), *story(2, -1.07, symbol=SYMBOL)])
    fill_backtest(None, made)
    return made


@pytest.fixture
async def client(process: Lived, folder: Path) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    gate = Gate(host="127.0.0.1", origins=(), rate=RateLimit(1e5, process.clock, Ledger()), verify=None)
    ledger = process.parts.ledger
    async with repository_of(None, folder, ledger=ledger, clock=process.clock) as past:
        served = handlers(process.monitor, Turns()) | past_handlers(past, ledger)
        actions = action_handlers(process.monitor)
        app = application(served, actions=actions, gate=gate, files=StaticFiles())
        async with TestClient(TestServer(app)) as made:
            yield made


def path_of(route: Route | PastRoute, symbol: str = SYMBOL) -> str:
    path = route.path.replace("{symbol}", symbol).replace("{id}", SIGNAL).replace("{run}", BACKTEST)
    return path + NEEDED.get(route.path, "")


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
async def test_it_answers_in_its_own_type_with_the_moment_first(
    route: Route | PastRoute, client: TestClient[web.Request, web.Application], process: Lived
) -> None:
    async with client.get(path_of(route)) as response:
        body = await response.read()

    assert response.status == 200, body
    assert response.content_type == "application/json"
    told = msgspec.json.decode(body, type=route.answer)
    assert told.as_of_ms == process.clock.at_ns // 1_000_000
    assert body.startswith(b'{"as_of_ms":')
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
    assert "aiohttp" not in response.headers["Server"].lower()


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
async def test_what_the_client_has_already_is_not_sent_again(
    route: Route | PastRoute, client: TestClient[web.Request, web.Application]
) -> None:
    async with client.get(path_of(route), headers={"Accept-Encoding": "identity"}) as first:
        plain, tag = await first.read(), first.headers["ETag"]
    if route.path in MEASURED:
        return

    async with client.get(path_of(route), headers={"If-None-Match": f'"other", {tag}'}) as again:
        assert (again.status, await again.read()) == (304, b"")
    async with client.get(path_of(route), headers={"If-None-Match": '"other"'}) as other:
        assert (other.status, await other.read()) == (200, plain)


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
async def test_packed_it_says_the_same(
    route: Route | PastRoute, client: TestClient[web.Request, web.Application]
) -> None:
    if route.path in MEASURED:
        return
    async with client.get(path_of(route), headers={"Accept-Encoding": "identity"}) as first:
        plain = await first.read()
        assert "Content-Encoding" not in first.headers

    async with (
        ClientSession(auto_decompress=False) as raw,
        raw.get(client.make_url(path_of(route)), headers={"Accept-Encoding": "gzip"}) as second,
    ):
        packed = await second.read()

    if len(plain) >= 1400:
        assert second.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed) == plain
    else:
        assert packed == plain


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
async def test_a_parameter_that_there_is_not_is_refused_with_those_that_there_are(
    route: Route | PastRoute, client: TestClient[web.Request, web.Application]
) -> None:
    async with client.get(path_of(route), params={"colour": "blue"}) as response:
        told = msgspec.json.decode(await response.read(), type=Problem)

    assert (response.status, response.content_type) == (400, "application/problem+json")
    assert told.detail.startswith("there is no parameter 'colour'; there are: ")


@pytest.mark.parametrize("route", OF_A_MARKET, ids=[route.path for route in OF_A_MARKET])
async def test_a_market_that_is_not_watched_is_not_found(
    route: Route | PastRoute, client: TestClient[web.Request, web.Application]
) -> None:
    async with client.get(path_of(route, UNKNOWN)) as response:
        told = msgspec.json.decode(await response.read(), type=Problem)

    assert (response.status, told.status) == (404, 404)
    assert told.detail == f"{UNKNOWN} is not watched; /api/v1/symbols lists the markets that are"
    assert told.instance == path_of(route, UNKNOWN)


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
async def test_nothing_but_reading_is_allowed(
    route: Route | PastRoute, client: TestClient[web.Request, web.Application]
) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        async with client.request(method, path_of(route), data=b"x") as response:
            told = msgspec.json.decode(await response.read(), type=Problem)
        assert (response.status, told.status, response.headers["Allow"]) == (405, 405, "GET,HEAD")
    async with client.head(path_of(route)) as response:
        assert (response.status, await response.read()) == (200, b"")


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
async def test_an_answer_fits_the_memory_that_it_is_given(
    route: Route | PastRoute, client: TestClient[web.Request, web.Application], process: Lived
) -> None:
    ledger = process.parts.ledger
    with ledger.transient(process.parts.settings.memory.transient - route.transient + 1):
        async with client.get(path_of(route)) as response:
            told = msgspec.json.decode(await response.read(), type=Problem)

    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert "transient memory" in told.detail


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_the_document_describes_it_with_an_example_of_its_type(route: Route | PastRoute) -> None:
    operation = document()["paths"][route.path]["get"]
    told = examples()[route.path]

    assert operation["summary"] == route.summary
    assert {one["name"] for one in operation["parameters"]} == set(route.asked.__struct_fields__)
    assert all(one["description"] for one in operation["parameters"]), operation["parameters"]
    assert operation["responses"]["200"]["content"]["application/json"]["example"] == told
    msgspec.convert(told, route.answer)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted({name for route in ROUTES for name in route.asked.__struct_fields__})),
    value=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=300),
    symbol=st.one_of(st.just(SYMBOL), st.text(st.characters(codec="utf-8", exclude_characters="\x00/"), max_size=60)),
)
async def test_whatever_is_asked_there_is_an_answer_and_never_a_fault(
    name: str, value: str, symbol: str, client: TestClient[web.Request, web.Application]
) -> None:
    for route in ROUTES:
        async with client.get(path_of(route, symbol or "x"), params={name: value}) as response:
            assert response.status in {200, 304, 400, 404}, await response.text()


@pytest.mark.parametrize("action", ACTIONS, ids=DONE)
async def test_what_is_done_is_posted_and_nothing_else(
    action: Action, client: TestClient[web.Request, web.Application]
) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
        async with client.request(method, action.path, json={}) as response:
            told = msgspec.json.decode(await response.read(), type=Problem)
        assert (response.status, told.status, response.headers["Allow"]) == (405, 405, "POST")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "the body: "),
        (b"1e999", 400, "the body: expected `object`"),
        (b"null", 400, "the body: expected `object`"),
        (b'{"colour":"blue"}', 400, "the body: object contains unknown field `colour`"),
        (b"{}", 400, "the body: object missing required field"),
        (b"[" * 4000, 400, "the body: "),
        (b"\xff", 400, "the body: "),
        (b" " * 17000, 413, "a body has at most 16384 bytes"),
    ],
)
@pytest.mark.parametrize("action", ACTIONS, ids=DONE)
async def test_a_body_that_is_not_as_the_document_says_is_refused_with_what_is_wrong(
    action: Action, body: bytes, status: int, words: str, client: TestClient[web.Request, web.Application]
) -> None:
    headers = {"Content-Type": "application/json"}
    async with client.post(action.path, data=body, headers=headers) as response:
        told = msgspec.json.decode(await response.read(), type=Problem)

    assert (response.status, told.status) == (status, status)
    assert told.detail.startswith(words), told.detail
    assert len(told.detail) <= 300


@pytest.mark.parametrize("action", ACTIONS, ids=DONE)
async def test_what_is_posted_takes_no_parameters(
    action: Action, client: TestClient[web.Request, web.Application]
) -> None:
    async with client.post(action.path, params={"colour": "blue"}, json={}) as response:
        assert response.status == 400


@pytest.mark.parametrize("action", ACTIONS, ids=DONE)
def test_the_document_describes_what_is_done_with_examples_of_its_types(action: Action) -> None:
    operation = document()["paths"][action.path]["post"]
    asked = operation["requestBody"]["content"]["application/json"]["example"]
    answer = operation["responses"]["200"]["content"]["application/json"]["example"]

    assert operation["summary"] == action.summary
    assert {one for one in operation["responses"] if one >= "400"} >= {"400", "401", "403", "409", "415", "503"}
    msgspec.convert(asked, action.asked)
    msgspec.convert(answer, action.answer)
