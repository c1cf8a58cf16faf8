"""Which steps from line to line of our own code an input takes: what tells whether it reached anything.

Compiled kernels are not seen. Following costs several times what the input costs itself.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

import tidemark

_OURS = tidemark.__path__[0]

Step = tuple[CodeType, int, int]


class Branches:
    """The steps that were ever taken while somebody followed."""

    def __init__(self) -> None:
        self.seen: set[Step] = set()  # bounded: by the lines of our code
        self._ours: dict[CodeType, bool] = {}  # bounded: by the functions that there are

    @contextmanager
    def following(self) -> Iterator[None]:
        """Take note of every step meanwhile; who followed before, as coverage does, goes on afterwards."""
        before = sys.gettrace()
        sys.settrace(self._called)
        try:
            yield
        finally:
            sys.settrace(before)

    def _called(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        ours = self._ours.get(code)
        if ours is None:
            ours = self._ours[code] = code.co_filename.startswith(_OURS)
        return _Walk(code, self.seen).line if ours else None


class _Walk:
    """One call of a function."""

    def __init__(self, code: CodeType, seen: set[Step]) -> None:
        self._code = code
        self._seen = seen
        self._last = 0

    def line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            now = frame.f_lineno
            self._seen.add((self._code, self._last, now))
            self._last = now
        return self.line
