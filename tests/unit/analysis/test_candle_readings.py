import numpy as np
from tests.candles_of_prices import compact, walk

from tidemark.analysis.candle_readings import CANDLE, CandleReadings, as_columns, is_present
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

TRADES, EXCHANGE = Origin.TRADES | 5 << 4, int(Origin.EXCHANGE)


def rows(marks: list[int]) -> dict[str, np.ndarray]:
    count = len(marks)
    prices = {
        name: np.full(count, at, np.int32) for name, at in (("open", 100), ("high", 103), ("low", 99), ("close", 101))
    }
    sums = {"volume": 8.0, "turnover": 80.0, "bought": 6.0}
    return (
        prices
        | {name: np.full(count, value, np.float32) for name, value in sums.items()}
        | {"marks": np.array(marks, np.uint32)}
    )


def test_a_row_becomes_prices_sums_and_what_aggressors_bought_beyond_what_they_sold() -> None:
    made = as_columns(np.array([60 * SECOND]), np.array([0.5]), rows([TRADES]))

    assert {name: column.values.item() for name, column in made.items()} == {
        "open": 50.0, "high": 51.5, "low": 49.5, "close": 50.5, "volume": 8.0, "turnover": 80.0, "bought": 6.0,
        "delta": 4.0, "time": 60.0,
    }  # fmt: skip
    assert tuple(made) != ()
    assert set(made) == set(CANDLE)


def test_turnover_that_nobody_told_is_not_known_beside_a_volume() -> None:
    given = rows([EXCHANGE, EXCHANGE, EXCHANGE])
    given["turnover"][1:] = 0.0
    given["volume"][2] = 0.0

    made = as_columns(np.zeros(3, np.int64), np.full(3, 0.5), given)

    assert made["turnover"].is_known.tolist() == [True, False, True]


def test_what_the_exchange_does_not_tell_is_not_known_but_without_volume_nobody_bought() -> None:
    given = rows([EXCHANGE, EXCHANGE])
    given["volume"][1] = given["bought"][1] = 0.0

    made = as_columns(np.zeros(2, np.int64), np.ones(2), given)

    assert made["delta"].is_known.tolist() == made["bought"].is_known.tolist() == [False, True]
    assert made["delta"].values.tolist() == [0.0, 0.0]
    assert made["volume"].is_known.all()


def test_an_absent_row_is_no_candle() -> None:
    assert is_present(rows([TRADES, int(Origin.ABSENT) | 3 << 4, EXCHANGE])).tolist() == [True, False, True]


def test_the_newest_reading_has_the_time_at_which_its_candle_closed() -> None:
    made = CandleReadings(Timeframe.M5, series=2, ledger=Ledger())
    candles = compact(walk(50))
    times = np.arange(50, dtype=np.int64) * Timeframe.M5.ns
    made.take(np.full(50, 1, np.int32), times, np.full(50, 0.01), candles)

    assert made.panel.at.tolist() == [0, 50 * Timeframe.M5.ns]
    made.clear(1)
    assert made.panel.at.tolist() == [0, 0]
    assert made.bank.seen(1) == 0
