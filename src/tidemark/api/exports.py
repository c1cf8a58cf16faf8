"""Rows as other programs read them: one JSON object a line, or a table with commas."""

import csv
import io
from collections.abc import Iterable

import msgspec


def head(row: type[msgspec.Struct]) -> bytes:
    """The first line of a table: the names of the fields."""
    return ",".join(row.__struct_fields__).encode() + b"\n"


def lines(rows: Iterable[msgspec.Struct]) -> bytes:
    """One JSON object a line."""
    return b"".join(msgspec.json.encode(one) + b"\n" for one in rows)


def table(rows: Iterable[msgspec.Struct]) -> bytes:
    """One line a row; empty for what is not known, and in quotes where a text holds a comma, a quote or a new line."""
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows(map(_cell, msgspec.structs.astuple(row)) for row in rows)
    return made.getvalue().encode()


def _cell(value: object) -> object:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value
