from pathlib import Path

import pytest

from tidemark.store.position import Place, is_archived, read_places, write_places

BEFORE = b'{"1m": {"segment": "1m-7.journal", "offset": -5}}'


def test_places_come_back(tmp_path: Path) -> None:
    places = {"1m": Place(segment="1m-7.journal", offset=12)}

    write_places(tmp_path, places)

    assert read_places(tmp_path) == places


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b'{"1m": {"segment": 1}}', b"[]", b'{"1m":{"x":' + b"[" * 9999, BEFORE]
)
def test_what_is_damaged_is_as_if_it_were_not_there(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "archived.json").write_bytes(content)

    assert read_places(tmp_path) == {}
    assert read_places(tmp_path / "nosuch") == {}


def test_a_segment_is_archived_when_the_place_is_behind_all_of_it(tmp_path: Path) -> None:
    segment = tmp_path / "1m-2.journal"
    segment.write_bytes(bytes(10))

    assert is_archived(segment, Place(segment="1m-3.journal", offset=0))
    assert is_archived(segment, Place(segment="1m-2.journal", offset=10))
    assert not is_archived(segment, Place(segment="1m-2.journal", offset=9))
    assert not is_archived(segment, Place(segment="1m-1.journal", offset=99))
    assert not is_archived(segment, None)
