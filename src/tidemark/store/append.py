"""Files that only grow: a piece is appended whole, or taken back."""

import errno
import os
from pathlib import Path


def append_whole(path: Path, data: bytes, size: int) -> None:
    """Append *data* to a file of *size* bytes; what a full disk cut short is taken back, and OSError says so."""
    with path.open("ab", buffering=0) as file:
        written = file.write(data)
    if written < len(data):
        cut(path, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def cut(path: Path, size: int) -> None:
    """Take back what a file holds beyond *size* bytes."""
    if path.exists() and path.stat().st_size > size:
        with path.open("ab") as file:
            file.truncate(size)
