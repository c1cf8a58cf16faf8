"""The database: SQLite in one file, or PostgreSQL by a URL of SQLAlchemy.

Only the writer process and the command line import this: SQLAlchemy takes 17 MB.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from tidemark.errors import StoreError
from tidemark.model.gap import Gap
from tidemark.store.gap_log import SUFFIX, read_gaps
from tidemark.store.segments import numbered
from tidemark.store.tables import FILE, GAPS, PLACES, gap_of, line_of

_AT_ONCE = 500
_DIALECTS = ("sqlite", "postgresql")


class Database:
    """One database, brought up to date when it is opened. Use it as `with Database.open(...)`.

    StoreError, in one line, where it cannot be reached, written or understood.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

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
        log = str(folder.resolve())
        loaded = 0
        with self._engine.begin() as connection:
            place = connection.execute(sa.select(PLACES).where(PLACES.c.log == log)).first()
        segment, offset = (place.segment, place.read_bytes) if place is not None else ("", 0)
        found = numbered(folder, SUFFIX)
        if segment not in {path.name for path in found}:
            # It was dropped, or the log began anew: all of it is read, in order, and says the same in the end.
            segment, offset = "", 0
        for path in found:
            if path.name < segment:
                continue
            start = offset if path.name == segment and offset <= path.stat().st_size else 0
            waiting: dict[tuple[object, ...], Gap] = {}
            end = start
            for gap, end in read_gaps(path, start):
                if gap is not None:
                    # The later record of a name is the one that counts, also within one statement.
                    waiting[(gap.venue, gap.symbol, gap.channel, gap.gap_from)] = gap
                    loaded += 1
                if len(waiting) >= _AT_ONCE:
                    self._put(log, path.name, end, list(waiting.values()))
                    waiting.clear()
            self._put(log, path.name, end, list(waiting.values()))
        return loaded

    def forget(self, before_ns: int) -> int:
        """Remove the gaps that ended, or of which nothing was heard any more, before *before_ns*; give how many."""
        ended = sa.func.coalesce(GAPS.c.gap_to, GAPS.c.gap_from) < before_ns
        with self._engine.begin() as connection:
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
        with self._engine.connect() as connection:
            return [gap_of(row) for row in connection.execute(query.limit(most))]

    def _put(self, log: str, segment: str, read_bytes: int, gaps: list[Gap]) -> None:
        """Gaps and the place behind them, in one transaction: neither is there without the other."""
        with self._engine.begin() as connection:
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            if gaps:
                statement = insert(GAPS)
                replaced = {column.name: statement.excluded[column.name] for column in GAPS.c if not column.primary_key}
                connection.execute(
                    statement.on_conflict_do_update(index_elements=list(GAPS.primary_key), set_=replaced),
                    [_row(gap) for gap in gaps],
                )
            place = insert(PLACES).values(log=log, segment=segment, read_bytes=read_bytes)
            connection.execute(
                place.on_conflict_do_update(
                    index_elements=[PLACES.c.log], set_={"segment": segment, "read_bytes": read_bytes}
                )
            )


def _engine(url: str | None, folder: Path) -> sa.Engine:
    engine = sa.create_engine(url if url is not None else f"sqlite:///{folder / FILE}", poolclass=sa.NullPool)
    if engine.dialect.name not in _DIALECTS:
        raise ArgumentError(f"{engine.dialect.name} is not among {', '.join(_DIALECTS)}")
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _prepare(connection: Any, _: object) -> None:
            cursor = connection.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    return engine


def _migrate(engine: sa.Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


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
