import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tidemark.api.numbers import shortest, shortest_known


@given(st.lists(st.floats(0, 2.0**100, width=32)))
def test_what_is_told_is_the_same_number_in_seven_digits(values: list[float]) -> None:
    told = shortest(values)

    assert np.array_equal(np.array(told, np.float32), np.array(values, np.float32))
    assert all(len(repr(value).replace("e", "").strip("0").replace(".", "")) <= 24 for value in told)


def test_what_is_not_known_stays_so() -> None:
    assert shortest_known([None, 0.0010000000474974513]) == [None, 0.001]
