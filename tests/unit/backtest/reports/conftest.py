"""A run of five weeks, which is over, and one that raised: both in a database, as any run is."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.backtests import Made, file_of, walk

from tidemark.backtest.runs.execution import Execution
from tidemark.backtest.runs.request import Request
from tidemark.clock import SystemClock
from tidemark.errors import StrategyError
from tidemark.store.backtest_rows import Run, find
from tidemark.store.database import Database
from tidemark.units import DAY, MINUTE

HOSTILE = "<script>alert(1)</script> & \"co\" 'of'"
CROSS = """
class Cross(Strategy):
    fast: int = 30
    slow: int = 120

    def indicators(self):
        return {"fast": f"sma({self.fast})", "slow": f"sma({self.slow})"}

    def on_candle(self, ctx: Context) -> None:
        is_above = ctx["fast"] > ctx["slow"]
        if is_above and ctx.position <= 0:
            ctx.target(1.0, stop=0.01, tag="</table><b>up")
        elif not is_above and ctx.position >= 0:
            ctx.target(-1.0, stop=0.01, tag="=cmd()")
"""
RAISES = CROSS + "        if ctx.candles == 2000:\n            raise ValueError('</pre><img src=x>')\n"


@pytest.fixture(scope="package")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    with Database.open(None, tmp_path_factory.mktemp("runs")) as database:
        yield database.engine


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("strategies")


@pytest.fixture(scope="package")
def done(engine: sa.Engine, folder: Path) -> Run:
    """It is over, and called what no page should take for its own."""
    count = 35 * DAY // MINUTE
    source = Made({"AUSDT": walk(count, 1), "BUSDT": walk(count, 2, market=1)})
    execution = Execution(engine, SystemClock())
    request = Request(strategy=file_of(folder / "cross.py", CROSS), data="made", shuffles=2)
    run, result = execution.run(execution.begin("done", HOSTILE, request, source), source)
    assert result is not None
    assert result.trips > 100
    return run


@pytest.fixture(scope="package")
def failed(engine: sa.Engine, folder: Path) -> Run:
    """It raised at its two thousandth candle."""
    source = Made({"AUSDT": walk(4000)})
    execution = Execution(engine, SystemClock())
    request = Request(strategy=file_of(folder / "raises.py", RAISES), data="made")
    begun = execution.begin("failed", "failed", request, source)
    with suppress(StrategyError):
        execution.run(begun, source)
    with engine.connect() as connection:
        found = find(connection, "failed")
    assert found is not None
    return found
