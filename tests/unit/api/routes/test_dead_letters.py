from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.alerting import AT, desk, event
from tests.postgresql import postgresql
from tests.unit.api.conftest import Client
from tests.unit.api.routes.test_history import answered, told

from tidemark.store.database import Database
from tidemark.units import HOUR, MILLISECOND, SECOND

PATH = "/api/v1/history/dead_letters"


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of whoever answers from the database in *tmp_path*."""
    async with answered(None, tmp_path) as made:
        yield made


def fill(folder: Path, count: int, url: str | None = None) -> list[int]:
    """So many that the sink `phone` refused, and one that waits; give the numbers of those."""
    numbers = []
    with Database.open(url, folder) as database:
        one = desk(database.engine, "phone file:x rate=3600", window=0.0, cooldown=0.0)
        for at in range(count + 1):
            one.put([event(at)], AT + at * SECOND)
            one.gathering.step(AT + at * SECOND)
        for at in range(count):
            letter = one.outbox.take("phone", AT + HOUR)
            assert letter is not None
            one.outbox.died(letter.number, AT + at * SECOND, "it answered 404")
            numbers.append(letter.number)
    return numbers


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_all_pages_together_are_what_did_not_arrive_the_newest_first(kind: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(postgresql()).url if kind == "postgresql" else None
        numbers = fill(tmp_path / "bybit", 7, url)
        async with answered(url, tmp_path / "bybit") as asked:
            found: list[int] = []
            query = {"limit": "3", "count": "true"}
            while True:
                page = await told(asked, PATH, **query)
                assert page["count"] == 7
                found += [row["number"] for row in page["dead_letters"]]
                if page["next_before"] is None:
                    break
                query["before"] = str(page["next_before"])

    assert found == numbers[::-1]


async def test_a_row_says_where_why_and_what(asked: Client, tmp_path: Path) -> None:
    (number,) = fill(tmp_path, 1)

    (row,) = (await told(asked, PATH))["dead_letters"]

    assert row == {
        "number": number, "sink": "phone", "at_ms": AT // MILLISECOND, "attempts": row["attempts"],
        "error": "it answered 404", "title": "S0USDT: Confluence long",
    }  # fmt: skip


async def test_a_database_without_any_has_an_empty_page(asked: Client) -> None:
    page = await told(asked, PATH)

    assert (page["dead_letters"], page["next_before"]) == ([], None)
