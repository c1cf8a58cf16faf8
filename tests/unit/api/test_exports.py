import csv
import io

import msgspec

from tidemark.api.exports import head, lines, table


class Row(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    count: int | None
    share: float
    is_open: bool


ROWS = (
    Row(name="one", count=1, share=0.1, is_open=True),
    Row(name='two, "2"\nlines', count=None, share=1e-9, is_open=False),
)


def test_a_table_has_its_names_first_and_quotes_what_would_break_it() -> None:
    text = (head(Row) + table(ROWS)).decode()

    assert text.startswith("name,count,share,is_open\none,1,0.1,true\n")
    assert list(csv.reader(io.StringIO(text)))[2] == ['two, "2"\nlines', "", "1e-09", "false"]


def test_lines_are_one_object_each() -> None:
    assert [msgspec.json.decode(line, type=Row) for line in lines(ROWS).splitlines()] == list(ROWS)


def test_of_nothing_there_is_nothing() -> None:
    assert (lines(()), table(())) == (b"", b"")
