"""A file: `file:alerts.jsonl size=10MB`, one line of JSON a notification, the older half in `alerts.jsonl.1`.

A name without a folder is in the venue's. What may have been written already is looked for at its end: nothing stands
there twice.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tidemark.alerts.sinks.base import Message, Place
from tidemark.alerts.sinks.registry import refuse_options
from tidemark.errors import DECODE_ERRORS, SettingsError, SinkError
from tidemark.model.notification import Notification
from tidemark.settings.alerting import SinkSpec
from tidemark.store.append import append_whole
from tidemark.units import KIB, MIB, parse_bytes

SCHEMES = ("file",)
EXAMPLE = "file:alerts.jsonl size=10MB"
_USUAL_BYTES = 10 * MIB
_LEAST_BYTES = 256 * KIB
# A repeated one was the last that was written, or nearly.
_LOOKED_AT = 128 * KIB


class _Id(msgspec.Struct):
    id: str


def make(spec: SinkSpec, place: Place) -> "File":
    """The sink of *spec*."""
    refuse_options(spec, "size")
    where = f"alerts.sinks: {spec.name}"
    name = spec.url.partition(":")[2]
    name = name.removeprefix("//")
    if not name or name.endswith("/"):
        raise SettingsError(f"{where} names no file; write file:alerts.jsonl or file:/folder/alerts.jsonl")
    try:
        size = parse_bytes(spec.options["size"]) if "size" in spec.options else _USUAL_BYTES
    except SettingsError as error:
        raise SettingsError(f"{where}: {error}") from error
    if size < _LEAST_BYTES:
        raise SettingsError(f"{where}: size={spec.options['size']} is too small; it takes at least 256KB")
    return File(place.folder / name, size)


class File:
    """Appends to one file, which takes *max_bytes* with the one before it."""

    is_idempotent = True
    is_of_monitor = False

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes // 2

    def send(self, message: Message) -> None:
        """Write one line, whole or not at all."""
        line = msgspec.json.encode(message.notification) + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if message.attempt > 1 and self._has(message.notification):
                return
            size = self._path.stat().st_size if self._path.exists() else 0
            if size and size + len(line) > self._max_bytes:
                self._path.replace(self._before)
                size = 0
            if size and not self._ends_whole(size):
                # A crash cut a line short: it stays as it is, and is no line.
                line = b"\n" + line
            append_whole(self._path, line, size)
        except OSError as error:
            raise SinkError(f"the file was not written: {error.strerror}") from error

    @property
    def _before(self) -> Path:
        return self._path.with_name(f"{self._path.name}.1")

    def _ends_whole(self, size: int) -> bool:
        with self._path.open("rb") as file:
            file.seek(size - 1)
            return file.read(1) == b"\n"

    def _has(self, notification: Notification) -> bool:
        return any(notification.id == told for path in (self._path, self._before) for told in _last_ids(path))


def _last_ids(path: Path) -> Iterator[str]:
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LOOKED_AT))
        lines = file.read(_LOOKED_AT).split(b"\n")
    # What stands behind the last end of a line is none: it was cut short.
    for line in lines[:-1]:
        try:
            yield msgspec.json.decode(line, type=_Id).id
        except DECODE_ERRORS:
            continue
