from itertools import islice

import numpy as np

from tidemark.analysis.rebuilding import Rebuilding
from tidemark.memory.ledger import Ledger


def rebuilding(series: int = 4, timeframes: int = 2) -> Rebuilding:
    return Rebuilding("stale", series=series, timeframes=timeframes, ledger=Ledger())


def test_what_is_marked_is_due_once_the_shortest_timeframe_first() -> None:
    made = rebuilding()
    made.mark([2], 1)
    made.mark(np.array([0, 3, 3], np.int32), 0)

    assert made.waiting == 3
    assert list(made.due()) == [(0, 0), (3, 0), (2, 1)]
    assert made.waiting == 0
    assert list(made.due()) == []


def test_one_that_is_marked_again_waits_for_the_others() -> None:
    made = rebuilding()
    made.mark([0, 1, 2], 0)
    (first,) = islice(made.due(), 1)
    made.mark([0], 0)

    assert first == (0, 0)
    assert list(made.due()) == [(1, 0), (2, 0), (0, 0)]


def test_what_is_marked_does_not_fit_until_it_was_read() -> None:
    made = rebuilding()
    made.mark([1], 0)
    slots = np.array([0, 1, 2], np.int32)

    assert made.fit(slots, 0).tolist() == [True, False, True]
    assert made.fit(slots, 1).tolist() == [True, True, True]
    made.clear(1)
    assert made.fit(slots, 0).all()
