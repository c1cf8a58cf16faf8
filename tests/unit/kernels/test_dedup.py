from types import ModuleType

import numpy as np
import pytest
from tests.kernels_modes import load_pure

from tidemark.kernels import dedup

MODES = pytest.mark.parametrize("kernel", [dedup, load_pure("dedup")], ids=["built", "pure"])


class Numbered:
    def __init__(self, kernel: ModuleType, series: int = 2) -> None:
        self.kernel = kernel
        self.highest = np.full(series, -1, np.int64)
        self.bits = np.zeros((series, 16), np.uint64)
        self.counters = np.zeros(4, np.int64)

    def mark(self, rows: list[tuple[int, int]]) -> list[int]:
        fresh = np.full(len(rows), 9, np.uint8)
        slot = np.array([row[0] for row in rows], np.int32)
        ids = np.array([row[1] for row in rows], np.uint64)
        seen = self.kernel.mark_numbered(self.highest, self.bits, slot, ids, len(rows), fresh, self.counters)
        assert seen == len(rows) - int(fresh.sum())
        return [int(mark) for mark in fresh]


class Hashed:
    def __init__(self, kernel: ModuleType, series: int = 2) -> None:
        self.kernel = kernel
        self.table = np.zeros((series, 2048, 2), np.uint64)
        self.held = np.zeros((series, 2), np.int32)
        self.current = np.zeros(series, np.uint8)
        self.counters = np.zeros(4, np.int64)

    def mark(self, rows: list[tuple[int, int]]) -> list[int]:
        fresh = np.full(len(rows), 9, np.uint8)
        slot = np.array([row[0] for row in rows], np.int32)
        ids = np.array([row[1] for row in rows], np.uint64)
        seen = self.kernel.mark_hashed(self.table, self.held, self.current, slot, ids, len(rows), fresh, self.counters)
        assert seen == len(rows) - int(fresh.sum())
        return [int(mark) for mark in fresh]


@MODES
def test_a_number_is_fresh_once_in_each_series(kernel: ModuleType) -> None:
    window = Numbered(kernel)
    assert window.mark([(0, 5), (0, 5), (1, 5), (0, 6), (1, 5)]) == [1, 0, 1, 1, 0]
    assert window.counters.tolist() == [2, 0, 0, 0]


@MODES
def test_numbers_out_of_order_are_exact_inside_the_window(kernel: ModuleType) -> None:
    window = Numbered(kernel)
    assert window.mark([(0, 5000), (0, 3977), (0, 3977), (0, 4999), (0, 4999)]) == [1, 1, 0, 1, 0]


@MODES
def test_a_number_older_than_the_window_is_stale(kernel: ModuleType) -> None:
    window = Numbered(kernel)
    assert window.mark([(0, 5000), (0, 3976), (0, 2**63), (0, 2**64 - 1)]) == [1, 0, 0, 0]
    assert window.counters.tolist() == [0, 3, 0, 0]
    assert window.highest[0] == 5000


@MODES
def test_the_first_number_may_be_zero_and_the_largest_is_below_two_to_the_63(kernel: ModuleType) -> None:
    window = Numbered(kernel)
    assert window.mark([(0, 0), (0, 0), (0, 2**63 - 1), (0, 2**63 - 1), (0, 2**63 - 2)]) == [1, 0, 1, 0, 1]


@MODES
@pytest.mark.parametrize("jump", [1, 63, 64, 65, 127, 128, 1022, 1023, 1024, 1025, 10_000])
def test_a_jump_forgets_exactly_the_numbers_that_leave_the_window(kernel: ModuleType, jump: int) -> None:
    window = Numbered(kernel)
    window.mark([(0, n) for n in range(2000)])
    top = 1999 + jump
    window.mark([(0, top)])
    bits = {n for n in range(top - 1023, top + 1) if int(window.bits[0, (n >> 6) & 15]) >> (n & 63) & 1}
    assert bits == {n for n in range(top - 1023, top + 1) if n < 2000} | {top}


@MODES
def test_a_hash_is_fresh_once_in_each_series(kernel: ModuleType) -> None:
    window = Hashed(kernel)
    ids = [0, 1, 2**63, 2**64 - 1, 0, 2**64 - 1]
    assert window.mark([(0, n) for n in ids]) == [1, 1, 1, 1, 0, 0]
    assert window.mark([(1, 1)]) == [1]
    assert window.held.tolist() == [[4, 0], [1, 0]]


@MODES
def test_two_generations_remember_the_last_1536_hashes(kernel: ModuleType) -> None:
    window = Hashed(kernel)
    assert sum(window.mark([(0, n) for n in range(1, 3073)])) == 3072
    assert window.counters.tolist() == [0, 0, 0, 0]
    assert window.mark([(0, 1), (0, 3072)]) == [0, 0]
    assert window.mark([(0, 3073)]) == [1]
    assert window.counters.tolist() == [2, 0, 1, 1536]
    assert sum(window.mark([(0, n) for n in range(1537, 3074)])) == 0
    assert window.mark([(0, 1)]) == [1]
    assert window.held.tolist() == [[2, 1536], [0, 0]]


@MODES
def test_hashes_that_share_a_home_are_told_apart(kernel: ModuleType) -> None:
    golden = 0x9E3779B97F4A7C15
    inverse = pow(golden, -1, 2**64)
    same_home = [(2047 << 53 | n) * inverse % 2**64 for n in range(1, 400)]
    window = Hashed(kernel)
    assert sum(window.mark([(0, n) for n in same_home])) == 399
    assert sum(window.mark([(0, n) for n in same_home])) == 0


def test_both_modes_leave_the_same_state() -> None:
    generator = np.random.default_rng(7)
    rows = [
        (int(s), int(n)) for s, n in zip(generator.integers(0, 2, 9000), generator.integers(0, 5000, 9000), strict=True)
    ]
    pure = load_pure("dedup")
    built_numbered, pure_numbered = Numbered(dedup), Numbered(pure)
    built_hashed, pure_hashed = Hashed(dedup), Hashed(pure)
    assert built_numbered.mark(rows) == pure_numbered.mark(rows)
    assert built_hashed.mark(rows) == pure_hashed.mark(rows)
    assert np.array_equal(built_numbered.bits, pure_numbered.bits)
    assert np.array_equal(built_hashed.table, pure_hashed.table)
    assert built_numbered.counters.tolist() == pure_numbered.counters.tolist()
    assert built_hashed.counters.tolist() == pure_hashed.counters.tolist()
