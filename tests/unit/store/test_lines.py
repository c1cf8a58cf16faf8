import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.store.lines import line_of, read_lines, whole_bytes


def decode(body: bytes) -> object:
    return msgspec.json.decode(body)


@given(st.lists(st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=8), max_size=3), max_size=6))
def test_what_was_written_is_read_and_each_place_goes_on_from_there(entries: list[dict[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines"
        path.write_bytes(b"".join(line_of(entry) for entry in entries))
        told = list(read_lines(path, decode))
        assert [entry for entry, _ in told] == entries
        assert whole_bytes(path) == path.stat().st_size
        for at, (_, end) in enumerate(told):
            assert [entry for entry, _ in read_lines(path, decode, end)] == entries[at + 1 :]


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_a_line_that_is_not_whole_is_left_for_later(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "lines"
    whole = line_of({"n": 1})
    path.write_bytes(whole + line_of({"n": 2})[:-cut])

    assert list(read_lines(path, decode)) == [({"n": 1}, len(whole))]
    assert whole_bytes(path) == len(whole)


def test_a_damaged_line_is_none_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(line_of({"n": 1}).replace(b"1}", b"7}") + line_of({"n": 2}))

    assert [entry for entry, _ in read_lines(path, decode)] == [None, {"n": 2}]
