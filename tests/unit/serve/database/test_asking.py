from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.past import fill, many, pool_of

from tidemark.errors import DatabaseError
from tidemark.memory.ledger import Ledger
from tidemark.serve.database.asking import PIECE, Asking, made
from tidemark.serve.database.repository import SHELF_OF_GAPS
from tidemark.store.tables import GAPS


async def test_a_page_says_whether_there_is_a_next_one(tmp_path: Path) -> None:
    fill(None, tmp_path, many(30))
    async with pool_of(None, tmp_path, None) as pool:
        asking = Asking(pool, Ledger())
        first = await asking.page(SHELF_OF_GAPS, (), 20, None, counts=True)
        second = await asking.page(SHELF_OF_GAPS, (), 20, first.next_before, counts=False)

    assert (len(first.rows), first.count) == (20, 30)
    assert (len(second.rows), second.count, second.next_before) == (10, None, None)


async def test_all_rows_come_in_pieces_and_few_ask_for_them_at_a_time(tmp_path: Path) -> None:
    fill(None, tmp_path, many(2 * PIECE + 1))
    async with pool_of(None, tmp_path, None) as pool:
        asking = Asking(pool, Ledger())
        sizes = [len(part) async for part in asking.all(SHELF_OF_GAPS, ())]
        under_way = [asking.all(SHELF_OF_GAPS, ()) for _ in range(5)]
        for one in under_way[:4]:
            await anext(one)
        with pytest.raises(DatabaseError, match="4 exports of the past are under way"):
            await anext(under_way[4])
        for one in under_way:
            await one.aclose()

    assert sizes == [PIECE, PIECE, 1]


async def test_what_a_function_reads_is_given_and_nothing_where_there_is_no_table(tmp_path: Path) -> None:
    def count(connection: sa.Connection) -> int | None:
        return connection.scalar(sa.select(sa.func.count()).select_from(GAPS))

    async with pool_of(None, tmp_path, None) as pool:
        before = await Asking(pool, Ledger()).read("how many", 100, count)
        nothing = [part async for part in Asking(pool, Ledger()).all(SHELF_OF_GAPS, ())]
        fill(None, tmp_path, many(7))
        after = await Asking(pool, Ledger()).read("how many", 100, count)

    assert (before, nothing, after) == (None, [], 7)


def test_rows_are_made_one_by_one() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        rows = connection.execute(sa.text("select 1 as a union select 2")).fetchall()
    engine.dispose()

    assert made(lambda row: row.a, rows) == [1, 2]
