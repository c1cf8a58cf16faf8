import numpy as np

from tidemark.analysis.factors.order_flow.stacked_imbalance import value


def test_stacks_of_both_sides_are_held_against_each_other() -> None:
    buying, selling = np.array([0.5, 0.0, 0.25]), np.array([0.0, 0.75, 0.25])

    assert value(buying, selling).tolist() == [0.5, -0.75, 0.0]
