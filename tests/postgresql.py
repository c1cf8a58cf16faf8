"""A PostgreSQL of a test's own: on a free port of 127.0.0.1, in a folder that goes with it, as an unprivileged user."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

ABSENT = "there is no PostgreSQL: its initdb and postgres are not installed"
USER = "tidemark"
# Longer than anything here takes.
LIMIT_S = 60.0
# What is written needs to survive the process and not the machine.
_OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=40")


def binaries() -> Path | None:
    """Where its programs are; None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path is not None else None


class Postgresql:
    """A server that can be killed, stopped for a while, and started again at the same port."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._data = folder / "data"
        self._log = folder / "log"
        # It refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(folder, self._user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "-D", str(self._data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")

    @property
    def url(self) -> str:
        """What `store.database` is to say; the password is not asked for."""
        return f"postgresql+psycopg://{USER}:not-to-be-seen@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Return when it answers."""
        settings = [part for option in _OPTIONS for part in ("-c", option)]
        where = ["-D", str(self._data), "-p", str(self.port), "-h", "127.0.0.1", "-k", ""]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(self._programs / "postgres"), *where, *settings],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd=self._data,
                start_new_session=True,
            )
        begun = time.perf_counter()
        while subprocess.run(
            [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False
        ).returncode:
            assert self.process.poll() is None, self._log.read_text()
            assert time.perf_counter() - begun < LIMIT_S, self._log.read_text()
            time.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        """To the server and all of its processes."""
        assert self.process is not None
        for pid in (self.process.pid, *children(self.process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """Kill all of it, as a machine without power does."""
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGKILL)
            self.process.wait(LIMIT_S)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=True,
            capture_output=True,
            user=self._user,
            cwd=self._data.parent,
        )


def children(pid: int) -> list[int]:
    """The processes that *pid* started."""
    told = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in told.read_text().split()] if told.is_file() else []


@contextmanager
def postgresql() -> Iterator[Postgresql]:
    """One that runs; the test is skipped, with a reason, where it is not installed."""
    programs = binaries()
    if programs is None:
        pytest.skip(ABSENT)
    with tempfile.TemporaryDirectory(prefix="tidemark-postgresql-", ignore_cleanup_errors=True) as folder:
        made = Postgresql(programs, Path(folder))
        try:
            made.start()
            yield made
        finally:
            made.kill()
