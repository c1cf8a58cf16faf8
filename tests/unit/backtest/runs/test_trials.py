from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import sqlalchemy as sa
from tests.backtests import begun_run

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.runs.request import Code
from tidemark.backtest.runs.trials import trials_of
from tidemark.store.backtest_rows import put_run
from tidemark.store.database import Database


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sa.Connection]:
    with Database.open(None, tmp_path) as database, database.engine.begin() as opened:
        yield opened


def put(connection: sa.Connection, name: str, sharpe: float | None, **changed: Any) -> None:
    result = {"curve": {"sharpe": Figure(sharpe, "" if sharpe is not None else "fewer than 30 days")}}
    put_run(connection, begun_run(name, result=msgspec.json.encode(result).decode(), **changed))


def test_every_other_setting_is_a_try(connection: sa.Connection) -> None:
    put(connection, "b", 1.0, parameters={"fast": 4})
    put(connection, "c", -1.0, models={"fees.use": "none"})
    put(connection, "d", 0.5, code=Code(file="cross.py", sha256="1" * 64, text=""))

    found = trials_of(connection, begun_run(), Figure(2.0))

    assert found.count == 4
    assert found.variance == pytest.approx(np.var([2.0, 1.0, -1.0, 0.5], ddof=1) / 365)


def test_what_is_no_other_try_does_not_count(connection: sa.Connection) -> None:
    put(connection, "again", 9.0)
    put(connection, "other", 9.0, strategy="Other", parameters={"fast": 9})
    put(connection, "short", None, parameters={"fast": 8})
    put_run(connection, begun_run("unfinished", parameters={"fast": 7}))
    elsewhere = begun_run("elsewhere", parameters={"fast": 6}, result='{"curve": {"sharpe": {"value": 1.0}}}')
    data = msgspec.json.decode(elsewhere.data) | {"end": 5}
    put_run(connection, msgspec.structs.replace(elsewhere, data=msgspec.json.encode(data).decode()))

    found = trials_of(connection, begun_run(), Figure(2.0))

    assert (found.count, found.variance) == (1, 0.0)


def test_one_without_a_ratio_is_still_a_try(connection: sa.Connection) -> None:
    assert trials_of(connection, begun_run(), Figure(None, "fewer than 30 days")).count == 1
