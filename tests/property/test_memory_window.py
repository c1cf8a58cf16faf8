"""The duplicate windows against plain sets."""

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kernels_modes import load_pure

from tidemark.kernels import dedup

PURE = load_pure("dedup")
MODES = pytest.mark.parametrize("kernel", [dedup, PURE], ids=["built", "pure"])
COUNTERS = np.zeros(4, np.int64)

steps = st.lists(
    st.tuples(st.integers(0, 1), st.one_of(st.integers(-3, 3), st.integers(-1100, 1100), st.integers(-5000, 5000))),
    max_size=120,
)


@MODES
@settings(max_examples=60, deadline=None)
@given(steps=steps)
def test_numbered_agrees_with_a_set_of_everything_ever_seen(kernel: ModuleType, steps: list[tuple[int, int]]) -> None:
    highest, bits = np.full(2, -1, np.int64), np.zeros((2, 16), np.uint64)
    seen: tuple[set[int], set[int]] = (set(), set())
    position = [10_000, 10_000]
    slots, ids, expected = [], [], []
    for series, step in steps:
        number = max(0, position[series] + step)
        position[series] = max(position[series], number)
        stale = number <= max(seen[series], default=-1) - 1024
        expected.append(int(not stale and number not in seen[series]))
        seen[series].add(number)
        slots.append(series)
        ids.append(number)
    fresh = np.zeros(len(ids), np.uint8)
    kernel.mark_numbered(
        highest, bits, np.array(slots, np.int32), np.array(ids, np.uint64), len(ids), fresh, COUNTERS.copy()
    )
    assert fresh.tolist() == expected


@MODES
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), span=st.integers(1, 9000))
def test_hashed_agrees_with_two_generations_of_sets(kernel: ModuleType, seed: int, span: int) -> None:
    ids = np.random.default_rng(seed).integers(0, span, 4000).astype(np.uint64)
    current: set[int] = set()
    older: set[int] = set()
    expected, short = [], 0
    for number in ids.tolist():
        known = number in current or number in older
        expected.append(int(not known))
        if known:
            continue
        if len(current) == 1536:
            short += bool(older)
            current, older = set(), current
        current.add(number)
    fresh, counters = np.zeros(len(ids), np.uint8), COUNTERS.copy()
    kernel.mark_hashed(
        np.zeros((1, 2048, 2), np.uint64),
        np.zeros((1, 2), np.int32),
        np.zeros(1, np.uint8),
        np.zeros(len(ids), np.int32),
        ids,
        len(ids),
        fresh,
        counters,
    )
    assert fresh.tolist() == expected
    assert counters.tolist() == [4000 - sum(expected), 0, short, 1536 * short]
