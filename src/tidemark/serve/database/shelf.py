"""One table as it is read: a page behind a cursor, a count, and all of it in pieces."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import quote, unquote

import msgspec
import sqlalchemy as sa

from tidemark.errors import RequestError
from tidemark.units import KIB

Row = TypeVar("Row")
_MOST = (1 << 63) - 1
_DIGITS = 20
# A character that no database keeps.
_NO_TEXT = "\x00"
# Text sorts by its bytes wherever it is kept; SQLite does so by itself.
_BYTES = "C"


class Shelf(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """Rows of *table*, the newest first: by `time`, an integer with an index, then by `names`, which tell them apart.

    row_of: makes what is given out of a row. row_bytes: what one takes at most, as the driver gives it and as we do.
    beside: what is read with each row, of other tables.
    """

    table: sa.Table | sa.Subquery
    time: str
    names: tuple[str, ...]
    row_of: Callable[[sa.Row[Any]], Row]
    row_bytes: int = 2 * KIB
    beside: tuple[sa.ColumnElement[Any], ...] = ()

    def page(self, kind: str, fit: Sequence[sa.ColumnElement[bool]], limit: int, before: str | None) -> sa.Select[Any]:
        """The question for *limit* rows that *fit* behind *before*; RequestError where that is no cursor."""
        return self.all(kind, (*fit, *([] if before is None else [self._behind(kind, before)]))).limit(limit)

    def all(self, kind: str, fit: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Any]:
        """The question for all rows that *fit*."""
        order = [self._time.desc(), *(column.desc() for column in self._sorted(kind))]
        return sa.select(self.table, *self.beside).where(*fit).order_by(*order)

    def count(self, fit: Sequence[sa.ColumnElement[bool]]) -> sa.Select[int]:
        """The question for how many *fit*."""
        return sa.select(sa.func.count()).select_from(self.table).where(*fit)

    def cursor(self, row: sa.Row[Any]) -> str:
        """What the rows behind *row* are asked with: its key, such as `01700000000000000000 bybit BTCUSDT trades`."""
        told = row._mapping  # noqa: SLF001 - the public name of it, however it looks
        return " ".join((f"{told[self.time]:0{_DIGITS}d}", *(quote(told[name], safe="") for name in self.names)))

    def _behind(self, kind: str, before: str) -> sa.ColumnElement[bool]:
        """The rows behind a cursor. That of the time alone is what the index is asked with."""
        moment, *names = before.split(" ")
        if not (moment.isascii() and moment.isdecimal() and len(moment) <= _DIGITS and len(names) == len(self.names)):
            raise RequestError(400, "before: it is no cursor of ours; take the next_before of the page before")
        at = min(int(moment), _MOST)
        told = sa.tuple_(*(sa.literal(unquote(name).replace(_NO_TEXT, "")) for name in names))
        return sa.and_(self._time <= at, sa.or_(self._time < at, sa.tuple_(*self._sorted(kind)) < told))

    @property
    def _time(self) -> sa.ColumnElement[Any]:
        return self.table.c[self.time]

    def _sorted(self, kind: str) -> list[sa.ColumnElement[str]]:
        columns = (self.table.c[name] for name in self.names)
        return [column if kind == "sqlite" else sa.collate(column, _BYTES) for column in columns]


def same(column: sa.Column[Any], asked: str) -> sa.ColumnElement[bool]:
    """Whether *column* is *asked*; never, where that is something that no database can hold."""
    return column == asked if is_text(asked) else sa.false()


def is_text(asked: str) -> bool:
    """Whether a database can hold it."""
    if _NO_TEXT in asked:
        return False
    try:
        asked.encode()
    except UnicodeEncodeError:
        return False
    return True
