import asyncio
import csv
import io
import json

import msgspec
import pytest
from tests.api_process import SYMBOL, Lived
from tests.unit.api.conftest import Client
from yarl import URL

from tidemark.api import answering
from tidemark.api.answering import accepts_gzip, etag
from tidemark.api.problems import Problem
from tidemark.api.routes.base import Export
from tidemark.api.routes.candles import CandlePage, CandleRow
from tidemark.api.turns import Turns
from tidemark.units import MIB

PATH = f"/api/v1/symbols/{SYMBOL}/candles"


async def detail_of(client: Client, path: str) -> str:
    async with client.get(URL(path, encoded=True)) as response:
        assert response.status == 400
        return msgspec.json.decode(await response.read(), type=Problem).detail


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limit=0", "limit: expected `int` >= 1"),
        ("limit=many", "limit: expected `int`, got `str`"),
        ("limit=5001", "limit: expected `int` <= 5000"),
        ("timeframe=2m", "timeframe: invalid enum value '2m'"),
        ("limit=1&limit=2", "limit is given more than once"),
        ("symbol=BTCUSDT", "there is no parameter 'symbol'; there are: timeframe, limit, before_ms, format"),
        ("before_ms=99999999999999999999", "before_ms: "),
    ],
)
async def test_a_wrong_parameter_is_named_with_what_is_allowed(client: Client, query: str, says: str) -> None:
    assert (await detail_of(client, f"{PATH}?{query}")).startswith(says)


def test_the_tag_is_that_of_everything_but_the_moment() -> None:
    assert etag(b'{"as_of_ms":1,"a":2}') == etag(b'{"as_of_ms":2345,"a":2}') != etag(b'{"as_of_ms":1,"a":3}')


async def test_an_export_says_the_same_as_the_pages_in_both_formats(client: Client) -> None:
    async with client.get(PATH, params={"timeframe": "10s", "limit": "5000"}) as response:
        page = msgspec.json.decode(await response.read(), type=CandlePage)
    expected = [
        dict(zip(CandleRow.__struct_fields__, row, strict=True))
        for row in zip(*msgspec.structs.astuple(page.columns), strict=True)
    ]
    assert len(expected) > 60

    async with client.get(PATH, params={"timeframe": "10s", "format": "ndjson"}) as response:
        lines = (await response.text()).splitlines()
        assert response.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{SYMBOL}-10s.ndjson"
    async with client.get(PATH, params={"timeframe": "10s", "format": "csv"}) as response:
        rows = list(csv.DictReader(io.StringIO(await response.text())))

    assert [json.loads(line) for line in lines] == expected
    assert [float(row["close"]) for row in rows] == [one["close"] for one in expected]
    assert {row["revised"] for row in rows} == {"false"}


async def test_who_asks_for_the_head_of_an_export_gets_no_body(client: Client) -> None:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    # An answer with a body would make what follows it another answer than the one to the second request.
    for method, path in (("HEAD", f"{PATH}?format=csv"), ("GET", "/health/live")):
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    after = await reader.readexactly(len(b"HTTP/1.1 200 OK"))
    writer.close()

    assert b"text/csv" in head
    assert after == b"HTTP/1.1 200 OK"


async def test_what_is_held_while_an_answer_is_on_its_way_is_not_what_making_it_took(
    client: Client, process: Lived
) -> None:
    ledger = process.parts.ledger
    spent = process.parts.settings.memory.transient - 5 * MIB
    with ledger.transient(spent):
        async with client.get(PATH, params={"timeframe": "10s", "format": "csv"}) as first:
            begun = await first.content.readline()
            # The first one is not read to its end; the second one is made all the same.
            async with client.get(PATH, params={"timeframe": "10s", "format": "csv"}) as second:
                rows = (await second.text()).splitlines()
            rest = (await first.text()).splitlines()

    assert begun.decode().rstrip() == rows[0]
    assert rest == rows[1:]


async def test_a_piece_waits_for_memory_and_only_the_first_is_refused(client: Client, process: Lived) -> None:
    ledger, limit = process.parts.ledger, process.parts.settings.memory.transient
    with ledger.transient(limit):
        async with client.get(PATH, params={"format": "csv"}) as refused:
            assert (refused.status, refused.headers["Retry-After"]) == (503, "1")

    left: list[bytes] = [b"first", b"second"]
    export = Export(content_type="text/csv", file_name="x", pieces=iter(left))
    maker = answering._Maker(export, Turns(), ledger, MIB)
    assert maker.first() == b"first"
    with ledger.transient(limit):
        waiting = asyncio.ensure_future(maker.next())
        assert await asyncio.wait([waiting], timeout=3 * answering._WAIT_S) == (set(), {waiting})
    assert await waiting == b"second"


@pytest.mark.parametrize(
    ("header", "is_packed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("GZIP", True), ("gzip;q=0", False), ("gzip; q=0.000", False),
     ("deflate", False), ("", False)],
)  # fmt: skip
def test_who_does_not_want_it_packed_gets_it_plain(header: str, is_packed: bool) -> None:
    assert accepts_gzip(header) is is_packed


async def test_tags_are_compared_weakly(client: Client) -> None:
    async with client.get(PATH) as first:
        tag = first.headers["ETag"]

    assert tag.startswith('W/"')
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        async with client.get(PATH, headers={"If-None-Match": known}) as again:
            assert (again.status, await again.read()) == (304, b"")
