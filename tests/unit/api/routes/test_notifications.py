from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.alerting import AT, desk, event, notification
from tests.unit.api.conftest import Client
from tests.unit.api.routes.test_history import answered, told

from tidemark.alerts.history import History
from tidemark.api.routes.notifications import notification_row
from tidemark.store.database import Database
from tidemark.units import MILLISECOND, SECOND

PATH = "/api/v1/history/notifications"


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of whoever answers from the database in *tmp_path*."""
    async with answered(None, tmp_path) as made:
        yield made


def fill(folder: Path, count: int) -> None:
    """Notifications of the history and of a sink; the newest was read."""
    with Database.open(None, folder) as database:
        one = desk(database.engine, "phone file:x rate=3600", window=0.0, cooldown=0.0)
        for number in range(count):
            one.put([event(number)], AT + number * SECOND)
            one.gathering.step(AT + number * SECOND)
        history = History(database.engine, "bybit")
        history.read([history.newest(1)[0].id], AT + MILLISECOND)


async def test_all_pages_together_are_the_history_the_newest_first(asked: Client, tmp_path: Path) -> None:
    fill(tmp_path, 25)
    found: list[str] = []
    query = {"limit": "10", "count": "true"}
    while True:
        page = await told(asked, PATH, **query)
        assert page["count"] == 25
        found += [row["symbols"][0] for row in page["notifications"]]
        if page["next_before"] is None:
            break
        query["before"] = str(page["next_before"])

    assert found == [f"S{number}USDT" for number in reversed(range(25))]


async def test_what_nobody_has_read_can_be_asked_for(asked: Client, tmp_path: Path) -> None:
    fill(tmp_path, 3)

    newest = (await told(asked, PATH, limit="1"))["notifications"][0]
    unread = await told(asked, PATH, only_unread="true", count="true")

    assert (newest["severity"], newest["read_ms"], newest["events"]) == ("warning", AT // MILLISECOND + 1, 1)
    assert newest["title"] == "S2USDT: Confluence long"
    assert (unread["count"], [row["read_ms"] for row in unread["notifications"]]) == (2, [None, None])


async def test_a_database_without_notifications_has_an_empty_page(asked: Client) -> None:
    page = await told(asked, PATH)

    assert (page["notifications"], page["next_before"]) == ([], None)


def test_a_row_says_times_in_milliseconds() -> None:
    row = notification_row(notification(read_at=AT))

    assert (row.at_ms, row.read_ms, row.events) == (AT // MILLISECOND, AT // MILLISECOND, 1)
