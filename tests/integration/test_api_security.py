"""The ten risks of https://owasp.org/API-Security/editions/2023/en/0x11-t10/, each tried on a whole process.

It listens at every address, has tokens and a database with a password, and is asked from many addresses of loopback:
each is a client of its own to it.
"""

import ast
import asyncio
import http.client
import itertools
import json
import random
import re
import signal
import socket
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.api_process import SYMBOL, lived
from tests.integration.service import LIMIT_S, Process, exchange, tidemark
from tests.project.repository import ROOT, text_of
from tests.scraped import Series, scraped
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from tidemark.api import application as application_module
from tidemark.api.access import SECURITY_HEADERS, RateLimit
from tidemark.api.answering import action_handlers, handler, handlers
from tidemark.api.application import Gate, application
from tidemark.api.openapi import document
from tidemark.api.reading import Reading
from tidemark.api.routes.base import Answer, Export, Nothing, Route
from tidemark.api.static_files import StaticFiles
from tidemark.api.tokens import Tokens
from tidemark.api.turns import Turns
from tidemark.memory.ledger import Ledger
from tidemark.units import MIB

PASSWORD = "pass-word-of-the-store"  # noqa: S105 - it is to be found nowhere
CLIENTS, ASKING = 20, 32
DOORS = CLIENTS + ASKING
RATE = 20
LOADED_S = 5.0
WORKERS = 50
PATHS = sorted(path for path, operations in document()["paths"].items() if "get" in operations)
ACTIONS = sorted(path for path, operations in document()["paths"].items() if "post" in operations)
WELL_ASKED = {
    "/api/v1/alerts/dead/resend": '{"numbers":null}',
    "/api/v1/alerts/test": '{"sink":"phone"}',
    "/api/v1/notifications/read": '{"ids":null}',
    "/api/v1/backtests/start": '{"strategy":"none.py","data":"none"}',
    "/api/v1/backtests/cancel": '{"id":"none"}',
    "/api/v1/backtests/resume": '{"id":"none"}',
    "/api/v1/backtests/remove": '{"ids":["none"]}',
}
# How far whoever may write gets with them, where no sink is configured, no strategy is there and the database is not.
DONE = {
    "/api/v1/backtests/start": (422, "there is no strategy 'none.py'"),
    "/api/v1/backtests/cancel": (404, "no run none is under way"),
    "/api/v1/backtests/resume": (503, "the process of backtests did not answer: the database "),
    "/api/v1/backtests/remove": (503, "the process of backtests did not answer: the database "),
}
# What answers beside them.
OTHERS = {"/", "/{name}", "/metrics", "/openapi.json", "/ws"}
READING = ("GET", "HEAD")
OTHER_METHODS = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
_addresses = (f"127.0.{number // 250}.{number % 250 + 2}" for number in itertools.count())


class Told(NamedTuple):
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Guarded:
    """The process, its tokens, and all that it ever answered."""

    def __init__(self, process: Process, folder: Path, secrets: Mapping[str, str]) -> None:
        self.process = process
        self.folder = folder
        self.secrets = secrets
        self.port = int(str(process.events("serving")[0]["address"]).rpartition(":")[2])
        self.heard: list[bytes] = []

    def ask(
        self,
        path: str,
        *,
        by: str,
        method: str = "GET",
        shown: str | None = "reader",
        body: str = "",
        **headers: str,
    ) -> Told:
        """By the client at address *by*; headers are named with low lines for dashes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, LIMIT_S, source_address=(by, 0))
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        if shown is not None:
            named.setdefault("Authorization", f"Bearer {self.secrets[shown]}")
        try:
            connection.request(method, path, body or None, named)
            response = connection.getresponse()
            told = Told(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()
        self.heard += (told.body, *(f"{name}: {text}".encode() for name, text in told.headers.items()))
        return told

    def say(self, data: bytes, *, by: str, is_all: bool = True) -> bytes:
        """What is answered to bytes as they are, until it is hung up; is_all: and that is told."""
        with socket.create_connection(("127.0.0.1", self.port), 10, source_address=(by, 0)) as raw:
            taken = bytearray()
            try:
                raw.sendall(data)
                if is_all:
                    raw.shutdown(socket.SHUT_WR)
                while chunk := raw.recv(65536):
                    taken += chunk
            except ConnectionError:
                pass
        self.heard.append(bytes(taken))
        return bytes(taken)

    def metrics(self, *, by: str) -> dict[Series, float]:
        return scraped(self.ask("/metrics", by=by).body.decode())

    @property
    def symbol(self) -> str:
        return str(self.ask("/api/v1/symbols", by=stranger()).json["symbols"][0]["symbol"])


def stranger() -> str:
    """An address that nobody has used."""
    return next(_addresses)


def from_there(by: str) -> dict[str, Any]:
    """What makes the websockets library come from that address."""
    return {"local_addr": (by, 0)}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("store")
    tokens = Tokens(folder)
    secrets = {
        "reader": tokens.create("reader", ("read",), 0).secret,
        "writer": tokens.create("writer", ("write",), 0).secret,
        "revoked": tokens.create("revoked", ("read",), 0).secret,
        "late": tokens.create("late", ("read",), 0).secret,
        "wrong": "tdm_00000000_" + "A" * 43,
    }
    settings = (
        "api.host=0.0.0.0",
        f"api.rate={RATE}",
        f"api.clients={CLIENTS}",
        f"store.database=postgresql://tidemark:{PASSWORD}@127.0.0.1:1/none",
    )
    with exchange("--symbols", "20", "--rate", "100") as made, tidemark(*made.arguments(folder, *settings)) as process:
        process.wait_for('"connection live"')
        yield Guarded(process, folder, secrets)


def paths_of(symbol: str) -> list[str]:
    return [path.replace("{symbol}", symbol).replace("{id}", "none").replace("{run}", "none") for path in PATHS]


def test_broken_object_level_authorization_there_are_no_objects_of_anybody(guarded: Guarded) -> None:
    """Markets, signals and backtests are the only objects, and everybody who may read may read all of them."""
    names = {
        one["name"] for path in PATHS for one in document()["paths"][path]["get"]["parameters"] if one["in"] == "path"
    }
    assert names == {"symbol", "id", "run"}

    by = stranger()
    for path in ("/api/v1/symbols", "/api/v1/settings"):
        one, other = (guarded.ask(path, by=by, shown=token).json for token in ("reader", "writer"))
        del one["as_of_ms"], other["as_of_ms"]
        assert one == other


@pytest.mark.parametrize("name", ["../../tokens.json", "..", ".", "tokens.json", "*", "BTC\0USDT", "%", "' OR 1=1 --"])
def test_broken_object_level_authorization_a_name_of_no_market_is_nothing_else_either(
    name: str, guarded: Guarded
) -> None:
    told = guarded.ask(f"/api/v1/symbols/{quote(name, safe='')}/score", by=stranger())

    assert told.status in {400, 404}
    assert told.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", [*PATHS, "/metrics", "/openapi.json", "/index.html", "/nothing"])
def test_broken_authentication_without_a_token_nothing_is_told(path: str, guarded: Guarded) -> None:
    told = guarded.ask(path.replace("{symbol}", SYMBOL), by=stranger(), shown=None)

    assert told.status == (200 if path == "/health/live" else 401)
    assert told.headers.get("WWW-Authenticate") == (None if path == "/health/live" else "Bearer")


def test_broken_authentication_a_token_counts_in_its_header_alone(guarded: Guarded) -> None:
    """In a URL it would stand in histories, logs and Referer headers: there it is no token."""
    by, secret = stranger(), guarded.secrets["reader"]
    for path in (f"/api/v1/symbols?token={secret}", f"/api/v1/symbols?access_token={secret}"):
        assert guarded.ask(path, by=by, shown=None).status == 401
    for headers in (
        {"Authorization": f"Basic {secret}"},
        {"Authorization": secret},
        {"Authorization": f"Bearer {secret} "[:-2]},
        {"Cookie": f"token={secret}"},
        {"X_Api_Key": secret},
    ):
        assert guarded.ask("/api/v1/symbols", by=by, shown=None, **headers).status == 401
    assert guarded.ask("/api/v1/symbols", by=stranger()).status == 200


def test_broken_authentication_a_token_in_a_url_is_refused_though_it_is_right(guarded: Guarded) -> None:
    told = guarded.ask(f"/api/v1/symbols?token={guarded.secrets['reader']}", by=stranger())

    assert (told.status, told.json["detail"]) == (400, "there is no parameter 'token'; there are: none here")


def test_broken_authentication_whoever_guesses_is_not_listened_to_for_a_while(guarded: Guarded) -> None:
    """Not even with a right one, which he may have guessed. Others are, and whoever is known already."""
    by = stranger()
    for _ in range(5):
        assert guarded.ask("/api/v1/symbols", by=by, shown="wrong").status == 401

    assert guarded.ask("/api/v1/symbols", by=by, shown="late").status == 401
    assert guarded.ask("/api/v1/symbols", by=stranger(), shown="late").status == 200
    assert guarded.ask("/api/v1/symbols", by=by, shown="reader").status == 200


def test_broken_authentication_a_token_that_is_revoked_is_refused_at_once(guarded: Guarded) -> None:
    by = stranger()
    assert guarded.ask("/api/v1/symbols", by=by, shown="revoked").status == 200

    Tokens(guarded.folder).revoke("revoked")

    assert guarded.ask("/api/v1/symbols", by=by, shown="revoked").status == 401


async def test_broken_authentication_push_asks_for_the_token_in_the_header_or_the_first_message(
    guarded: Guarded,
) -> None:
    secret = guarded.secrets["reader"]
    url, where = f"ws://127.0.0.1:{guarded.port}/ws", from_there(stranger())
    subscribe = json.dumps({"op": "subscribe", "topic": "health"})
    bearer = {"Authorization": f"Bearer {secret}"}
    async with asyncio.timeout(LIMIT_S):
        async with connect(url, additional_headers=bearer, **where) as socket_:
            await socket_.send(subscribe)
            kinds = [json.loads(await socket_.recv())["type"] for _ in range(3)]
        async with connect(url, **where) as socket_:
            await socket_.send(json.dumps({"op": "authenticate", "token": secret}))
            await socket_.send(subscribe)
            kinds += [json.loads(await socket_.recv())["type"] for _ in range(3)]
        assert kinds == ["hello", "subscribed", "snapshot"] * 2

        for address, first in (
            (url, subscribe),
            (f"{url}?token={secret}", subscribe),
            (url, json.dumps({"op": "authenticate", "token": guarded.secrets["wrong"]})),
        ):
            async with connect(address, **where) as socket_:
                assert json.loads(await socket_.recv())["type"] == "hello"
                await socket_.send(first)
                with pytest.raises(ConnectionClosedError) as closed:
                    await socket_.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1008


def test_broken_object_property_level_authorization_nothing_can_be_set_and_no_property_is_a_secret(
    guarded: Guarded,
) -> None:
    """That no answer has a property beside those of the document is in test_api_foreign.py."""
    by, symbol = stranger(), guarded.symbol
    for path in paths_of(symbol):
        told = guarded.ask(path, by=by)
        names = set(properties(told.json))
        assert names
        assert not {one for one in names if re.search("token|secret|passw|hash|salt|key_", one)}
        assert guarded.ask(f"{path}?is_admin=true", by=by).status == 400
    (row,) = [one for one in guarded.ask("/api/v1/settings", by=by).json["settings"] if one["key"] == "store.database"]
    assert row["value"] == "postgresql://***:***@127.0.0.1:1/none" or "***" in row["value"]


def properties(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        yield from told
    for one in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from properties(one)


async def test_unrestricted_resource_consumption_fifty_at_once_leave_the_market_alone(guarded: Guarded) -> None:
    """How late the loop is meanwhile depends on the machine: that one request begins in a turn is in test_turns."""
    by, symbol = stranger(), guarded.symbol
    before = guarded.metrics(by=by)

    counted = await flooded(guarded, symbol)

    after = guarded.metrics(by=by)
    # 404: of a signal that there is not; 400: of runs to compare, which are not named.
    assert counted.keys() <= {200, 400, 404, 429, 503}
    assert counted[200] > WORKERS
    assert rise(before, after, "tidemark_messages_total") > 100
    assert rise(before, after, "tidemark_gaps_opened_total") == 0
    for channel in ("trades", "tickers", "books"):
        live = [figure(told, "tidemark_channel_markets", channel=channel, state="live") for told in (before, after)]
        assert live[1] >= live[0] > 0, channel
    assert rise(before, after, "process_resident_memory_bytes") < 16 * MIB
    assert figure(after, "tidemark_owner_used_bytes", owner="transient") <= 2 * MIB


async def flooded(guarded: Guarded, symbol: str) -> Counter[int]:
    """What fifty clients are answered, each from an address of its own, who ask for everything for five seconds."""
    counted: Counter[int] = Counter()
    over = asyncio.get_running_loop().time() + LOADED_S

    async def work(number: int) -> None:
        connector = aiohttp.TCPConnector(local_addr=(f"127.1.{number}.1", 0), limit=1)
        bearer = {"Authorization": f"Bearer {guarded.secrets['reader']}"}
        async with aiohttp.ClientSession(connector=connector, headers=bearer) as session:
            for path in itertools.cycle(paths_of(symbol)):
                if asyncio.get_running_loop().time() > over:
                    return
                async with session.get(f"http://127.0.0.1:{guarded.port}{path}") as response:
                    await response.read()
                    counted[response.status] += 1
                    if response.status in {429, 503}:
                        assert int(response.headers["Retry-After"]) >= 1
                        await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as group:
        for number in range(WORKERS):
            group.create_task(work(number))
    return counted


def figure(told: dict[Series, float], name: str, **labels: str) -> float:
    """The sample of that name that has these labels, among others."""
    (found,) = [one for (named, has), one in told.items() if named == name and labels.items() <= dict(has).items()]
    return found


def rise(before: dict[Series, float], after: dict[Series, float], name: str, **labels: str) -> float:
    return figure(after, name, **labels) - figure(before, name, **labels)


async def test_unrestricted_resource_consumption_who_opens_all_doors_and_says_nothing_makes_room_for_who_asks(
    guarded: Guarded,
) -> None:
    """And whoever stays holds his door for 30 seconds at most: tests/unit/api/test_conversation.py."""
    beyond = 8
    by, half = stranger(), b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
    before = guarded.metrics(by=stranger())
    async with asyncio.timeout(LIMIT_S):
        opened = [
            await asyncio.open_connection("127.0.0.1", guarded.port, local_addr=(by, 0)) for _ in range(DOORS + beyond)
        ]
        for _, writer in opened:
            writer.write(half)

        assert guarded.ask("/health/live", by=stranger()).status == 200

        after = guarded.metrics(by=stranger())
        await asyncio.wait(
            [asyncio.ensure_future(ended(reader)) for reader, _ in opened], return_when=asyncio.FIRST_COMPLETED
        )
        for _, writer in opened:
            writer.transport.abort()
    assert rise(before, after, "tidemark_owner_evicted_total", owner="api/connections") >= beyond + 1


async def ended(reader: asyncio.StreamReader) -> None:
    try:
        assert await reader.read(1) == b""
    except ConnectionError:
        return


async def test_unrestricted_resource_consumption_an_export_that_is_not_taken_is_cut_after_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application_module, "_DEADLINE_S", 0.3)
    process = await lived(tmp_path, 100)
    ledger, made, cut = process.parts.ledger, itertools.count(), asyncio.Event()

    def endless(_: object, __: Nothing) -> Export:
        pieces = (bytes(64 * 1024) for _ in made)
        return Export(content_type="text/csv", file_name="x", pieces=pieces)

    route = Route(
        path="/x", summary="", asked=Nothing, answer=Answer, give=lambda _, __: Answer(as_of_ms=0), export=endless
    )
    give = handler(route, process.monitor, Turns())

    async def watched(request: web.Request) -> web.StreamResponse:
        try:
            return await give(request)
        finally:
            cut.set()

    gate = Gate(host="127.0.0.1", origins=(), rate=RateLimit(100.0, process.clock, Ledger()), verify=None)
    async with TestServer(application({"/export": watched}, gate=gate)) as server:
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(slow, ("127.0.0.1", server.port))
            await loop.sock_sendall(slow, b"GET /export HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            async with asyncio.timeout(LIMIT_S):
                await cut.wait()

    (transient,) = [one for one in ledger.report() if one.owner == "transient"]
    assert transient.used == 0
    # What the system took, and one that waited: none was made ahead.
    assert next(made) < 200


@pytest.mark.parametrize("token", ["reader", "writer"])
def test_broken_function_level_authorization_what_is_for_reading_can_be_read_alone(
    token: str, guarded: Guarded
) -> None:
    by = stranger()
    for path in (*paths_of(SYMBOL), "/metrics", "/openapi.json", "/ws", "/"):
        for method in OTHER_METHODS:
            told = guarded.ask(path, by=by, method=method, shown=token)
            if told.status == 429:
                by = stranger()
                told = guarded.ask(path, by=by, method=method, shown=token)
            assert (told.status, told.headers["Allow"]) == (405, "GET,HEAD"), (method, path)
            assert told.json["status"] == 405


@pytest.mark.parametrize("path", ACTIONS)
def test_broken_function_level_authorization_who_may_read_may_do_nothing(path: str, guarded: Guarded) -> None:
    """And whoever may write gets as far as those who would do it."""
    asked = {"method": "POST", "Content_Type": "application/json"}
    answers = [
        guarded.ask(path, by=stranger(), shown=token, body=WELL_ASKED[path], **asked)
        for token in (None, "wrong", "reader", "writer")
    ]

    status, words = DONE.get(path, (409, "nobody is told: no sink is configured"))
    assert [told.status for told in answers] == [401, 401, 403, status]
    assert words is None or answers[-1].json["detail"].startswith(words)


@pytest.mark.parametrize("path", ACTIONS)
def test_security_misconfiguration_a_page_of_another_origin_can_do_nothing(path: str, guarded: Guarded) -> None:
    """Neither with a form, which needs no leave, nor with JSON, for which no leave is given."""
    by, asked = stranger(), {"method": "POST", "shown": "writer", "body": WELL_ASKED[path]}
    evil = guarded.ask(path, by=by, Origin="https://evil.example", Content_Type="application/json", **asked)
    form = guarded.ask(path, by=by, Content_Type="text/plain", **asked)

    assert (evil.status, form.status) == (403, 415)
    assert "Access-Control-Allow-Origin" not in evil.headers


def test_unrestricted_access_to_business_flows_asking_changes_nothing(guarded: Guarded) -> None:
    by, symbol = stranger(), guarded.symbol
    kept = (guarded.folder / "tokens.json").read_bytes()

    def state() -> Any:
        found = [
            guarded.ask(path, by=by).json for path in ("/api/v1/settings", "/api/v1/symbols", "/api/v1/connections")
        ]
        watched = [[one["topics"], one["reconnects"]] for one in found[2]["connections"]]
        return found[0]["settings"], found[1]["symbols"], watched

    before = state()
    for path in paths_of(symbol) * 3:
        guarded.ask(path, by=by)

    assert state() == before
    assert (guarded.folder / "tokens.json").read_bytes() == kept


def test_server_side_request_forgery_nobody_can_make_it_ask_anybody(guarded: Guarded) -> None:
    """A listener whose address is given wherever something can be given; nobody ever comes.

    A sink is tried by its name alone: where it leads to stands in the settings.
    """
    by = stranger()
    with socket.create_server(("127.0.0.1", 0)) as canary:
        url = f"http://127.0.0.1:{canary.getsockname()[1]}/x"
        netloc = urlsplit(url).netloc
        parameters = sorted(
            {(path, one["name"], one["in"]) for path in PATHS for one in document()["paths"][path]["get"]["parameters"]}
        )
        for path, name, place in parameters:
            symbol = quote(url, safe="") if place == "path" else SYMBOL
            query = f"?{name}={quote(url, safe='')}" if place == "query" else ""
            assert guarded.ask(path.replace("{symbol}", symbol) + query, by=by).status in {200, 400, 404}
        for headers in (
            {"Forwarded": f"host={netloc};for={netloc}"}, {"X_Forwarded_Host": netloc}, {"X_Forwarded_For": netloc},
            {"Referer": url}, {"Origin": url}, {"X_Original_URL": url}, {"Via": netloc}, {"Callback": url},
        ):  # fmt: skip
            assert guarded.ask("/api/v1/symbols", by=by, **headers).status == 200
        for path, body in WELL_ASKED.items():
            told = guarded.ask(
                path, by=stranger(), method="POST", shown="writer", Content_Type="application/json",
                body=re.sub('null|"phone"', json.dumps(url), body),
            )  # fmt: skip
            assert told.status in {400, 404, 409, 422, 503}
        bearer = f"Authorization: Bearer {guarded.secrets['reader']}\r\nHost: 127.0.0.1\r\n"
        for line in (f"GET {url}", f"CONNECT {netloc}", f"GET //{netloc}/x"):
            asked = f"{line} HTTP/1.1\r\n{bearer}Connection: close\r\n\r\n".encode()
            assert guarded.say(asked, by=by, is_all=False).startswith(b"HTTP/1.1 404 ")
        canary.setblocking(False)
        with pytest.raises(BlockingIOError):
            canary.accept()


def test_security_misconfiguration_every_kind_of_answer_has_all_headers_and_no_version(guarded: Guarded) -> None:
    by, symbol = stranger(), guarded.symbol
    settings = guarded.ask("/api/v1/settings", by=by)
    kinds = {
        "an answer": (settings, 200),
        "what is known": (guarded.ask("/api/v1/settings", by=by, If_None_Match=settings.headers["ETag"]), 304),
        "a head": (guarded.ask("/api/v1/settings", by=by, method="HEAD"), 200),
        "an export": (guarded.ask(f"/api/v1/symbols/{symbol}/candles?format=csv", by=by), 200),
        "the document": (guarded.ask("/openapi.json", by=by), 200),
        "metrics": (guarded.ask("/metrics", by=by), 200),
        "a wrong parameter": (guarded.ask("/api/v1/scores?x=1", by=by), 400),
        "no token": (guarded.ask("/api/v1/scores", by=by, shown=None), 401),
        "a foreign page": (guarded.ask("/ws", by=by, Origin="https://evil.example"), 403),
        "nothing": (guarded.ask("/nothing", by=by), 404),
        "another method": (guarded.ask("/health", by=by, method="OPTIONS"), 405),
        "a strange expectation": (guarded.ask("/health", by=by, method="POST", Expect="tea"), 417),
        "a foreign name": (guarded.ask("/health", by=by, Host="evil.example"), 421),
        "no handshake": (guarded.ask("/ws", by=by), 400),
    }
    flood = stranger()
    many = (guarded.ask("/health/live", by=flood) for _ in range(RATE * 20))
    kinds["too many"] = (next(told for told in many if told.status != 200), 429)
    page = guarded.ask("/", by=by, shown=None)
    kinds["the page"] = (page, 200 if page.status == 200 else 404)
    for asset in re.findall(rb'"(/assets/[^"]+)"', page.body):
        kinds[asset.decode()] = (guarded.ask(asset.decode(), by=by, shown=None), 200)

    for kind, (told, status) in kinds.items():
        assert told.status == status, kind
        assert SECURITY_HEADERS.items() <= told.headers.items(), kind
        assert told.headers["Server"] == "tidemark", kind
        assert not [name for name in told.headers if name.lower().startswith(("access-control-", "x-powered"))], kind
        assert not re.search(rb"aiohttp|Python/|Traceback|/src/|site-packages", told.body), kind


def test_security_misconfiguration_what_is_no_request_is_answered_like_the_rest(guarded: Guarded) -> None:
    told = guarded.say(b"\x16\x03\x01 hello\r\n\r\n", by=stranger(), is_all=False).decode()

    head, _, body = told.partition("\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    assert SECURITY_HEADERS.items() <= headers.items()
    assert (headers["Server"], json.loads(body)["detail"]) == ("tidemark", "this is no request")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost.evil.example"]
)
def test_security_misconfiguration_no_page_of_another_origin_may_read(origin: str, guarded: Guarded) -> None:
    by = stranger()
    told = guarded.ask("/api/v1/symbols", by=by, Origin=origin)
    asked = guarded.ask(
        "/api/v1/symbols", by=by, method="OPTIONS", Origin=origin, Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="authorization",
    )  # fmt: skip

    assert (told.status, asked.status) == (200, 405)
    for one in (told, asked):
        assert one.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert not [name for name in one.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    "name", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8420", "evil.example:80", "", "[::1"]
)
def test_security_misconfiguration_a_name_that_was_bent_to_our_address_is_refused(name: str, guarded: Guarded) -> None:
    """DNS rebinding: a browser sends the name that the page has."""
    assert guarded.ask("/api/v1/symbols", by=stranger(), Host=name).status == 421


async def test_security_misconfiguration_only_our_own_page_opens_a_push_connection(guarded: Guarded) -> None:
    url, where = f"ws://127.0.0.1:{guarded.port}/ws", from_there(stranger())
    own = f"http://127.0.0.1:{guarded.port}"
    async with asyncio.timeout(LIMIT_S):
        for origin in ("https://evil.example", "http://127.0.0.1:1", f"{own}.evil.example"):
            with pytest.raises(InvalidStatus) as refused:
                await connect(url, additional_headers={"Origin": origin}, **where)
            assert refused.value.response.status_code == 403
        async with connect(url, additional_headers={"Origin": own}, **where) as socket_:
            assert socket_.response is not None
            assert SECURITY_HEADERS.items() <= dict(socket_.response.headers.raw_items()).items()
            assert socket_.response.headers["Server"] == "tidemark"


async def test_improper_inventory_management_every_path_that_answers_is_stated(tmp_path: Path) -> None:
    process = await lived(tmp_path, 100)
    gate = Gate(host="127.0.0.1", origins=(), rate=RateLimit(100.0, process.clock, Ledger()), verify=None)
    others = dict.fromkeys(("/ws", "/metrics"), StaticFiles().index)
    past = Reading(process.parts.settings, tmp_path, process.clock, Ledger()).handlers(Turns())

    actions = action_handlers(process.monitor)

    served = application(
        handlers(process.monitor, Turns()) | past | others, actions=actions, gate=gate, files=StaticFiles()
    )

    assert {one.canonical for one in served.router.resources()} == {*PATHS, *ACTIONS, *OTHERS}
    routes = [(route.method, route.resource.canonical if route.resource else "") for route in served.router.routes()]
    # All others are refused there.
    assert {path for method, path in routes if method in {"POST", "*"}} == {*ACTIONS}
    assert {method for method, path in routes if path not in ACTIONS} == {*READING}


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/v1", "/api/v2/symbols", "/api/v1/symbols/", "/admin", "/debug/pprof", "/docs", "/swagger.json",
     "/graphql", "/.env", "/.git/config", "/tokens.json", "/server-status", "/_sim/status", "/metrics/", "/ws/",
     "/actuator/health", "/assets/", "/assets/../tokens.json", "//health"],
)  # fmt: skip
def test_improper_inventory_management_nothing_else_answers(path: str, guarded: Guarded) -> None:
    told = guarded.ask(path, by=stranger())

    assert told.status == 404
    assert told.json["detail"].endswith("/openapi.json lists what can be asked")


UNSAFE_CONSUMPTION = (
    ("tests/contract/test_every_venue.py", "test_oversized_frame_is_refused_before_it_is_read"),
    ("tests/contract/test_every_venue.py", "test_deep_nesting_is_refused"),
    ("tests/contract/test_every_venue.py", "test_garbage_replies_are_refused"),
    ("tests/unit/ingest/test_http.py", "test_a_body_is_cut_and_the_next_request_is_answered"),
    ("tests/unit/market/test_confirm.py", "test_hostile_candles_change_nothing_and_are_counted"),
    ("tests/project/test_security.py", "test_every_exchange_is_reached_encrypted"),
)


@pytest.mark.parametrize(("file", "name"), UNSAFE_CONSUMPTION)
def test_unsafe_consumption_of_apis_what_an_exchange_says_is_checked(file: str, name: str) -> None:
    """It is the only API that is consumed, and has tests of its own: they are there."""
    assert (ROOT / file).is_file()
    functions = [node for node in ast.walk(ast.parse(text_of(ROOT / file))) if hasattr(node, "name")]
    assert name in {node.name for node in functions}


def test_garbage_at_the_port_is_refused_and_leaves_nothing_behind(guarded: Guarded) -> None:
    rng = random.Random(7)
    whole = b"GET /api/v1/symbols HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nabc"
    garbage = [
        *(rng.randbytes(rng.randint(1, 4000)) for _ in range(100)),
        *(whole[:cut] for cut in range(0, len(whole), 3)),
        *(
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * size + b"\r\n\r\n"
            for size in (9000, 100_000, 2_000_000)
        ),
        *(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: a\r\n" * count + b"\r\n" for count in (129, 50_000)),
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /health HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\xff\xff",
        b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        + rng.randbytes(3000),
        b"\0" * 100_000,
        b"\r\n" * 20_000,
    ]
    by = stranger()
    for one in garbage[:20]:
        guarded.say(one, by=by)
    before = guarded.metrics(by=by)

    for number, one in enumerate(garbage):
        answer = guarded.say(one, by=f"127.2.{number}.1")
        assert answer == b"" or re.match(rb"HTTP/1\.[01] 4\d\d ", answer), (one[:60], answer[:200])

    after = guarded.metrics(by=by)
    assert rise(before, after, "process_resident_memory_bytes") < 8 * MIB
    assert figure(after, "tidemark_owner_items", owner="api/connections") <= 2


def test_no_secret_is_in_anything_that_was_printed_or_answered(guarded: Guarded) -> None:
    """The last one: after all of the above, and the end of the process."""
    code, output, _ = guarded.process.stop(signal.SIGINT)

    assert code == 0
    said = "\n".join(guarded.process.lines)
    assert "Traceback" not in said
    assert {json.loads(line)["level"] for line in guarded.process.lines} <= {"info", "warning"}
    hashes = [one["hash"] for one in json.loads((guarded.folder / "tokens.json").read_text())["tokens"]]
    assert len(hashes) == 3
    everything = b"\n".join((said.encode(), output.encode(), *guarded.heard))
    assert len(everything) > MIB
    for secret in (PASSWORD, *guarded.secrets.values(), *hashes, "argon2"):
        assert secret.encode() not in everything
