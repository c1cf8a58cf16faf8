"""A run over candles in files, by a strategy in one, as somebody has it who sets a baseline."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.backtest_files import candle_files

from tidemark.backtest.runs.candles import Candles
from tidemark.backtest.runs.execution import Execution
from tidemark.backtest.runs.request import Request
from tidemark.backtest.strategies.template import written
from tidemark.clock import SystemClock
from tidemark.store.backtest_rows import Run
from tidemark.store.database import Database


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    with Database.open(None, tmp_path / "store") as database:
        yield database.engine


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where strategy and candles lie, and where commands are called."""
    made = tmp_path / "team"
    made.mkdir()
    candle_files(made, ("AUSDT",), 3000)
    (made / "cross.py").write_text(written("cross"))
    monkeypatch.chdir(made)
    return made


def run_of(engine: sa.Engine, name: str = "cross", **asked: object) -> Run:
    """A run of the strategy that lies in this folder."""
    parameters = {"fast": "5", "slow": "20"}
    request = Request(**{"strategy": "cross.py", "data": "candles", "parameters": parameters, "shuffles": 0, **asked})  # type: ignore[arg-type]
    source = Candles.open(request)
    execution = Execution(engine, SystemClock())
    run, _ = execution.run(execution.begin(name, name, request, source), source)
    return run


@pytest.fixture
def done(engine: sa.Engine, folder: Path) -> Run:
    del folder
    return run_of(engine)
