from pathlib import Path
from typing import IO

import pytest

from tidemark.store.atomic import sweep, write_whole


def test_a_file_is_written_into_a_folder_that_is_made(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b.bin", lambda file: file.write(b"whole"))

    assert (tmp_path / "a" / "b.bin").read_bytes() == b"whole"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.bin"]


def test_what_fails_half_way_leaves_the_former_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "b.bin"
    path.write_bytes(b"former")

    def half(file: IO[bytes]) -> None:
        file.write(b"ha")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_whole(path, half)

    assert path.read_bytes() == b"former"
    assert list(tmp_path.iterdir()) == [path]


def test_left_overs_of_killed_writers_are_swept_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / ".x.parquet.partial").write_bytes(b"half")
    (tmp_path / "deep" / "x.parquet").write_bytes(b"whole")

    assert sweep(tmp_path) == 1
    assert sweep(tmp_path) == 0
    assert (tmp_path / "deep" / "x.parquet").exists()
    assert sweep(tmp_path / "nosuch") == 0
