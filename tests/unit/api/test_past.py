from pathlib import Path

from tests.past import pool_of

from tidemark.api.past import Page, Past
from tidemark.clock import SystemClock
from tidemark.memory.ledger import Ledger
from tidemark.serve.database.repository import Repository


async def test_a_repository_is_what_answers_of_the_past(tmp_path: Path) -> None:
    async with pool_of(None, tmp_path) as pool:
        past: Past = Repository(pool, SystemClock(), Ledger())
        assert past.figures().lent == 0


def test_a_page_without_more_behind_it_says_so() -> None:
    page = Page(rows=(1, 2))

    assert (page.next_before, page.count, page.note) == (None, None, None)
