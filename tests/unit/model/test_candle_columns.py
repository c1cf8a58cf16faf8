import numpy as np
import pytest

from tidemark.model.candle_columns import FIGURES, CandleColumns


def test_candles_stand_behind_each_other_until_there_is_no_room() -> None:
    columns = CandleColumns(3)
    figures = {name: np.array([1.0, 2.0]) for name in FIGURES}

    columns.extend(np.array([4, 5]), np.array([60, 60]), figures)
    with pytest.raises(ValueError, match="2 candles do not fit: 2 of 3 are there"):
        columns.extend(np.array([4, 5]), np.array([120, 120]), figures)
    columns.extend(np.array([4]), np.array([120]), {name: np.array([3.0]) for name in FIGURES})

    assert (columns.count, columns.slot.tolist(), columns.open_time.tolist()) == (3, [4, 5, 4], [60, 60, 120])
    assert columns.figures["close"].tolist() == [1.0, 2.0, 3.0]
