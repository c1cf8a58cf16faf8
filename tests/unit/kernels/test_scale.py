from types import ModuleType

import numpy as np
import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import scale as built


@pytest.mark.parametrize("mode", [built, load_pure("scale")], ids=["built", "pure"])
def test_values_are_met_by_what_was_before_them(mode: ModuleType) -> None:
    square, seen = np.zeros((2, 1)), np.zeros((2, 1), np.uint32)
    before, count = np.zeros((4, 1)), np.zeros((4, 1))
    rows, values = np.array([1, 1, 0, 1], np.int32), np.array([[2.0], [4.0], [9.0], [100.0]])
    present = np.array([[1], [1], [0], [1]], np.uint8)

    mode.squares(rows, values, present, 100.0, 2, 4.0, square, seen, before, count, True)

    assert before[:, 0].tolist() == [0.0, 4.0, 0.0, 10.0]
    assert count[:, 0].tolist() == [0.0, 1.0, 0.0, 2.0]
    # 100 counts as twice the mean square of 10: 10 + (40 - 10) / 3.
    assert square[:, 0].tolist() == [0.0, 20.0]
    assert seen[:, 0].tolist() == [0, 3]


def test_without_commits_nothing_changes() -> None:
    square, seen = np.full((1, 1), 4.0), np.full((1, 1), 7, np.uint32)
    before, count = np.zeros((1, 1)), np.zeros((1, 1))

    built.squares(
        np.zeros(1, np.int32), np.array([[9.0]]), np.ones((1, 1), np.uint8), 10.0, 2, 4.0, square, seen, before, count,
        False,
    )  # fmt: skip

    assert (square.item(), seen.item(), before.item(), count.item()) == (4.0, 7, 4.0, 7.0)
