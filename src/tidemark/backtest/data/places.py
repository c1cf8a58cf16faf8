"""Where files of candles lie: a path of this machine, or a URL of an object store, which is read over fsspec.

A store is asked for what is read and no more: row groups that are skipped are not fetched. fsspec is loaded with the
first URL; each kind of store has a package of its own besides, like s3fs, and its own ways to be told who asks.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from tidemark.errors import DataError, SettingsError

# Fetched at once, and held of each open file: one of every market where many are merged.
BLOCK_BYTES = 1 << 20


class Remote:
    """A file or a folder in an object store, with as much of a path as reading takes."""

    def __init__(self, url: str) -> None:
        self._system, self._path = _system(url)
        # Written in one way, so that those of files begin with those of their folders.
        self._url = str(self._system.unstrip_protocol(self._path)).rstrip("/")

    def __str__(self) -> str:
        return self._url

    @property
    def name(self) -> str:
        """The last part of it."""
        return PurePosixPath(self._path).name

    @property
    def parent(self) -> "Remote":
        """The folder that it is in."""
        return Remote(self._url[: -len(self.name) - 1])

    def __truediv__(self, name: str) -> "Remote":
        return Remote(f"{self._url}/{name}")

    def exists(self) -> bool:
        """Whether there is such a file or folder."""
        with _told(self):
            return bool(self._system.exists(self._path))

    def is_file(self) -> bool:
        """Whether it is a file."""
        with _told(self):
            return bool(self._system.isfile(self._path))

    def is_dir(self) -> bool:
        """Whether it is a folder."""
        with _told(self):
            return bool(self._system.isdir(self._path))

    def rglob(self, pattern: str) -> "list[Remote]":
        """The files within, at any depth, whose names match."""
        with _told(self):
            found = self._system.glob(f"{self._path.rstrip('/')}/**/{pattern}")
        return [Remote(self._system.unstrip_protocol(path)) for path in found]

    def size(self) -> int:
        """How many bytes the file has."""
        with _told(self):
            return int(self._system.size(self._path))

    def open(self) -> BinaryIO:
        """Its bytes, a block at a time. OSError where it is not there."""
        with _told(self):
            file: BinaryIO = self._system.open(self._path, "rb", block_size=BLOCK_BYTES, cache_type="readahead")
        return file


Place = Path | Remote


def place_of(text: str) -> Place:
    """The place that *text* names: a URL of a store where it has a `://`, else a path."""
    return Remote(text) if "://" in text else Path(text)


def whole(text: str) -> str:
    """The same place as a name that holds in every folder."""
    return text if "://" in text else str(Path(text).resolve())


def size_of(place: Place) -> int:
    """How many bytes a file has."""
    return place.stat().st_size if isinstance(place, Path) else place.size()


def opened(place: Place) -> BinaryIO:
    """The bytes of a file. OSError where it cannot be read."""
    return place.open("rb", buffering=0) if isinstance(place, Path) else place.open()


def _system(url: str) -> tuple[Any, str]:
    try:
        system, path = import_module("fsspec").core.url_to_fs(url)
    except ImportError as error:
        missing = "fsspec" if error.name == "fsspec" else " ".join(str(error).split())
        raise SettingsError(
            f"{url} is read over fsspec, and something of it is not installed ({missing}): pip install"
            " 'tidemark[objects]' and the package of the store, like s3fs"
        ) from error
    except ValueError as error:
        raise SettingsError(f"{url} names no kind of store that fsspec knows: {error}") from error
    return system, path


@contextmanager
def _told(place: Remote) -> Iterator[None]:
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        # Each kind of store has errors of its own, for a key that is wrong as for a network that is gone.
        raise DataError(f"{place} cannot be read: {type(error).__name__}: {' '.join(str(error).split())}") from error
