"""Peers: other libraries in an environment of their own, one process each, asked for one repetition at a time."""

import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from benchmarks.base import say

_ROOT = Path(__file__).resolve().parents[2]
_VENV = _ROOT / ".venv-peers"
_LOCK = _ROOT / "requirements" / "peers.txt"


class Repetition(msgspec.Struct, frozen=True):
    """One repetition of a peer: CPU seconds, how many trades it really took, its resident memory."""

    seconds: float
    trades: int
    rss_mb: float


class _Ready(msgspec.Struct, frozen=True):
    version: str


class AbsentError(Exception):
    """A peer could not be installed or started; says why."""


def install() -> Path:
    """The interpreter of the peers' environment, made from the lock when it is not there or is out of date."""
    python = _VENV / "bin" / "python"
    mark = _VENV / ".installed"
    if mark.is_file() and mark.stat().st_mtime >= _LOCK.stat().st_mtime:
        return python
    say("installing the peers into .venv-peers ...")
    uv = [sys.executable, "-m", "uv"]
    for command in (
        [*uv, "venv", "--quiet", "--clear", "--python", "3.11", str(_VENV)],
        [*uv, "pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", str(_LOCK)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AbsentError(f"the peers cannot be installed: {' '.join(done.stderr.split())[:300]}")
    mark.touch()
    return python


class Peer(AbstractContextManager["Peer"]):
    """One peer's process over the frames in a file. AbsentError when it cannot be had."""

    def __init__(self, script: str, frames: Path) -> None:
        python = install()
        self._process = subprocess.Popen(
            [python, "-m", f"benchmarks.peers.{script}", str(frames)],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.version = msgspec.json.decode(self._line(), type=_Ready).version

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Its standard input closes, which ends its loop.
        self._process.communicate(timeout=60)

    def repeat(self) -> Repetition:
        """One repetition."""
        if self._process.stdin is None:
            raise AbsentError("the peer has no input")
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._line(), type=Repetition)

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            said = self._process.communicate()[1].strip().splitlines()
            raise AbsentError(f"the peer ended: {said[-1] if said else 'it said nothing'}")
        return line
