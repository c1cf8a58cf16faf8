"""How far the archive has read the logs: what lies behind it is in the archive, what lies before it is owed.

One small file of JSON a log, `archived.json`, replaced as a whole after what it speaks of has been archived. Without
it, or when it is damaged, everything is read again: the archive takes the same row twice without holding it twice.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.errors import DECODE_ERRORS
from tidemark.store.atomic import write_whole

_NAME = "archived.json"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a log: the name of a segment, and the bytes of it that have been archived."""

    segment: str
    offset: Annotated[int, Meta(ge=0, le=1 << 62)]


def read_places(folder: Path) -> dict[str, Place]:
    """The place of each series of segments; empty where nothing has been archived, or nobody knows."""
    try:
        return msgspec.json.decode((folder / _NAME).read_bytes(), type=dict[str, Place])
    except (OSError, *DECODE_ERRORS):
        return {}


def write_places(folder: Path, places: Mapping[str, Place]) -> None:
    """Remember *places*."""
    write_whole(folder / _NAME, lambda file: file.write(msgspec.json.encode(places)))


def is_archived(segment: Path, place: Place | None) -> bool:
    """Whether all of *segment*, which is closed, has been archived, going by its name."""
    return place is not None and (
        segment.name < place.segment or (segment.name == place.segment and place.offset >= segment.stat().st_size)
    )
