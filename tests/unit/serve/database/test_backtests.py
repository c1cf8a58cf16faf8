from pathlib import Path

import msgspec
import pytest
from tests.backtest_kept import BACKTEST, fill_backtest
from tests.past import pool_of

from tidemark.clock import SystemClock
from tidemark.errors import RequestError, TransientError
from tidemark.memory.ledger import Ledger
from tidemark.serve.database.backtests import KeptBacktests
from tidemark.store.backtest_rows import State, put_run
from tidemark.store.database import Database
from tidemark.units import KIB


async def test_before_the_first_run_there_is_nothing_and_it_says_so(tmp_path: Path) -> None:
    async with pool_of(None, tmp_path, None) as pool:
        kept = KeptBacktests(pool, SystemClock(), Ledger())
        page = await kept.page(limit=10, before=None, counts=True)
        found = (await kept.find("a"), await kept.trips("a", symbol=None, after=0, limit=1), await kept.equity("a"))
        parts = [part async for part in kept.every_trip("a", symbol=None)]
        with pytest.raises(RequestError, match="there is no run a: no backtest was run yet"):
            await kept.compared("a", "b")

    assert (page.rows, page.count, page.note) == ((), 0, "no backtest was run yet")
    assert (found, parts) == ((None, None, None), [])


async def test_one_that_was_left_behind_is_interrupted_in_the_list_and_by_itself(tmp_path: Path) -> None:
    run = fill_backtest(None, tmp_path)
    (tmp_path / "runs").mkdir()
    with Database.open(None, tmp_path) as database, database.engine.begin() as connection:
        put_run(connection, msgspec.structs.replace(run, state=State.RUNNING, ended_at=None))
    async with pool_of(None, tmp_path, None) as pool:
        kept = KeptBacktests(pool, SystemClock(), Ledger(), tmp_path)
        page = await kept.page(limit=10, before=None, counts=False)
        one = await kept.find(BACKTEST)
        unknown = await KeptBacktests(pool, SystemClock(), Ledger()).find(BACKTEST)

    assert [listed.state for listed in page.rows] == ["interrupted"]
    assert one is not None
    assert unknown is not None
    assert (one.listed.state, unknown.listed.state) == ("interrupted", "running")


async def test_what_is_read_is_held_in_transient_memory(tmp_path: Path) -> None:
    fill_backtest(None, tmp_path)
    async with pool_of(None, tmp_path, None) as pool:
        kept = KeptBacktests(pool, SystemClock(), Ledger(100 * KIB))
        with pytest.raises(TransientError):
            await kept.find(BACKTEST)
        with pytest.raises(TransientError):
            await kept.page(limit=200, before=None, counts=False)
        parts = await kept.trips(BACKTEST, symbol=None, after=0, limit=10)

    assert parts is not None
