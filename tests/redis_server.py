"""A real Redis at a free port, in a folder of its own; what it keeps goes with it."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

# Debian has either of both.
_NAMES = ("redis-server", "valkey-server")
_LIMIT_S = 20.0


class RedisServer:
    """It, by its URL; `kill` and `start` as often as a test likes, at the same port and with nothing in it."""

    def __init__(self, program: str, folder: Path, password: str | None) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        self._command = [
            program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "",
            "--appendonly", "no", "--daemonize", "no", *(() if password is None else ("--requirepass", password)),
        ]  # fmt: skip
        self._password = password
        self._log = folder / "redis.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is, with its password."""
        return f"redis://{'' if self._password is None else f':{self._password}@'}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Run, and return when it answers."""
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(self._command, stdout=log, stderr=log)
        self._wait()

    def kill(self) -> None:
        """Be gone at once, as when the machine loses its power."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def _wait(self) -> None:
        """Until it takes connections; it says so in its log."""
        assert self._child is not None
        for _ in range(round(_LIMIT_S / 0.05)):
            if self._child.poll() is not None:
                break
            with socket.socket() as asking:
                asking.settimeout(1.0)
                if asking.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            try:
                self._child.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError(self._log.read_text())


@contextmanager
def redis_server(password: str | None = None) -> Iterator[RedisServer]:
    """Run one; the test is skipped where there is no program for it."""
    program = next((found for name in _NAMES if (found := shutil.which(name)) is not None), None)
    if program is None:
        pytest.skip("no Redis is installed: neither redis-server nor valkey-server is on the path")
    with TemporaryDirectory(prefix="tidemark-redis-") as folder:
        made = RedisServer(program, Path(folder), password)
        try:
            made.start()
            yield made
        finally:
            made.kill()
