import pytest

from tidemark.model.events import Kline
from tidemark.model.klines import as_klines, row_of
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE


def kline(minute: int, *, is_closed: bool = True) -> Kline:
    return Kline(
        ts_event=1, ts_recv=2, symbol="BTCUSDT", timeframe=Timeframe.M1, open_time=minute * MINUTE, open=1.0, high=3.0,
        low=0.5, close=2.0, volume=7.0, turnover=9.0, trades=4, bought=5.0, is_closed=is_closed,
    )  # fmt: skip


def test_a_candle_keeps_all_its_figures_as_a_row() -> None:
    row = row_of(kline(3))

    assert (row.open_time, row.open, row.high, row.low, row.close) == (3 * MINUTE, 1.0, 3.0, 0.5, 2.0)
    assert (row.volume, row.turnover, row.trades, row.bought) == (7.0, 9.0, 4, 5.0)


@pytest.mark.parametrize(("minute", "is_closed"), [(4, True), (10, True), (6, False)])
def test_only_closed_candles_of_the_time_asked_for_are_taken(minute: int, is_closed: bool) -> None:
    found = [kline(5), kline(minute, is_closed=is_closed), kline(7)]

    made = as_klines("BTCUSDT", Timeframe.M1, 5 * MINUTE, 5, found, 77)

    assert [row.open_time // MINUTE for row in made.rows] == [5, 7]
    assert (made.first, made.count, made.ts_recv, made.ts_event) == (5 * MINUTE, 5, 77, 10 * MINUTE)
