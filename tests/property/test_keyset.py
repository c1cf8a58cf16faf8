"""Pages of a table that grows: every row is on exactly one of them, in order, whatever comes in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.past import fill, gap, row_of
from tests.postgresql import postgresql

from tidemark.model.gap import Gap
from tidemark.serve.database.repository import SHELF_OF_GAPS as SHELF
from tidemark.store.tables import FILE, GAPS

# Names that sort otherwise by the rules of a language than by their bytes.
NAMES = ("A", "a", "B", "b-", "b_", "Z", "é", "1000X", "10XY", "币安", "a b", "a%b")
_gaps = st.lists(
    st.builds(gap, st.integers(0, 5), st.sampled_from(NAMES), channel=st.sampled_from(("trades", "books"))),
    max_size=25,
    unique_by=lambda one: (one.gap_from, one.symbol, one.channel),
)


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[sa.Engine, sa.Engine]]:
    """An SQLite and a PostgreSQL with the same tables, empty."""
    folder = tmp_path_factory.mktemp("past")
    with postgresql() as server:
        fill(None, folder, ())
        fill(server.url, folder, ())
        with opened(f"sqlite:///{folder / FILE}") as one, opened(server.url) as other:
            yield one, other


@contextmanager
def opened(url: str) -> Iterator[sa.Engine]:
    made = sa.create_engine(url)
    try:
        yield made
    finally:
        made.dispose()


def put(connection: sa.Connection, gaps: list[Gap]) -> None:
    if gaps:
        connection.execute(sa.insert(GAPS), [row_of(one) for one in gaps])


def paged(engine: sa.Engine, before: list[Gap], between: list[Gap], limit: int) -> list[Gap]:
    """All pages of the table, with one more row put there after each of them."""
    kind, found, cursor, waiting = engine.dialect.name, list[Gap](), None, list(between)
    with engine.begin() as connection:
        connection.execute(sa.delete(GAPS))
        put(connection, before)
        while True:
            rows = connection.execute(SHELF.page(kind, (), limit + 1, cursor)).fetchall()
            found += [SHELF.row_of(row) for row in rows[:limit]]
            if len(rows) <= limit:
                return found
            cursor = SHELF.cursor(rows[limit - 1])
            put(connection, waiting[:1])
            del waiting[:1]


def key(one: Gap) -> tuple[int, bytes, bytes, bytes]:
    return one.gap_from, one.venue.encode(), one.symbol.encode(), one.channel.encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(gaps=_gaps, cut=st.integers(0, 25), limit=st.integers(1, 7))
def test_every_row_that_was_there_is_given_once_and_newest_first_by_both_databases(
    gaps: list[Gap], cut: int, limit: int, engines: tuple[sa.Engine, sa.Engine]
) -> None:
    before, between = gaps[:cut], gaps[cut:]

    one, other = (paged(engine, before, between, limit) for engine in engines)

    assert one == other
    assert one == sorted(one, key=key, reverse=True)
    assert len(one) == len({key(gap) for gap in one})
    assert {key(gap) for gap in before} <= {key(gap) for gap in one} <= {key(gap) for gap in gaps}


def test_the_same_question_finds_the_same_rows_in_both(engines: tuple[sa.Engine, sa.Engine], tmp_path: Path) -> None:
    told = [gap(n, name) for n in range(3) for name in NAMES]
    found = []
    for engine in engines:
        with engine.begin() as connection:
            connection.execute(sa.delete(GAPS))
            put(connection, told)
            found.append([SHELF.row_of(row) for row in connection.execute(SHELF.all(engine.dialect.name, ()))])

    assert found[0] == found[1] == sorted(told, key=key, reverse=True)
