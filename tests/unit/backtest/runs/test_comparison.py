from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.backtests import Made, file_of, walk

from tidemark.backtest.runs.comparison import compared, result_in
from tidemark.backtest.runs.execution import Execution
from tidemark.backtest.runs.request import Request
from tidemark.clock import SystemClock
from tidemark.errors import StoreError
from tidemark.store.backtest_rows import Run
from tidemark.store.database import Database

CODE = """
class Every(Strategy):
    each: int = 10

    def on_candle(self, ctx: Context) -> None:
        ctx.target(1.0 if ctx.candles // self.each % 2 else 0.0)
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    with Database.open(None, tmp_path) as database:
        yield database.engine


def begun(engine: sa.Engine, where: str, name: str, **parameters: str) -> tuple[Execution, Run, Made]:
    execution, source = Execution(engine, SystemClock()), Made({"BTCUSDT": walk(500)})
    return (
        execution,
        execution.begin(name, name, Request(strategy=where, data="made", parameters=parameters), source),
        source,
    )


def test_what_was_asked_differently_and_what_came_of_it_stand_side_by_side(engine: sa.Engine, tmp_path: Path) -> None:
    where = file_of(tmp_path / "every.py", CODE)
    runs = []
    for name, each in (("a", "10"), ("b", "20"), ("c", "10")):
        execution, run, source = begun(engine, where, name, each=each)
        runs.append(execution.run(run, source)[0])

    told, again = compared(runs[0], runs[1]), compared(runs[0], runs[2])

    assert [(one.name, one.first, one.second) for one in told.asked] == [("param each", "10", "20")]
    figures = {one.name: (one.first, one.second) for one in told.figures}
    assert figures["round trips"] == (25.0, 12.0)
    assert figures["win rate"] == (result_in(runs[0]).all.win_rate.value, result_in(runs[1]).all.win_rate.value)
    assert figures["sharpe"] == (None, None)
    assert not told.same
    assert (again.asked, again.same) == ((), True)


def test_a_run_without_a_result_is_told(engine: sa.Engine, tmp_path: Path) -> None:
    _, run, _ = begun(engine, file_of(tmp_path / "every.py", CODE), "a")

    with pytest.raises(StoreError, match="run a is running and has no result"):
        compared(run, run)
