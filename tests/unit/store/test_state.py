import zlib
from pathlib import Path

import numpy as np
import pytest

from tidemark.store.state import StateFile


def written(path: Path) -> StateFile:
    file = StateFile(path)
    arrays = {"interest": np.arange(6, dtype=np.float64).reshape(2, 3), "due": np.array([7, 8], np.int64)}
    assert file.write(5, ["A", "币USDT"], arrays, {"gaps": "[]"})
    return file


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    state = written(tmp_path / "state").read()

    assert state is not None
    assert (state.taken_at, state.symbols, state.texts) == (5, ("A", "币USDT"), {"gaps": "[]"})
    assert state.arrays["interest"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert state.arrays["due"].dtype == np.int64
    state.arrays["due"][0] = 1


def test_of_larger_arrays_only_the_rows_that_are_told_are_kept(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state")
    rows = np.array([n for n in range(200) if n != 3])
    interest = np.arange(400.0).reshape(200, 2)

    assert file.write(5, [f"S{n}" for n in rows], {"interest": interest}, rows=rows)

    state = file.read()
    assert state is not None
    assert state.symbols[2:4] == ("S2", "S4")
    assert np.array_equal(state.arrays["interest"], interest[rows])


def test_without_a_file_there_is_no_state_and_no_failure(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "nosuch")

    assert (file.read(), file.failure) == (None, None)


def test_damage_at_any_byte_is_noticed_and_never_raises(tmp_path: Path) -> None:
    path = tmp_path / "state"
    written(path)
    whole = path.read_bytes()

    for at in range(len(whole)):
        path.write_bytes(whole[:at])
        assert StateFile(path).read() is None
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :])
        file = StateFile(path)
        assert file.read() is None
        assert file.failure is not None


def test_a_folder_that_cannot_be_is_told_and_costs_the_snapshot_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    file = StateFile(tmp_path / "file" / "state")

    assert not file.write(1, ["A"], {"x": np.zeros(1)})
    assert file.failure is not None
    assert "File exists" in file.failure


@pytest.mark.parametrize("array", [np.zeros(3), np.array(1.0), np.array([object()])])
def test_an_array_that_is_not_one_entry_a_symbol_is_refused(
    tmp_path: Path, array: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> None:
    with pytest.raises(ValueError, match="for 1 symbols"):
        StateFile(tmp_path / "state").write(1, ["A"], {"x": array})


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (b'"<f8"', b'"(1,2"'),
        (b"[2,3]", b"[2,99999999999999999999]"),
        (b"[2,3]", b"[2,4611686018427387904]"),
        (b'{"format":', b'{"x":' + b"[" * 9999),
    ],
)
def test_a_first_line_that_cannot_be_is_damage_whatever_its_checksum(
    tmp_path: Path, wrong: bytes, right: bytes
) -> None:
    file = written(tmp_path / "state")
    line, _, body = (tmp_path / "state").read_bytes().partition(b"\n")
    line = line.partition(b" ")[2].replace(wrong, right)
    (tmp_path / "state").write_bytes(b"%08x %b\n%b" % (zlib.crc32(line), line, body))

    assert file.read() is None
    assert file.failure is not None
    assert "damaged" in file.failure
