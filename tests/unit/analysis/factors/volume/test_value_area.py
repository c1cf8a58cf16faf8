import numpy as np
import pytest

from tidemark.analysis.factors.volume.value_area import value


def test_it_is_the_distance_from_the_point_of_control_in_half_value_areas() -> None:
    # The area reaches from 98 to 102 with the point of control at 99: prices of 103, 99 and 97.
    price = np.array([103.0, 99.0, 97.0])

    assert value(price, np.full(3, 99.0), 102.0 - price, price - 98.0).tolist() == pytest.approx([2.0, 0.0, -1.0])


def test_an_area_of_one_tick_gives_no_figure() -> None:
    price = np.array([100.0])

    with np.errstate(divide="ignore", invalid="ignore"):
        assert np.isnan(value(price, price, np.zeros(1), np.zeros(1))).all()
