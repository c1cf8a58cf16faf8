import mmap
import subprocess
import sys

import numpy as np
import pytest

from tidemark.memory.pages import can_release, release

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="madvise as Linux has it")
MEASURE = """
import numpy as np
from tidemark.memory.pages import release
from tidemark.memory.process import Process
process = Process()
array = np.empty(64 << 20, np.uint8)
array.fill(7)
full = process.resident()
given = release(array)
less = process.resident()
array.fill(9)
print(full - less, given, process.resident() - less, int(array.min()))
"""


def test_it_says_whether_it_can() -> None:
    assert can_release() is sys.platform.startswith("linux")


@LINUX
def test_the_pages_inside_read_as_zeros_and_those_at_the_edges_stay() -> None:
    page = mmap.PAGESIZE
    array = np.full(8 * page, 7, np.uint8)
    start = -array.ctypes.data % page

    given = release(array)

    assert given in {7 * page, 8 * page}
    assert (array[:start] == 7).all()
    assert not array[start : start + given].any()
    assert (array[start + given :] == 7).all()


def test_less_than_a_page_is_left_alone() -> None:
    array = np.full(100, 7, np.uint8)

    assert release(array) == 0
    assert (array == 7).all()


def test_what_is_scattered_is_refused() -> None:
    with pytest.raises(ValueError, match="contiguous"):
        release(np.zeros((10, 10))[:, :3])


@LINUX
def test_the_process_shrinks_and_grows_again_by_that_much() -> None:
    told = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True, timeout=60)
    shrank, given, grew, least = map(int, told.stdout.split())

    assert given >= (64 << 20) - 2 * mmap.PAGESIZE
    assert abs(shrank - given) < 1 << 20
    assert abs(grew - given) < 1 << 20
    assert least == 9
