from pathlib import Path

import pytest

from tidemark.cli.kept_runs import kept_runs
from tidemark.errors import StoreError


def test_runs_lie_in_the_folder_of_the_store(tmp_path: Path) -> None:
    with kept_runs(None, [f"store.folder={tmp_path}"]) as (engine, shelf):
        assert shelf.all() == []
        assert engine.dialect.name == "sqlite"

    assert (tmp_path / "backtests" / "tidemark.db").is_file()


def test_a_database_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "backtests").write_text("")

    with pytest.raises(StoreError, match="cannot be opened"), kept_runs(None, [f"store.folder={tmp_path}"]):
        pass
