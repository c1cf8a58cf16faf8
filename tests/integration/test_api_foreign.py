"""The whole process, asked by programs that are none of ours: curl, the websockets library, Prometheus' own checker."""

import asyncio
import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import pytest
from tests.integration.service import LIMIT_S, Process, tidemark
from tests.scraped import scraped, value
from websockets.asyncio.client import ClientConnection, connect

from tidemark.api.access import SECURITY_HEADERS
from tidemark.api.openapi import document

LISTENED_S = 10.0
TOPICS = ("overview", "health", "memory")
HEAD = re.compile(r"HTTP/1\.1 (\d{3}) .*\r\n")


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    with tidemark(
        "run", "--demo", "--symbols", "20", "--rate", "100", "--no-tui", "--json", "--set", "api.port=0"
    ) as made:
        made.wait_for('"connection live"')
        yield made


@pytest.fixture(scope="module")
def address(process: Process) -> str:
    return str(process.events("serving")[0]["address"])


@pytest.fixture(scope="module")
def symbol(address: str) -> str:
    told = json.loads(curl(f"{address}/api/v1/symbols"))
    return str(told["symbols"][0]["symbol"])


def curl(*arguments: str) -> bytes:
    found = shutil.which("curl")
    if found is None:
        pytest.skip("curl is not installed")
    command = [found, "--silent", "--show-error", "--max-time", "20", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b""), arguments
    return done.stdout


def headed(*arguments: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers by their names in small letters, and the body as it came over the wire."""
    head, _, body = curl("--include", "--raw", *arguments).partition(b"\r\n\r\n")
    found = HEAD.match(head.decode() + "\r\n")
    assert found is not None, head
    lines = (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    return int(found[1]), {name.lower(): text for name, text in lines}, body


def test_curl_finds_every_answer_of_a_live_process_as_its_document_says(address: str, symbol: str) -> None:
    """Held against the document by a validator of another language, with no field beside those that it names."""
    told = json.loads(curl(f"{address}/openapi.json"))
    assert told == json.loads(json.dumps(document()))
    for schema in told["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    for path, item in told["paths"].items():
        if "get" not in item:
            continue
        target = path.replace("{symbol}", symbol).replace("{id}", "none").replace("{run}", "none")
        is_compared = path.endswith("/compare")
        status, headers, body = headed(address + target + "?first=none&second=none" * is_compared)
        if "{id}" in path or "{run}" in path or is_compared:
            # Nothing was signalled in these seconds, and nothing run.
            assert (status, headers["content-type"]) == (404, "application/problem+json"), (path, body)
            continue

        assert status == 200 or (status == 503 and path.startswith("/health")), (path, body)
        assert headers["content-type"] == "application/json; charset=utf-8"
        assert {name.lower(): text for name, text in SECURITY_HEADERS.items()}.items() <= headers.items()
        assert headers["server"] == "tidemark"
        answered = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        schema = {"components": told["components"], **answered}
        assert jsonschema_rs.Draft202012Validator(schema).is_valid(json.loads(body)), (path, body)


def test_curl_unpacks_what_it_asked_for_packed(address: str) -> None:
    path = f"{address}/api/v1/settings"
    _, plain, body = headed(path)
    _, packed, small = headed("--header", "Accept-Encoding: gzip", path)

    assert "content-encoding" not in plain
    assert (packed["content-encoding"], packed["vary"]) == ("gzip", "Accept-Encoding")
    assert int(packed["content-length"]) == len(small) < len(body)
    assert without_moment(curl("--compressed", path)) == without_moment(body)


def without_moment(body: bytes) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(body)
    del told["as_of_ms"]
    return told


def test_curl_is_not_sent_again_what_it_has(address: str, tmp_path: Path) -> None:
    path, tag = f"{address}/api/v1/settings", str(tmp_path / "tag")
    curl("--etag-save", tag, path)

    status, headers, body = headed("--etag-compare", tag, path)

    assert (status, body) == (304, b"")
    assert headers["etag"] == Path(tag).read_text().strip()


def test_curl_asks_for_heads_alone(address: str, symbol: str) -> None:
    """On one connection: a body behind a head would be the begin of the next answer."""
    export = f"{address}/api/v1/symbols/{symbol}/candles?format=csv"
    told = curl("--head", export, f"{address}/health/live", f"{address}/metrics").decode()

    assert re.findall(r"HTTP/1\.1 (\d+)", told) == ["200"] * 3
    assert [line for line in told.splitlines() if line and ": " not in line] == ["HTTP/1.1 200 OK"] * 3


def test_promtool_finds_nothing_to_complain_of_in_what_is_scraped(address: str) -> None:
    told = curl(f"{address}/metrics")

    assert value(scraped(told.decode()), "tidemark_markets") == 21
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; on Debian: apt install prometheus")
    done = subprocess.run([promtool, "check", "metrics"], input=told, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


class Heard:
    """What the library heard of some topics: the messages of each, in order."""

    def __init__(self) -> None:
        self.hello: dict[str, Any] = {}
        self.by_topic: dict[str, list[dict[str, Any]]] = {}

    def take(self, text: str | bytes) -> dict[str, Any]:
        assert isinstance(text, str)
        message: dict[str, Any] = json.loads(text)
        if message["type"] == "hello":
            self.hello = message
        elif message["type"] in {"snapshot", "delta"}:
            self.by_topic.setdefault(message["topic"], []).append(message)
        return message


async def subscribe(socket: ClientConnection, topic: str, **more: int) -> None:
    await socket.send(json.dumps({"op": "subscribe", "topic": topic, **more}))


async def hear_until(socket: ClientConnection, heard: Heard, *, topic: str, seq: int) -> None:
    """Until the message *seq* of *topic* has come."""
    while seq not in (one["seq"] for one in heard.by_topic.get(topic, ())):
        heard.take(await socket.recv())


async def hear_for(socket: ClientConnection, heard: Heard, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            while True:
                heard.take(await socket.recv())
    except TimeoutError:
        pass


def push_of(address: str) -> str:
    return f"ws://{urlsplit(address).netloc}/ws"


async def test_the_websockets_library_hears_every_topic_without_a_hole_and_resumes(address: str, symbol: str) -> None:
    topics = (*TOPICS, f"book.{symbol}", f"candle.{symbol}.1m", f"score.{symbol}")
    async with asyncio.timeout(LIMIT_S):
        heard = Heard()
        async with connect(push_of(address)) as socket:
            assert socket.protocol.extensions == []
            assert socket.response is not None
            assert socket.response.headers["Server"] == "tidemark"
            for topic in topics:
                await subscribe(socket, topic)
            await hear_for(socket, heard, LISTENED_S)
            answered = await socket.ping()
            waited = await asyncio.wait_for(answered, LIMIT_S)

        assert (heard.hello["v"], heard.hello["heartbeat_s"]) == (1, 20)
        assert waited > 0.0
        assert heard.by_topic.keys() == set(topics)
        for messages in heard.by_topic.values():
            assert messages[0]["type"] == "snapshot"
            seqs = [one["seq"] for one in messages]
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert {one["type"] for one in heard.by_topic["overview"][1:]} == {"delta"}
        assert {one["type"] for one in heard.by_topic["health"][1:]} == {"delta"}

        newest = heard.by_topic["overview"][-1]["seq"]
        async with connect(push_of(address), compression=None) as socket:
            again = Heard()
            await subscribe(socket, "overview", since=newest)
            await hear_until(socket, again, topic="overview", seq=newest + 1)
        (first, *_) = again.by_topic["overview"]
        assert (first["type"], first["seq"]) == ("delta", newest + 1)


async def test_deltas_applied_by_hand_give_what_another_client_is_told_whole(address: str) -> None:
    async with asyncio.timeout(LIMIT_S), connect(push_of(address)) as one:
        heard, other = Heard(), Heard()
        await subscribe(one, "overview")
        await hear_for(one, heard, 2.0)
        async with connect(push_of(address)) as two:
            await subscribe(two, "overview")
            while "overview" not in other.by_topic:
                other.take(await two.recv())
        (whole, *_) = other.by_topic["overview"]
        if whole["seq"] > heard.by_topic["overview"][-1]["seq"]:
            await hear_until(one, heard, topic="overview", seq=whole["seq"])

    snapshot, *deltas = [message for message in heard.by_topic["overview"] if message["seq"] <= whole["seq"]]
    columns = snapshot["c"]
    for delta in deltas:
        assert delta["type"] == "delta"
        for name, values in delta["c"].items():
            for row, changed in zip(delta["i"], values, strict=True):
                columns[name][row] = changed
    assert len(deltas) > 1
    assert columns == whole["c"]


async def test_what_the_websockets_library_says_wrongly_is_answered_and_ends_nothing(address: str) -> None:
    async with asyncio.timeout(LIMIT_S), connect(push_of(address)) as socket:
        heard = Heard()
        heard.take(await socket.recv())
        for said in (
            "",
            "[]",
            '{"op":"buy"}',
            '{"op":"subscribe","topic":"orders"}',
            '{"op":"unsubscribe","token":"9"}',
        ):
            await socket.send(said)
            assert heard.take(await socket.recv())["type"] == "error"
        await subscribe(socket, "health")
        assert heard.take(await socket.recv())["type"] == "subscribed"
        assert heard.take(await socket.recv())["type"] == "snapshot"


def test_curl_saves_a_whole_export(process: Process, address: str, symbol: str, tmp_path: Path) -> None:
    """Three pieces and more: all that the pages have, in the same order. A minute that closes meanwhile is let pass."""
    process.wait_for('"history complete"')
    path = f"{address}/api/v1/symbols/{symbol}/candles?timeframe=1m"
    for _ in range(3):
        before = json.loads(curl(f"{path}&limit=5000"))["columns"]
        curl("--output", str(tmp_path / "candles.csv"), f"{path}&format=csv")
        after = json.loads(curl(f"{path}&limit=5000"))["columns"]
        if before["open_time_ms"] == after["open_time_ms"]:
            break
    rows = list(csv.DictReader(io.StringIO((tmp_path / "candles.csv").read_text())))

    assert len(rows) == len(after["open_time_ms"]) > 1000
    assert [int(row["open_time_ms"]) for row in rows] == after["open_time_ms"]
    for name in ("open", "high", "low", "close", "volume", "turnover"):
        assert [float(row[name]) for row in rows] == after[name]


def test_the_process_has_logged_no_more_than_lines_of_its_own(process: Process, address: str) -> None:
    """After all of the above: JSON throughout, and nothing that alarms."""
    curl(f"{address}/health/live")

    assert {json.loads(line)["level"] for line in process.lines} <= {"info"}
