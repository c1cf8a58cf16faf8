"""Files that are there whole or not at all: written beside their place, made durable, and put in it at once."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

# A dot in front and another ending: no reader of a folder takes one for a finished file.
_PARTIAL = ".partial"


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Let *write* fill a file beside *path*, then put it in its place; the folder is made where it is missing.

    Whenever the process or the machine stops, *path* holds what it held before or all of what was written. OSError
    leaves the former.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}{_PARTIAL}")
    try:
        with beside.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _make_durable(path.parent)


def sweep(folder: Path) -> int:
    """Remove what writers that were killed left below *folder*; give how many files that were."""
    left = list(folder.rglob(f".*{_PARTIAL}"))
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def _make_durable(folder: Path) -> None:
    """The name of a file is part of its folder, which is written on its own."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
