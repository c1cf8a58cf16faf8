"""A database with a backtest that was run."""

from pathlib import Path

from tests.backtests import Made, file_of, walk

from tidemark.backtest.runs.execution import Execution
from tidemark.backtest.runs.request import Request
from tidemark.clock import SystemClock
from tidemark.store.backtest_rows import Run
from tidemark.store.database import Database

BACKTEST = "every-0a1b2c"
CODE = """
class Every(Strategy):
    each: int = 10

    def on_candle(self, ctx: Context) -> None:
        ctx.target(0.4 if ctx.candles // self.each % 2 else 0.0)
"""


def fill_backtest(url: str | None, folder: Path, run: str = BACKTEST, *, markets: int = 1, **parameters: str) -> Run:
    """Run a strategy over 500 candles of some markets; give what was written down."""
    with Database.open(url, folder) as database:
        execution = Execution(database.engine, SystemClock())
        source = Made({f"M{number:02}USDT": walk(500, seed=number, market=number) for number in range(markets)})
        request = Request(strategy=file_of(folder / "every.py", CODE), data="made", parameters=parameters, shuffles=2)
        return execution.run(execution.begin(run, run.rpartition("-")[0], request, source), source)[0]
