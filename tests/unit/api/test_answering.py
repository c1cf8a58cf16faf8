import csv
import io
import json

import msgspec
import pytest
from tests.api_process import SYMBOL
from tests.unit.api.conftest import Client
from yarl import URL

from tidemark.api.answering import etag
from tidemark.api.problems import Problem
from tidemark.api.routes.candles import CandlePage, CandleRow

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
