"""Recorded candles of exchanges against each other: how their longer ones follow from their 1-minute ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.build import candles

from tidemark.market.candles import Candles
from tidemark.model.events import KlineRow, Klines
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, MILLISECOND

Recorded = Callable[[str], Path]


def history(path: Path, symbol: str, timeframe: Timeframe, first: int, count: int) -> Klines:
    """*count* recorded candles from *first* on; the files have no turnover."""
    table = pq.read_table(path, filters=[("symbol", "==", symbol)])
    opened = table["ts"].cast("timestamp[ms]").cast("int64").to_numpy() * MILLISECOND
    opens, highs, lows, closes, volumes = (
        table[name].to_numpy().tolist() for name in ("open", "high", "low", "close", "volume")
    )
    inside = np.flatnonzero((opened >= first) & (opened < first + count * timeframe.ns))
    rows = tuple(
        KlineRow(int(opened[i]), opens[i], highs[i], lows[i], closes[i], volumes[i], 0.0) for i in inside.tolist()
    )
    end = first + count * timeframe.ns
    return Klines(
        ts_event=end, ts_recv=end + DAY, symbol=symbol, timeframe=timeframe, first=first, count=count, rows=rows
    )


def confirmed(minutes: Klines, fives: Klines, tick_size: float, lot_size: float, *, opens_at_close: bool) -> Candles:
    """Minutes first, from which the five minutes follow; then the exchange's own five minutes, to compare."""
    made = candles(alive=False, tick_size=tick_size)
    made.confirmed._opens_at_close = opens_at_close
    made.confirm(0, minutes, lot_size)
    made.confirm(0, fives, lot_size)
    return made


def test_bybits_candles_open_at_the_close_before_and_its_longer_ones_follow(recorded: Recorded) -> None:
    first = 1_748_736_000_000 * MILLISECOND  # 2025-06-01
    minutes = history(recorded("ohlcv/bybit_linear_1m_2025.parquet"), "DOTUSDT", Timeframe.M1, first, 1440)
    fives = history(recorded("ohlcv/bybit_linear_5m_2025.parquet"), "DOTUSDT", Timeframe.M5, first, 288)

    made = confirmed(minutes, fives, 0.0001, 0.1, opens_at_close=True)

    told = made.confirmed.of(0)
    assert (len(minutes.rows), len(fives.rows)) == (1440, 288)
    assert (told.written, told.checked, told.mismatched) == (1440, 288, 0)
    made.confirm(0, minutes, 0.1)
    assert made.confirmed.of(0).checked == 288 + 1440
    assert made.confirmed.of(0).mismatched == 0


@pytest.mark.parametrize(("symbol", "tick_size"), [("DASHUSDT", 0.01), ("USDCUSDT", 0.0001)])
def test_binances_longer_candles_follow_from_the_minutes_that_have_volume(
    recorded: Recorded, symbol: str, tick_size: float
) -> None:
    first = 1_690_848_000_000 * MILLISECOND  # 2023-08-01
    minutes = history(recorded("ohlcv/binance_um_1m_2023-07_08.parquet"), symbol, Timeframe.M1, first, 1440)
    fives = history(recorded("ohlcv/binance_um_5m_2023-07_08.parquet"), symbol, Timeframe.M5, first, 288)

    made = confirmed(minutes, fives, tick_size, 0.001, opens_at_close=False)

    told = made.confirmed.of(0)
    assert (len(minutes.rows), len(fives.rows)) == (1440, 288)
    assert (told.written, told.checked, told.mismatched) == (1440, 288, 0)
