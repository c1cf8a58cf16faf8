"""From a URL to an engine of SQLAlchemy that only reads: SQLite in one file, or PostgreSQL."""

from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from tidemark.errors import StoreError
from tidemark.serve.database.limits import Limits
from tidemark.store.tables import FILE, line_of

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
# Beyond what the server allows a statement: it is to speak first.
_LATER_S = 1.0


def engine_for(url: str | None, folder: Path, limits: Limits) -> AsyncEngine:
    """The engine for *url*, or for the file of SQLite in *folder*; nothing is opened yet.

    StoreError where the URL is not understood, or its driver is not installed.
    """
    try:
        given = sa.make_url(url) if url is not None else sa.URL.create("sqlite", database=str(folder / FILE))
        driver = _DRIVERS.get(given.get_backend_name())
        if driver is not None:
            return _engine(given.set(drivername=driver), limits)
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(f"store.database is no URL that SQLAlchemy understands: {line_of(error)}") from error
    except ModuleNotFoundError as error:
        raise StoreError(
            f"store.database needs the driver {error.name}, which is not installed; for PostgreSQL: pip install"
            " 'psycopg[binary]'"
        ) from error
    raise StoreError(f"store.database: {given.get_backend_name()} is not among {', '.join(_DRIVERS)}")


def shown(engine: AsyncEngine) -> str:
    """The URL without its secrets: neither the password nor what stands behind the question mark."""
    return engine.url.set(query={}).render_as_string(hide_password=True)


def _engine(url: sa.URL, limits: Limits) -> AsyncEngine:
    is_sqlite = url.get_backend_name() == "sqlite"
    made = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=limits.kept,
        max_overflow=limits.beyond,
        pool_timeout=limits.wait_s,
        pool_recycle=int(limits.renew_s),
        # A file does not go away without a word; whether it is still the same one is seen without asking it.
        pool_pre_ping=not is_sqlite,
        # Connections that nobody needs grow old at the end of the line, and are renewed there.
        pool_use_lifo=True,
        # An error tells the statement, and none of the values that were asked for.
        hide_parameters=True,
        connect_args=_of_sqlite(limits) if is_sqlite else _of_postgresql(url, limits),
    )
    if is_sqlite:
        # Its driver begins no transaction for a question: all of one are to see one moment.
        event.listen(made.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    pool = made.sync_engine.pool
    most_s = limits.command_s if is_sqlite else limits.command_s + _LATER_S
    event.listen(pool, "checkout", lambda held, *_: _set_deadline(held, most_s))
    event.listen(pool, "checkin", lambda held, _: _set_deadline(held, limits.connect_s))
    return made


def _of_sqlite(limits: Limits) -> dict[str, Any]:
    from tidemark.serve.database.sqlite_connection import SqliteConnection  # noqa: PLC0415 - only where it is used

    def connect(path: str, **_: Any) -> SqliteConnection:
        return SqliteConnection(path, limits.command_s)

    return {"async_creator_fn": connect}


def _of_postgresql(url: sa.URL, limits: Limits) -> dict[str, Any]:
    from tidemark.serve.database.postgresql_connection import PostgresqlConnection  # noqa: PLC0415 - it may not be installed

    given = url.query.get("options", "")
    options = (
        given if isinstance(given, str) else " ".join(given),
        f"-c statement_timeout={round(limits.command_s * 1000)}",
        "-c default_transaction_read_only=on",
        # All statements of one question see one moment.
        r"-c default_transaction_isolation=repeatable\ read",
    )
    return {
        "async_creator_fn": partial(PostgresqlConnection.connect),
        "connect_timeout": max(2, round(limits.connect_s)),
        "options": " ".join(options).strip(),
        "application_name": "tidemark",
    }


def _set_deadline(held: Any, seconds: float) -> None:
    if held is not None:
        held.driver_connection.deadline_s = seconds
