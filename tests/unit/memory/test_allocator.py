import ctypes
import sys

import pytest

from tidemark.memory.allocator import Allocator, AllocatorFigures
from tidemark.units import MIB


def figures() -> AllocatorFigures:
    told = Allocator().read()
    if told is None:
        pytest.skip("this C library has no mallinfo2")
    return told


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc tells")
def test_a_large_block_is_held_and_in_use_and_has_a_mapping_of_its_own() -> None:
    before = figures()
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]

    block = libc.malloc(ctypes.c_size_t(64 * MIB))
    during = figures()
    libc.free(block)
    after = figures()

    assert during.in_use - before.in_use >= 64 * MIB
    assert during.mapped - before.mapped >= 64 * MIB
    assert during.held >= during.in_use
    assert during.in_use - after.in_use >= 64 * MIB


def test_what_is_held_and_not_in_use_is_unused() -> None:
    assert AllocatorFigures(held=10, in_use=7, mapped=2).unused == 3


def test_where_nothing_is_told_nothing_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert Allocator().read() is None
