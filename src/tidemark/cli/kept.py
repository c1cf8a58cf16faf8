"""The signals that were written down, for commands that need no running process."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tidemark.ingest.venues import registry
from tidemark.live.place import folder_name
from tidemark.settings.settings import Settings
from tidemark.units import SECOND, parse_seconds

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tidemark.store.database import Database


class KeptSignals:
    """The database of a venue, and what its log has that is new. venue: what its signals are kept under."""

    def __init__(self, database: "Database", chosen: Settings) -> None:
        self._database = database
        self.venue = folder_name(chosen)
        self._log = chosen.store.path / self.venue / "signals"

    @contextmanager
    def read(self) -> Iterator["sa.Connection"]:
        """A connection that sees all that was written down until now."""
        if self._log.is_dir():
            self._database.load_signals(self._log, self.venue)
        with self._database.engine.connect() as connection:
            yield connection


@contextmanager
def kept_signals(chosen: Settings) -> Iterator[KeptSignals | None]:
    """The signals of the venue of *chosen*; None where nothing was ever kept. StoreError where they cannot be read."""
    registry.find(chosen.venue.name)
    folder = chosen.store.path / folder_name(chosen)
    url = None if chosen.store.database is None else chosen.store.database.reveal()
    if url is None and not folder.is_dir():
        yield None
        return
    from tidemark.store.database import Database

    with Database.open(url, folder) as database:
        yield KeptSignals(database, chosen)


def begin_of(since: str | None, now_ns: int) -> int | None:
    """The time (ns) that lies *since* (like 24h) before *now_ns*; None where it is not given."""
    return None if since is None else now_ns - int(parse_seconds(since) * SECOND)


def moment(at_ns: int) -> str:
    """A time as people read it, UTC.

    >>> moment(1_700_000_000_000_000_000)
    '2023-11-14 22:13:20'
    """
    return f"{dt.datetime.fromtimestamp(at_ns // SECOND, dt.UTC):%Y-%m-%d %H:%M:%S}"
