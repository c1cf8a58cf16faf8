"""One side: a process that runs the benchmarks of this tree over the package of another, one at a time, as it is asked.

Over its standard input comes one `Ask` a line; one `Answer` a line goes back. The first line that it gives is an `Own`.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from benchmarks.base import Plan, Result, load

_ROOT = Path(__file__).resolve().parents[2]


class Own(msgspec.Struct, frozen=True):
    """Where the package comes from, and whether its kernels are compiled."""

    package: str
    is_compiled: bool


class Ask(msgspec.Struct, frozen=True):
    """Run this benchmark."""

    name: str


class Answer(msgspec.Struct, frozen=True):
    """What it gave, or why this side cannot run it."""

    results: list[Result] = []
    error: str | None = None


class SideError(Exception):
    """A side could not be started, or ended; says why."""


class Side(AbstractContextManager["Side"]):
    """The process of one side, over the package in *source*. SideError when it cannot be had."""

    def __init__(self, source: Path) -> None:
        environment: Mapping[str, str] = os.environ | {"PYTHONPATH": str(source), "PYTHONHASHSEED": "0"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.check.side"],
            cwd=_ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.own = msgspec.json.decode(self._line(), type=Own)
        if not Path(self.own.package).is_relative_to(source):
            self._process.communicate()
            raise SideError(f"the package came from {self.own.package}, not from {source}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Its standard input closes, which ends its loop.
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def run(self, name: str) -> Answer:
        """Have it run one benchmark."""
        if self._process.stdin is None:
            raise SideError("the process has no input")
        self._process.stdin.write(msgspec.json.encode(Ask(name)).decode() + "\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._line(), type=Answer)

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            self._process.communicate()
            raise SideError(f"a process over one of the trees ended with {self._process.returncode}")
        return line


def answer(name: str) -> Answer:
    """Run one benchmark, quickly and without peers; what goes wrong with it is an answer as well."""
    try:
        return Answer(list(load(name).run(Plan(is_quick=True, has_peers=False))))
    except Exception as error:  # noqa: BLE001 - another version of the package may fail in any way, which is told
        return Answer(error=f"{type(error).__name__}: {error}"[:300])


def main() -> None:
    """Answer until the input ends."""
    # What a benchmark prints is not for the other side of the pipe.
    told_to = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import tidemark
    from tidemark.kernels import candles

    own = Own(str(tidemark.__file__), is_compiled=not str(candles.__file__).endswith(".py"))
    told_to.write(msgspec.json.encode(own).decode() + "\n")
    told_to.flush()
    for line in sys.stdin:
        told_to.write(msgspec.json.encode(answer(msgspec.json.decode(line, type=Ask).name)).decode() + "\n")
        told_to.flush()


if __name__ == "__main__":
    main()
