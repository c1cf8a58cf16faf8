from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernels_modes import load_pure

from tidemark.kernels import longer as built

Row = tuple[int, int, list[float]]
STEP, LENGTH, MARKETS = 5, 1, 3


def joined(mode: ModuleType, rows: list[Row], cut: int) -> list[tuple[int, int, list[float]]]:
    """What is given of *rows*, of market, time and figures, in two pieces."""
    number, waiting = np.full(MARKETS, -1, np.int64), np.zeros((MARKETS, 5))
    told = []
    for piece in (rows[:cut], rows[cut:]):
        n = len(piece)
        market, time, given_ = np.empty(2 * n, np.int32), np.empty(2 * n, np.int64), np.empty((5, 2 * n))
        count = mode.join(
            np.array([row[0] for row in piece], np.int32), np.array([row[1] for row in piece], np.int64),
            np.array([row[2] for row in piece]).reshape(-1, 5).T.copy(), LENGTH, STEP, number, waiting, market, time,
            given_,
        )  # fmt: skip
        told += [(int(market[at]), int(time[at]), given_[:, at].tolist()) for at in range(count)]
    return told


def expected(rows: list[Row]) -> list[tuple[int, int, list[float]]]:
    """Those of each market that are over, by all that lies in them."""
    told = []
    for market in range(MARKETS):
        mine = [(time, figures) for one, time, figures in rows if one == market]
        for which in sorted({time // STEP for time, _ in mine}):
            inside = [(time, figures) for time, figures in mine if time // STEP == which]
            is_last = which == mine[-1][0] // STEP
            if is_last and inside[-1][0] + LENGTH < (which + 1) * STEP:
                continue
            opens, highs, lows, closes, volumes = zip(*(figures for _, figures in inside), strict=True)
            told.append((market, which * STEP, [opens[0], max(highs), min(lows), closes[-1], sum(volumes)]))
    return told


FIGURES = st.lists(st.integers(1, 9).map(float), min_size=5, max_size=5)
ROWS = st.dictionaries(st.tuples(st.integers(0, 30), st.integers(0, MARKETS - 1)), FIGURES, max_size=60)


@pytest.mark.parametrize("mode", [built, load_pure("longer")], ids=["built", "pure"])
@given(given_=ROWS, cut=st.integers(0, 60))
def test_each_is_made_of_all_that_lies_in_it(
    mode: ModuleType, given_: dict[tuple[int, int], list[float]], cut: int
) -> None:
    rows = [(market, time, figures) for (time, market), figures in sorted(given_.items())]

    told = joined(mode, rows, cut)

    assert sorted(told) == sorted(expected(rows))
    for market in range(MARKETS):
        times = [time for one, time, _ in told if one == market]
        assert times == sorted(times)
