"""The database: SQLite in one file, or PostgreSQL by a URL of SQLAlchemy.

Only the writer process and the command line import this: SQLAlchemy takes 17 MB.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from tidemark.errors import StoreError
from tidemark.model.gap import Gap
from tidemark.model.signal import Record
from tidemark.store import signal_rows
from tidemark.store.gap_log import SUFFIX as GAP_SUFFIX
from tidemark.store.gap_log import read_gaps
from tidemark.store.segments import numbered
from tidemark.store.signal_log import SUFFIX as SIGNAL_SUFFIX
from tidemark.store.signal_log import read_records
from tidemark.store.tables import FILE, GAPS, PLACES, gap_of, line_of

T = TypeVar("T")
_AT_ONCE = 500
# For ten seconds, as long as everything else waits for a lock.
_TRIES, _PAUSE_S = 200, 0.05
# The lock under which PostgreSQL is brought up to date; any number that nobody else takes.
_MIGRATING = 7_433_651_842
_DIALECTS = ("sqlite", "postgresql")


class Place(NamedTuple):
    """How far a log has been read."""

    log: str
    segment: str
    read_bytes: int


class Database:
    """One database, brought up to date when it is opened. Use it as `with Database.open(...)`.

    StoreError, in one line, where it cannot be reached, written or understood.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    @classmethod
    @contextmanager
    def open(cls, url: str | None, folder: Path) -> Iterator["Database"]:
        """The database at *url*, or in the file `tidemark.db` of *folder*."""
        where = url if url is not None else str(folder / FILE)
        try:
            if url is None:
                folder.mkdir(parents=True, exist_ok=True)
            engine = _engine(url, folder)
        except OSError as error:
            raise StoreError(f"the database {where} cannot be opened: {error.strerror}") from error
        except (ArgumentError, NoSuchModuleError) as error:
            raise StoreError(f"store.database is no URL that SQLAlchemy understands: {line_of(error)}") from error
        except ModuleNotFoundError as error:
            raise StoreError(
                f"store.database needs the driver {error.name}, which is not installed; for PostgreSQL: pip install"
                " 'psycopg[binary]' and a URL that begins with postgresql+psycopg://"
            ) from error
        try:
            _migrate(engine)
            yield cls(engine)
        except (SQLAlchemyError, CommandError) as error:
            raise StoreError(f"the database {engine.url.render_as_string()} does not work: {line_of(error)}") from error
        finally:
            engine.dispose()

    def load_gaps(self, folder: Path) -> int:
        """Read what is new in the log of gaps at *folder*; give how many that were. Done twice, it changes nothing."""

        def put(connection: sa.Connection, gaps: Sequence[Gap]) -> None:
            # The later record of a name is the one that counts, also within one statement.
            newest = {(gap.venue, gap.symbol, gap.channel, gap.gap_from): gap for gap in gaps}
            _put_gaps(connection, list(newest.values()))

        return self._load(folder, GAP_SUFFIX, read_gaps, put)

    def load_signals(self, folder: Path, venue: str) -> int:
        """Read what is new in the log of signals at *folder*; give how many that were. Done twice, it changes nothing.

        venue: what they are kept under.
        """

        def put(connection: sa.Connection, records: Sequence[Record]) -> None:
            signal_rows.put(connection, venue, records)

        return self._load(folder, SIGNAL_SUFFIX, read_records, put)

    def forget_signals(self, before_ns: int) -> int:
        """Remove the signals that were raised before *before_ns* and are over; give how many."""
        with self.engine.begin() as connection:
            return signal_rows.forget(connection, before_ns)

    def forget(self, before_ns: int) -> int:
        """Remove the gaps that ended, or of which nothing was heard any more, before *before_ns*; give how many."""
        ended = sa.func.coalesce(GAPS.c.gap_to, GAPS.c.gap_from) < before_ns
        with self.engine.begin() as connection:
            return int(connection.execute(sa.delete(GAPS).where(ended)).rowcount)

    def gaps(
        self,
        *,
        venue: str | None = None,
        symbol: str | None = None,
        channel: str | None = None,
        since_ns: int | None = None,
        only_open: bool = False,
        most: int | None = None,
    ) -> list[Gap]:
        """The gaps that match, the newest first. since_ns: those that lasted beyond that."""
        query = sa.select(GAPS).order_by(GAPS.c.gap_from.desc(), GAPS.c.symbol, GAPS.c.channel)
        if venue is not None:
            query = query.where(GAPS.c.venue == venue)
        if symbol is not None:
            query = query.where(GAPS.c.symbol == symbol)
        if channel is not None:
            query = query.where(GAPS.c.channel == channel)
        if since_ns is not None:
            query = query.where(sa.or_(GAPS.c.gap_to.is_(None), GAPS.c.gap_to >= since_ns))
        if only_open:
            query = query.where(GAPS.c.gap_to.is_(None))
        with self.engine.connect() as connection:
            return [gap_of(row) for row in connection.execute(query.limit(most))]

    def _load(
        self,
        folder: Path,
        suffix: str,
        read: Callable[[Path, int], Iterator[tuple[Any, int]]],
        put: Callable[[sa.Connection, Sequence[T]], None],
    ) -> int:
        """Put what is new in the segments of *folder* into the database, with the place behind it; give how much."""
        log = str(folder.resolve())
        loaded = 0
        with self.engine.begin() as connection:
            place = connection.execute(sa.select(PLACES).where(PLACES.c.log == log)).first()
        segment, offset = (place.segment, place.read_bytes) if place is not None else ("", 0)
        found = numbered(folder, suffix)
        if segment not in {path.name for path in found}:
            # It was dropped, or the log began anew: all of it is read, in order, and says the same in the end.
            segment, offset = "", 0
        for path in found:
            if path.name < segment:
                continue
            start = offset if path.name == segment and offset <= path.stat().st_size else 0
            waiting: list[T] = []
            end = start
            for entry, end in read(path, start):
                if entry is not None:
                    waiting.append(entry)
                if len(waiting) >= _AT_ONCE:
                    loaded += self._put(Place(log, path.name, end), waiting, put)
            loaded += self._put(Place(log, path.name, end), waiting, put)
        return loaded

    def _put(self, place: Place, waiting: list[T], put: Callable[[sa.Connection, Sequence[T]], None]) -> int:
        """Entries and the place behind them, in one transaction: neither is there without the other."""
        with self.engine.begin() as connection:
            if waiting:
                put(connection, waiting)
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            behind = {"segment": place.segment, "read_bytes": place.read_bytes}
            connection.execute(
                insert(PLACES)
                .values(log=place.log, **behind)
                .on_conflict_do_update(index_elements=[PLACES.c.log], set_=behind)
            )
        count = len(waiting)
        waiting.clear()
        return count


def _put_gaps(connection: sa.Connection, gaps: Sequence[Gap]) -> None:
    statement = (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(GAPS)
    replaced = {column.name: statement.excluded[column.name] for column in GAPS.c if not column.primary_key}
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(GAPS.primary_key), set_=replaced),
        [_row(gap) for gap in gaps],
    )


def _engine(url: str | None, folder: Path) -> sa.Engine:
    engine = sa.create_engine(url if url is not None else f"sqlite:///{folder / FILE}", poolclass=sa.NullPool)
    if engine.dialect.name not in _DIALECTS:
        raise ArgumentError(f"{engine.dialect.name} is not among {', '.join(_DIALECTS)}")
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _prepare(connection: Any, _: object) -> None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA busy_timeout=10000")
            _log_ahead(cursor)
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.close()

    return engine


def _log_ahead(cursor: Any) -> None:
    """Let writes be logged ahead. SQLite does not wait for whoever does the same at this moment: it is tried again."""
    for tried in range(_TRIES):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if tried + 1 == _TRIES:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def _migrate(engine: sa.Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with engine.connect() as connection:
        if _stands(connection) == ScriptDirectory.from_config(config).get_current_head():
            return
    with engine.begin() as connection:
        # Several processes open it at once, at the first start: one of them makes the tables, and the others wait.
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _stands(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _row(gap: Gap) -> dict[str, object]:
    return {
        "venue": gap.venue,
        "symbol": gap.symbol,
        "channel": gap.channel,
        "gap_from": gap.gap_from,
        "gap_to": gap.gap_to,
        "cause": gap.cause,
        "repair": gap.repair.value,
        "repaired": gap.repaired,
        "lost": gap.lost,
    }
