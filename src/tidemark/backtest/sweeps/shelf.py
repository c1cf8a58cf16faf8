"""The sweeps that there are: which of them still run, and which were left behind by a process that ended."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import sqlalchemy as sa

from tidemark.backtest.runs.shelf import Shelf
from tidemark.clock import Clock
from tidemark.errors import StoreError
from tidemark.store.backtest_rows import State
from tidemark.store.sweep_rows import Sweep, find, put_sweep, remove, sweeps


class SweepShelf:
    """The sweeps in a database; *folder* has a file for each that runs on this machine, held as long as it does."""

    def __init__(self, engine: sa.Engine, folder: Path, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        # Places are held as those of runs are.
        self._places = Shelf(engine, folder / "sweeps", clock)
        self.columns = folder / "columns"

    def held(self, sweep: str) -> AbstractContextManager[None]:
        """Hold the place of *sweep* until it is over; StoreError where another process does."""
        return self._places.held(sweep)

    def all(self, most: int | None = None) -> list[Sweep]:
        """The sweeps, newest first; those whose process is gone are marked as interrupted before."""
        with self._engine.begin() as connection:
            return [self._seen(connection, one) for one in list(sweeps(connection, most=most))]

    def find(self, sweep: str) -> Sweep:
        """The sweep of that id, or the only one whose id begins so; StoreError that says which there are."""
        with self._engine.begin() as connection:
            found = find(connection, sweep)
            if found is None:
                near = list(self._near(connection, sweep))
                if len(near) > 1:
                    raise StoreError(f"{sweep!r} begins the ids of {len(near)} sweeps; write more of it: {near[0].id}")
                if not near:
                    raise StoreError(
                        f"there is no sweep {sweep!r}; `tidemark backtest sweep list` shows those that there are"
                    )
                found = near[0]
            return self._seen(connection, found)

    def remove(self, sweep: str) -> None:
        """Remove a sweep with its trials; StoreError where it is at work."""
        with self.held(sweep), self._engine.begin() as connection:
            remove(connection, sweep)

    def _near(self, connection: sa.Connection, sweep: str) -> Iterator[Sweep]:
        return (one for one in sweeps(connection) if sweep and one.id.startswith(sweep))

    def _seen(self, connection: sa.Connection, sweep: Sweep) -> Sweep:
        if sweep.state is not State.RUNNING or self._is_held(sweep.id):
            return sweep
        now = msgspec.structs.replace(
            sweep, state=State.INTERRUPTED, ended_at=self._clock.now_ns(),
            error="its process ended before it was done",
        )  # fmt: skip
        put_sweep(connection, now)
        return now

    def _is_held(self, sweep: str) -> bool:
        try:
            with self.held(sweep):
                return False
        except StoreError:
            return True
