import numpy as np

from tidemark.analysis.columns import Column
from tidemark.analysis.factors.structure.structure_break import value


def test_half_of_a_break_is_left_after_twenty_candles_whichever_in_a_row_it_is() -> None:
    side, breaks, age = np.array([1.0, 1.0, -1.0]), np.array([1.0, 4.0, 2.0]), np.array([20.0, 20.0, 40.0])

    assert value(side, breaks, age).tolist() == [0.5, 0.5, -0.25]


def test_before_the_first_break_there_is_nothing_to_say() -> None:
    told = Column.of(value(np.zeros(1), np.zeros(1), np.zeros(1)))

    assert told.is_known.tolist() == [False]
