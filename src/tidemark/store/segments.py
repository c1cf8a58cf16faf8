"""Logs of numbered segments within a bound on disk: what the trade log and the gap log are made of."""

from collections.abc import Callable
from pathlib import Path

from tidemark.store.append import append_whole, cut

# Dropping the oldest drops an eighth.
SEGMENTS = 8


def numbered(folder: Path, suffix: str) -> list[Path]:
    """The segments of a folder, oldest first."""
    return sorted(folder.glob(f"[0-9]*{suffix}"))


class SegmentWriter:
    """Appends pieces to the newest segment; removes the oldest to stay within *max_bytes*. OSError where that fails.

    whole_bytes: how much of a segment is whole: what a crash left behind that is cut off. dropped: told of each segment
    before it is removed.
    """

    def __init__(
        self,
        folder: Path,
        suffix: str,
        max_bytes: int,
        whole_bytes: Callable[[Path], int],
        dropped: Callable[[Path], None],
    ) -> None:
        self._folder = folder
        self._suffix = suffix
        self._segment_bytes = max(1, max_bytes // (SEGMENTS + 1))
        self._dropped = dropped
        folder.mkdir(parents=True, exist_ok=True)
        held = numbered(folder, suffix)
        self._newest = held[-1] if held else folder / f"{1:012d}{suffix}"
        if held:
            cut(held[-1], whole_bytes(held[-1]))

    def append(self, data: bytes) -> None:
        """Write one piece, whole or not at all."""
        size = self._newest.stat().st_size if self._newest.exists() else 0
        if size and size + len(data) > self._segment_bytes:
            number = int(self._newest.name.removesuffix(self._suffix)) + 1
            self._newest, size = self._folder / f"{number:012d}{self._suffix}", 0
            for old in numbered(self._folder, self._suffix)[: -SEGMENTS + 1]:
                self._dropped(old)
                old.unlink(missing_ok=True)
        append_whole(self._newest, data, size)
