import numpy as np
import pytest

from tidemark.backtest.bars import FIGURES
from tidemark.backtest.strategies.stretch import Stretches
from tidemark.memory.ledger import Ledger


def columns(begin: int, end: int) -> dict[str, np.ndarray]:
    made = {name: np.arange(begin, end) + 100.0 * number for number, name in enumerate(FIGURES)}
    return {**made, "fast": -np.arange(begin, end, dtype=float)}


def test_a_column_may_be_looked_at_some_candles_back_across_a_cut() -> None:
    stretches = Stretches(("fast",), markets=1, leading=2, ledger=Ledger())
    first, second = stretches.take(0, columns(1, 4)), stretches.take(0, columns(4, 6))

    assert first.open.tolist() == [1, 2, 3]
    assert first.back("open", 2).tolist() == [0, 0, 1]
    assert second.open.tolist() == [4, 5]
    assert second.back("open").tolist() == [3, 4]
    assert second.back("fast", 2).tolist() == [-2, -3]
    assert second["fast"].tolist() == [-4, -5]
    assert (second.high[0], second.low[0], second.close[0], second.volume[0]) == (104, 204, 304, 404)
    assert len(second) == 2


def test_a_short_stretch_moves_what_is_kept_on() -> None:
    stretches = Stretches((), markets=1, leading=3, ledger=Ledger())
    for candle in range(1, 6):
        last = stretches.take(0, columns(candle, candle + 1))

    assert last.back("open", 3).tolist() == [2]


def test_markets_do_not_touch_each_other() -> None:
    stretches = Stretches((), markets=2, leading=1, ledger=Ledger())
    stretches.take(0, columns(1, 4))

    assert stretches.take(1, columns(7, 9)).back("open").tolist() == [0, 7]


def test_what_is_not_kept_is_told() -> None:
    stretch = Stretches(("fast",), markets=1, leading=0, ledger=Ledger()).take(0, columns(0, 3))

    with pytest.raises(IndexError, match="HISTORY = 1"):
        stretch.back("open")
    with pytest.raises(KeyError, match="'slow' is not there; there are open"):
        stretch["slow"]
