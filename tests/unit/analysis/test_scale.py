from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernels_modes import load_pure

from tidemark.analysis.scale import CALM, LEAST, OUTER, Scales
from tidemark.kernels import scale as built
from tidemark.memory.ledger import Ledger

Array = npt.NDArray[Any]
MEMORY = 500
ROW = np.array([1], np.int32)
THERE = np.ones((1, 1), bool)


def scales(factors: int = 1) -> Scales:
    return Scales("scales/1m", series=3, factors=factors, memory=MEMORY, ledger=Ledger())


def fed(made: Scales, values: list[float]) -> Scales:
    made.judge(np.full(len(values), 1, np.int32), np.array(values)[:, None], np.ones((len(values), 1), bool))
    return made


def told(made: Scales, value: float, row: Array = ROW) -> tuple[float, float, bool]:
    judged = made.judge(row, np.array([[value]]), THERE, commits=False)
    return judged.direction[0, 0], judged.quality[0, 0], bool(judged.is_known[0, 0])


def usual(made: Scales) -> float:
    return float(made.judge(ROW, np.zeros((1, 1)), THERE, commits=False).usual[0, 0])


def test_before_anything_is_usual_nothing_is_said() -> None:
    made = fed(scales(), [2.0] * (LEAST - 1))

    assert told(made, 2.0) == (0.0, 0.0, False)
    assert usual(made) == 0.0
    fed(made, [2.0])
    assert told(made, 2.0) == pytest.approx((np.tanh(1 / CALM), 0.25, True))
    assert usual(made) == pytest.approx(2.0)
    assert told(made, 2.0, np.array([0], np.int32)) == (0.0, 0.0, False)


def test_little_is_not_much_because_it_was_less_before() -> None:
    made = Scales("scales/1m", series=3, factors=2, memory=MEMORY, ledger=Ledger(), least=(1.0, 0.0))
    both = np.full((LEAST, 2), 0.01)
    made.judge(np.full(LEAST, 1, np.int32), both, np.ones(both.shape, bool))

    judged = made.judge(ROW, np.array([[0.1, 0.1]]), np.ones((1, 2), bool))

    # A tenth of the one that is usual at least, and ten times what was.
    assert judged.direction[0].tolist() == pytest.approx([np.tanh(0.1 / CALM), np.tanh(10.0 / CALM)])
    assert judged.usual[0].tolist() == pytest.approx([1.0, 0.01])


def test_the_quality_rises_to_one() -> None:
    assert told(fed(scales(), [2.0, -2.0] * 2 * LEAST), -2.0) == pytest.approx((-np.tanh(1 / CALM), 1.0, True))


def test_newer_values_count_more() -> None:
    made = fed(scales(), [1.0] * 2000 + [3.0] * MEMORY)

    # Of the older ones (1 - 1 / 500) ** 500 is left.
    rest = (1 - 1 / MEMORY) ** MEMORY
    assert usual(made) == pytest.approx(np.sqrt(rest * 1.0 + (1 - rest) * 9.0))


def test_one_shock_does_not_set_the_scale() -> None:
    made = fed(scales(), [1.0] * 1000 + [1e9])

    assert usual(made) == pytest.approx(np.sqrt(1 + (OUTER**2 - 1) / MEMORY))


def test_where_nothing_ever_happened_nothing_is_a_direction() -> None:
    made = fed(scales(), [0.0] * 200)

    assert told(made, 0.0) == (0.0, 1.0, True)
    assert told(fed(made, [5.0]), 5.0)[0] > 0.9


def test_what_is_missing_is_neither_taken_nor_told() -> None:
    made = scales(2)
    for _ in range(2 * LEAST):
        made.judge(ROW, np.array([[1.0, 7.0]]), np.array([[True, False]]))

    one = made.judge(ROW, np.array([[1.0, 7.0]]), np.array([[True, True]]))
    assert one.is_known.tolist() == [[True, False]]
    assert (one.direction[0, 1], one.quality[0, 1], one.usual[0, 1]) == (0.0, 0.0, 0.0)
    other = made.judge(ROW, np.array([[1.0, 7.0]]), np.array([[False, True]]))
    assert other.is_known.tolist() == [[False, False]]


def test_each_value_is_held_against_those_before_it() -> None:
    judged = scales().judge(np.full(LEAST + 2, 1, np.int32), np.array([2.0] * LEAST + [4.0, 4.0])[:, None],
                            np.ones((LEAST + 2, 1), bool))  # fmt: skip

    assert judged.is_known[:, 0].tolist() == [False] * LEAST + [True, True]
    # 30 squares of 4, then one of 16 besides.
    assert judged.usual[-2:, 0] == pytest.approx([2.0, np.sqrt((30 * 4.0 + 16.0) / 31)])
    assert judged.direction[-2:, 0] == pytest.approx(np.tanh(4.0 / judged.usual[-2:, 0] / CALM))


@pytest.mark.parametrize("mode", [built, load_pure("scale")], ids=["built", "pure"])
def test_rows_of_many_series_give_what_each_gives_by_itself(mode: ModuleType) -> None:
    rng = np.random.default_rng(3)
    rows, values = rng.integers(0, 3, 200).astype(np.int32), rng.normal(size=(200, 2))
    present = (rng.uniform(size=(200, 2)) < 0.8).astype(np.uint8)

    def run(at: Array) -> tuple[Array, ...]:
        made = np.zeros((3, 2)), np.zeros((3, 2), np.uint32), np.zeros((len(at), 2)), np.zeros((len(at), 2))
        mode.squares(rows[at], values[at], present[at], 50.0, 10, 9.0, *made, True)
        return made

    together = run(np.arange(200))
    for slot in range(3):
        at = np.flatnonzero(rows == slot)
        alone = run(at)
        assert np.array_equal(together[0][slot], alone[0][slot])
        assert np.array_equal(together[1][slot], alone[1][slot])
        assert np.array_equal(together[2][at], alone[2])
        assert np.array_equal(together[3][at], alone[3])
    assert together[1].max() == 50


def test_a_market_that_left_leaves_nothing() -> None:
    made = fed(scales(), [2.0] * 100)
    made.clear(1)

    assert told(made, 2.0) == (0.0, 0.0, False)


def test_what_was_saved_goes_on() -> None:
    made, other = fed(scales(), [2.0] * 50), scales()
    for name, column in made.kept().items():
        other.kept()[name][:] = column

    assert told(fed(other, [3.0]), 1.0) == told(fed(made, [3.0]), 1.0)


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=LEAST, max_size=LEAST + 20),
    value=st.floats(-1e6, 1e6),
    unit=st.sampled_from([0.25, 2.0, 1024.0]),
)
def test_the_mirrored_market_says_the_opposite_and_the_unit_does_not_matter(
    values: list[float], value: float, unit: float
) -> None:
    direction, quality, known = told(fed(scales(), values), value)
    mirrored = told(fed(scales(), [-one for one in values]), -value)
    scaled = told(fed(scales(), [unit * one for one in values]), unit * value)

    assert -1.0 <= direction <= 1.0
    assert mirrored == (-direction, quality, known)
    assert scaled[0] == pytest.approx(direction, rel=1e-9, abs=1e-12)
    assert scaled[1:] == (quality, known)
