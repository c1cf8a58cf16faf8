from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tests.past import fill, gap, row_of

from tidemark.errors import RequestError
from tidemark.serve.database.repository import SHELF_OF_GAPS as SHELF
from tidemark.serve.database.shelf import same
from tidemark.store.tables import FILE, GAPS, METADATA


@pytest.mark.parametrize("before", ["", "x", "1", "1 a b", "1 a b c d", "-1 a b c", "\uff19 a b c", f"{1 << 99} a b c"])
def test_a_cursor_that_is_none_of_ours_is_refused(before: str) -> None:
    with pytest.raises(RequestError) as refused:
        SHELF.page("sqlite", (), 1, before)
    assert refused.value.status == 400


@given(name=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40))
def test_whatever_a_market_is_called_its_cursor_finds_what_is_behind_it(name: str) -> None:
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(GAPS), [row_of(one) for one in (gap(1, name), gap(2, name))])
        (first,) = connection.execute(SHELF.page("sqlite", (), 1, None))
        (second,) = connection.execute(SHELF.page("sqlite", (), 9, SHELF.cursor(first)))
    engine.dispose()

    assert [SHELF.row_of(first), SHELF.row_of(second)] == [gap(2, name), gap(1, name)]


def test_the_key_can_be_read() -> None:
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(GAPS), row_of(gap(1700000000000000000)))
        (row,) = connection.execute(SHELF.all("sqlite", ()))
    engine.dispose()

    assert SHELF.cursor(row) == "01700000000000000000 bybit BTCUSDT trades"


@pytest.mark.parametrize("asked", ["a\x00b", "\udc80"])
def test_what_no_database_can_hold_is_nowhere(asked: str) -> None:
    assert str(same(GAPS.c.symbol, asked)) == "false"
    assert str(same(GAPS.c.symbol, "a")) == "gaps.symbol = :symbol_1"


def test_a_cursor_beyond_what_is_kept_is_before_everything(tmp_path: Path) -> None:
    fill(None, tmp_path, [gap(1)])
    engine = sa.create_engine(f"sqlite:///{tmp_path / FILE}")
    with engine.connect() as connection:
        found = connection.execute(SHELF.page("sqlite", (), 9, f"{10**20 - 1} a %00 c")).fetchall()
    engine.dispose()

    assert [SHELF.row_of(row) for row in found] == [gap(1)]
