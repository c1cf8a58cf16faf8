"""The series of one kernel beside each other."""

import numpy as np
from tests.structures import ACCUMULATION, START, Kernel, draw, mirrored, profile, walk


def test_a_series_reads_nothing_of_its_neighbours_and_is_counted_by_itself() -> None:
    one, other = draw(START, ACCUMULATION), mirrored(walk(200, 3))
    kernel = Kernel(profile(), series=3)
    kernel.take(one, np.zeros(len(one.close), np.int32))
    kernel.take(other, np.full(len(other.close), 2, np.int32))
    alone = Kernel(profile())
    alone.take(other)

    told = np.zeros((3, 2), np.int32)
    kernel.made.summary(told)
    assert np.array_equal(kernel.state[2], alone.state[0])
    assert not kernel.state[1].any()
    assert told[:, 0].tolist() == [160, 0, 200]
    assert told[:, 1].tolist() == [len(kernel.made.standing(slot)[1]) for slot in range(3)]
    assert [kernel.made.count(slot) for slot in range(3)] == [160, 0, 200]
