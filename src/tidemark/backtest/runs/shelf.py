"""The runs that there are: their ids, which of them still run, and which were left behind by a process that ended."""

import fcntl
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import sqlalchemy as sa

from tidemark.clock import Clock
from tidemark.errors import StoreError
from tidemark.store.backtest_rows import Run, State, find, put_run, remove, runs

LONGEST_NAME = 60
_UNFIT = re.compile(r"[^A-Za-z0-9_.]+")


class Shelf:
    """The runs in a database; *folder* has a file for each that runs on this machine, held as long as it does."""

    def __init__(self, engine: sa.Engine, folder: Path, clock: Clock) -> None:
        self._engine, self._folder, self._clock = engine, folder, clock

    @property
    def columns(self) -> Path:
        """Where decoded columns of candles are kept."""
        return self._folder / "columns"

    @contextmanager
    def held(self, run: str) -> Iterator[None]:
        """Hold the place of *run* until it is over; StoreError where another process does."""
        path = lock_of(self._folder, run)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreError(f"run {run} is at work in another process; wait, or end that one") from None
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    def all(self, most: int | None = None) -> list[Run]:
        """The runs, newest first; those whose process is gone are marked as interrupted before."""
        with self._engine.begin() as connection:
            return [self._seen(connection, run) for run in list(runs(connection, most=most))]

    def find(self, run: str) -> Run:
        """The run of that id, or the only one whose id begins so; StoreError that says which there are."""
        with self._engine.begin() as connection:
            found = find(connection, run)
            if found is None:
                near = [one for one in runs(connection) if run and one.id.startswith(run)]
                if len(near) > 1:
                    raise StoreError(f"{run!r} begins the ids of {len(near)} runs; write more of it: {near[0].id}, ...")
                if not near:
                    raise StoreError(f"there is no run {run!r}; `tidemark backtest list` shows those that there are")
                found = near[0]
            return self._seen(connection, found)

    def remove(self, run: str) -> None:
        """Remove a run and all that belongs to it; StoreError where it is at work."""
        with self.held(run), self._engine.begin() as connection:
            remove(connection, run)

    def _seen(self, connection: sa.Connection, run: Run) -> Run:
        if run.state is not State.RUNNING or is_held(self._folder, run.id):
            return run
        now = msgspec.structs.replace(
            run, state=State.INTERRUPTED, ended_at=self._clock.now_ns(), error="its process ended before it was done"
        )
        put_run(connection, now)
        return now


def is_held(folder: Path, run: str) -> bool:
    """Whether a process on this machine holds the place of *run*, by the file that *folder* has of it."""
    try:
        with lock_of(folder, run).open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def lock_of(folder: Path, run: str) -> Path:
    """The file that is held as long as *run* runs."""
    return folder / "runs" / f"{run}.lock"


def new_id(name: str) -> str:
    """An id that no other run has, and that begins with its name.

    >>> new_id("Mean Cross!").startswith("Mean-Cross-")
    True
    """
    return f"{_UNFIT.sub('-', name).strip('-')[: LONGEST_NAME - 10] or 'run'}-{secrets.token_hex(3)}"
