import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tidemark.analysis.factors.sentiment.crowding import value

z = st.floats(-9.0, 9.0)


def test_it_is_the_weakest_of_three_that_agree_and_nothing_where_they_do_not() -> None:
    funding, basis, accounts = np.array([[2.0, 1.0, 3.0], [2.0, -1.0, 3.0], [-2.0, -1.0, -3.0], [2.0, 0.0, 3.0]]).T

    figures = value(funding.copy(), basis.copy(), accounts.copy())

    assert figures.tolist() == [-1.0, 0.0, 1.0, 0.0]


@given(funding=z, basis=z, accounts=z)
def test_it_never_says_more_than_any_of_the_three(funding: float, basis: float, accounts: float) -> None:
    figure = abs(float(value(np.array([funding]), np.array([basis]), np.array([accounts]))[0]))

    assert figure in {0.0, min(abs(funding), abs(basis), abs(accounts))}
