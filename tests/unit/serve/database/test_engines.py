from pathlib import Path

import pytest

from tidemark.errors import StoreError
from tidemark.serve.database.engines import engine_for, shown
from tidemark.serve.database.limits import Limits

LIMITS = Limits()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nope", "store.database is no URL"),
        ("mssql+nosuch://h/x", "mssql is not among sqlite, postgresql"),
        ("mysql://u:pass@h/x", "mysql is not among sqlite, postgresql"),
    ],
)
def test_what_is_no_database_of_ours_is_refused_without_its_secrets(url: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=words) as refused:
        engine_for(url, tmp_path, LIMITS)
    assert "pass" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
def test_whatever_driver_a_url_names_it_is_asked_through_ours(scheme: str, tmp_path: Path) -> None:
    engine = engine_for(f"{scheme}://user:pass@h/x?password=pass&options=-c%20jit%3Doff", tmp_path, LIMITS)

    assert engine.dialect.driver == "psycopg"
    assert shown(engine) == "postgresql+psycopg://user:***@h/x"


def test_without_a_url_it_is_the_file_in_the_folder(tmp_path: Path) -> None:
    engine = engine_for(None, tmp_path, LIMITS)

    assert shown(engine) == f"sqlite+aiosqlite:///{tmp_path}/tidemark.db"
    assert engine.dialect.driver == "aiosqlite"
