import numpy as np
import pytest

from tidemark.analysis.factors.order_flow.open_interest_price import value


@pytest.mark.parametrize(
    ("price", "interest", "figure"),
    [
        (0.01, 0.04, 0.02),  # new longs: the root of 0.0004
        (-0.01, 0.04, -0.02),  # new shorts
        (0.01, -0.04, 0.01),  # shorts cover: half of it
        (-0.01, -0.04, -0.01),  # longs are closed
        (0.0, 0.04, 0.0),
        (0.01, 0.0, 0.0),
    ],
)
def test_each_quadrant_has_the_direction_of_the_price_and_closing_counts_half(
    price: float, interest: float, figure: float
) -> None:
    zero = np.zeros(1)
    of_minutes = value(np.array([price]), np.array([interest]), zero, zero)
    of_the_hour = value(zero, zero, np.array([price]), np.array([interest]))

    assert of_minutes.tolist() == of_the_hour.tolist() == pytest.approx([figure])


def test_an_hour_and_five_minutes_that_say_the_opposite_cancel() -> None:
    one = np.array([0.01])

    assert value(one, one, -one, one).tolist() == [0.0]
