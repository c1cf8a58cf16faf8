from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.backtest.data.mapped import Mapped, Writer


def resident(path: Path) -> int:
    """Kilobytes of a file that this process has in its memory."""
    told = Path("/proc/self/smaps").read_text().split("\n")
    begin = next(number for number, line in enumerate(told) if line.endswith(str(path)))
    return int(next(line for line in told[begin:] if line.startswith("Rss:")).split()[1])


@given(cuts=st.lists(st.integers(1, 99), max_size=5))
def test_what_was_written_in_pieces_is_one_array(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]) -> None:
    path = tmp_path_factory.mktemp("mapped") / "a.npy"
    whole = np.random.default_rng(1).normal(size=(3, 100))

    with Writer(path, np.float64, (3, 100)) as file:
        for begin, end in pairwise([0, *sorted(set(cuts)), 100]):
            file.put(list(whole[:, begin:end]))

    assert np.array_equal(Mapped(path).array, whole)
    assert np.array_equal(np.load(path), whole)
    assert not Mapped(path).array.flags.writeable


def test_files_of_numpy_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(5))

    assert Mapped(tmp_path / "a.npy").array.tolist() == [0, 1, 2, 3, 4]


def test_pages_are_let_go_and_come_again(tmp_path: Path) -> None:
    path = tmp_path / "large.npy"
    with Writer(path, np.int64, (1_000_000,)) as file:
        file.put((np.arange(1_000_000),))
    one = Mapped(path)

    before = one.array.sum()
    read = resident(path)
    one.release()

    assert read >= 7_000
    assert resident(path) < 100
    assert one.array.sum() == before
