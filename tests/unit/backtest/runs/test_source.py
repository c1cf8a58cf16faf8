from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.backtests import Made, walk

from tidemark.backtest.data.cache import Cache
from tidemark.backtest.runs.candles import Candles
from tidemark.backtest.runs.request import Request
from tidemark.backtest.runs.source import Source


@pytest.fixture(params=["files", "memory"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    markets = {"AUSDT": walk(700), "BUSDT": walk(500, 2, 1)}
    if request.param == "memory":
        return Made(markets)
    for name, bars in markets.items():
        columns = {one: getattr(bars, one) for one in ("open", "high", "low", "close", "volume")}
        parquet.write_table(pa.table({"time": bars.open_time, **columns}), tmp_path / f"{name}.parquet")
    return Candles.open(Request(strategy="a.py", data=str(tmp_path)), Cache(tmp_path / "columns"))


def test_columns_have_the_candles_of_each_market(source: Source) -> None:
    columns = source.columns()
    assert columns is not None
    stretches = list(source.bars(64))
    assert max(len(one) for one in stretches) <= 64

    for number in range(len(source.instruments())):
        whole = columns.market(number, source.used.begin, source.used.end + 1)
        for name in ("open_time", "close", "volume"):
            streamed = np.concatenate([getattr(one, name)[one.market == number] for one in stretches])
            assert np.array_equal(getattr(whole, name), streamed)
