import numpy as np

from tidemark.analysis.columns import Column, Columns


def test_a_figure_that_is_none_is_not_known_and_stays_finite() -> None:
    column = Column.of(np.array([1.0, np.nan, np.inf, 4.0]), np.array([True, True, True, False]))

    assert column.values.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert column.is_known.tolist() == [True, False, False, False]


def test_several_columns_are_known_where_each_of_them_is() -> None:
    columns = Columns(2, {"a": Column.of(np.array([1.0, 2.0])), "b": Column.of(np.array([np.nan, 3.0]))})

    (b, a), known = columns.take(("b", "a"))

    assert (a.tolist(), b.tolist(), known.tolist()) == ([1.0, 2.0], [0.0, 3.0], [False, True])


def test_a_column_that_nobody_gives_is_known_nowhere() -> None:
    taken, known = Columns(2, {"a": Column.of(np.array([1.0, 2.0]))}).take(("a", "b"))

    assert [column.tolist() for column in taken] == [[0.0, 0.0], [0.0, 0.0]]
    assert not known.any()
