from contextlib import aclosing
from pathlib import Path

import pytest
from tests.past import fill, gap, many, repository_of

from tidemark.api.past import GapFilter, Page
from tidemark.errors import DatabaseError, TransientError
from tidemark.memory.ledger import Ledger
from tidemark.serve.database.repository import ROW_BYTES, Repository

ALL = GapFilter()


async def starts(repository: Repository, **wanted: object) -> list[int]:
    page = await repository.gaps(GapFilter(**wanted), limit=100, before=None, counts=False)  # type: ignore[arg-type]
    return [one.gap_from for one in page.rows]


async def test_pages_are_newest_first_and_say_how_to_ask_for_the_next(tmp_path: Path) -> None:
    fill(None, tmp_path, [gap(1), gap(3), gap(2, "ETHUSDT"), gap(2)])
    async with repository_of(None, tmp_path) as repository:
        first = await repository.gaps(ALL, limit=2, before=None, counts=True)
        second = await repository.gaps(ALL, limit=2, before=first.next_before, counts=False)

    assert first == Page(
        rows=(gap(3), gap(2, "ETHUSDT")), next_before="00000000000000000002 bybit ETHUSDT trades", count=4
    )
    assert second == Page(rows=(gap(2), gap(1)))


async def test_gaps_are_found_by_exchange_market_channel_time_and_state(tmp_path: Path) -> None:
    fill(
        None,
        tmp_path,
        [
            gap(10, gap_to=20),
            gap(30),
            gap(40, "ETHUSDT", gap_to=50),
            gap(60, channel="books", venue="binance", gap_to=61),
        ],
    )
    async with repository_of(None, tmp_path) as repository:
        assert await starts(repository, symbol="BTCUSDT") == [60, 30, 10]
        assert await starts(repository, venue="binance") == [60]
        assert await starts(repository, channel="trades") == [40, 30, 10]
        assert await starts(repository, since_ns=45) == [60, 40, 30]
        assert await starts(repository, until_ns=40) == [30, 10]
        assert await starts(repository, only_open=True) == [30]
        assert await starts(repository, symbol="NOSUCH") == []
        assert await starts(repository, symbol="\x00") == []


async def test_all_of_it_comes_in_pieces_of_five_hundred(tmp_path: Path) -> None:
    fill(None, tmp_path, many(1234))
    async with repository_of(None, tmp_path) as repository:
        taken = [part async for part in repository.every_gap(ALL)]
        page = await repository.gaps(ALL, limit=1000, before=None, counts=True)

    assert [len(part) for part in taken] == [500, 500, 234]
    assert [one for part in taken for one in part][:1000] == list(page.rows)
    assert page.count == 1234


async def test_an_export_that_nobody_takes_any_further_gives_its_connection_back(tmp_path: Path) -> None:
    fill(None, tmp_path, many(1234))
    async with repository_of(None, tmp_path) as repository:
        async with aclosing(repository.every_gap(ALL)) as parts:
            await anext(parts)
            assert repository.figures().lent == 1
        assert repository.figures().lent == 0


async def test_exports_leave_connections_for_the_others(tmp_path: Path) -> None:
    fill(None, tmp_path, many(2000))
    async with repository_of(None, tmp_path) as repository:
        begun = [repository.every_gap(ALL) for _ in range(4)]
        for one in begun:
            await anext(one)
        with pytest.raises(DatabaseError, match="4 exports of the past are under way"):
            await anext(repository.every_gap(ALL))
        assert len((await repository.gaps(ALL, limit=5, before=None, counts=False)).rows) == 5
        for one in begun:
            await one.aclose()
        async with aclosing(repository.every_gap(ALL)) as again:
            assert len(await anext(again)) == 500


async def test_without_tables_there_is_nothing_and_a_reason(tmp_path: Path) -> None:
    async with repository_of(None, tmp_path) as repository:
        page = await repository.gaps(ALL, limit=5, before=None, counts=True)

        assert (page.rows, page.count, page.next_before) == ((), 0, None)
        assert page.note is not None
        assert page.note.startswith("the database has no tables yet")
        assert [part async for part in repository.every_gap(ALL)] == []


async def test_what_is_read_is_held_in_transient_memory(tmp_path: Path) -> None:
    fill(None, tmp_path, many(100))
    ledger = Ledger(11 * ROW_BYTES)
    async with repository_of(None, tmp_path, ledger=ledger) as repository:
        assert len((await repository.gaps(ALL, limit=10, before=None, counts=False)).rows) == 10
        with pytest.raises(TransientError):
            await repository.gaps(ALL, limit=11, before=None, counts=False)
        assert await repository.check() > 0.0
