from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.backtest_kept import BACKTEST, fill_backtest
from tests.past import repository_of

from tidemark.api.routes.backtests import ROUTES, BacktestPage, BacktestTold, EquityColumns, TripPage
from tidemark.errors import RequestError
from tidemark.serve.database.repository import Repository

GIVE = {route.path.removeprefix("/api/v1/backtests"): route for route in ROUTES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("kept")
    fill_backtest(None, made, "first-000000", markets=2)
    fill_backtest(None, made, BACKTEST, markets=2, each="20")
    return made


@pytest.fixture
async def past(folder: Path) -> AsyncIterator[Repository]:
    async with repository_of(None, folder) as made:
        yield made


async def give(past: Repository, path: str, **asked: Any) -> Any:
    route = GIVE[path]
    return await route.give(past, msgspec.convert(asked, route.asked))


async def test_the_runs_are_given_page_by_page_the_newest_first(past: Repository) -> None:
    first = await give(past, "", limit=1, count=True)
    second = await give(past, "", limit=1, before=first.next_before)

    assert isinstance(first, BacktestPage)
    assert ([one.id for one in first.runs], first.count, first.note) == ([BACKTEST], 2, None)
    assert ([one.id for one in second.runs], second.next_before) == (["first-000000"], None)


async def test_one_run_is_given_whole(past: Repository) -> None:
    told = await give(past, "/{run}", run=BACKTEST)

    assert isinstance(told, BacktestTold)
    assert told.markets == ("M00USDT", "M01USDT")
    assert told.settings.parameters == {"each": 20}
    assert told.result is not None
    assert told.result.trips == told.run.trips


async def test_its_round_trips_are_given_by_their_numbers(past: Repository) -> None:
    numbers: list[int] = []
    after: int | None = 0
    while after is not None:
        page = await give(past, "/{run}/trips", run=BACKTEST, after=after, limit=7)
        assert isinstance(page, TripPage)
        numbers += [one.number for one in page.trips]
        after = page.next_after
    one_market = await give(past, "/{run}/trips", run=BACKTEST, symbol="M01USDT")
    whole = await give(past, "/{run}", run=BACKTEST)

    assert numbers == list(range(1, whole.run.trips + 1))
    assert {one.symbol for one in one_market.trips} == {"M01USDT"}


@pytest.mark.parametrize(("form", "kind"), [("csv", "text/csv"), ("ndjson", "application/x-ndjson")])
async def test_all_of_them_can_be_exported(past: Repository, form: str, kind: str) -> None:
    route = GIVE["/{run}/trips"]
    assert route.export is not None
    export = route.export(past, msgspec.convert({"run": BACKTEST, "format": form}, route.asked))
    assert export is not None
    lines = b"".join([piece async for piece in export.pieces]).splitlines()
    whole = await give(past, "/{run}", run=BACKTEST)

    assert (export.content_type, export.file_name) == (kind, f"{BACKTEST}.{form}")
    assert len(lines) == whole.run.trips + (form == "csv")
    assert lines[0].startswith(b"number,symbol,tag" if form == "csv" else b'{"number":1,')


async def test_an_export_of_nothing_has_a_head(past: Repository) -> None:
    route = GIVE["/{run}/trips"]
    assert route.export is not None
    export = route.export(past, msgspec.convert({"run": "nothing", "format": "csv"}, route.asked))

    assert export is not None
    (head,) = [piece async for piece in export.pieces]
    assert head.startswith(b"number,symbol,tag,side,quantity,entry_ms,")
    assert head.endswith(b",bars,regime\n")


async def test_its_equity_is_given_as_columns(past: Repository) -> None:
    told = await give(past, "/{run}/equity", run=BACKTEST)

    assert isinstance(told, EquityColumns)
    assert len(told.at_ms) == len(told.equity) == len(told.drawdown) == len(told.exposure) > 100
    assert list(told.at_ms) == sorted(told.at_ms)
    assert max(told.drawdown) <= 0.0


async def test_two_stand_side_by_side(past: Repository) -> None:
    told = await give(past, "/compare", first=BACKTEST, second="first-000000")

    assert [(one.name, one.first, one.second) for one in told.asked] == [("param each", "20", "10")]
    assert not told.is_same
    assert "sharpe" in [one.name for one in told.figures]


@pytest.mark.parametrize("path", ["/{run}", "/{run}/trips", "/{run}/equity"])
async def test_what_is_not_there_is_not_found(past: Repository, path: str) -> None:
    with pytest.raises(RequestError, match="there is no run nothing") as refused:
        await give(past, path, run="nothing")

    assert refused.value.status == 404


@pytest.mark.parametrize("run", ["", "a b", "a/b", "x" * 61, "%"])
def test_no_run_is_called_so(run: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"run": run}, GIVE["/{run}"].asked)
