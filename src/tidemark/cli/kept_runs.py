"""The runs of backtests that there are, for the commands that ask for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidemark.cli.shared import settings
from tidemark.clock import SystemClock

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tidemark.backtest.runs.shelf import Shelf

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or the beginning of it.")]


@contextmanager
def kept_runs(config: Path | None, pairs: list[str] | None) -> Iterator[tuple["sa.Engine", "Shelf"]]:
    """The database of runs that the settings name, and the runs in it. StoreError where it does not work."""
    from tidemark.backtest.runs.shelf import Shelf
    from tidemark.store.database import Database

    chosen = settings(config, pairs, {}).settings
    folder = chosen.store.path / "backtests"
    url = None if chosen.store.database is None else chosen.store.database.reveal()
    with Database.open(url, folder) as database:
        yield database.engine, Shelf(database.engine, folder, SystemClock())
