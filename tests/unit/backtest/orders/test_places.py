from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.backtests_served import fill
from tests.served_jobs import job

from tidemark.backtest.orders.places import (
    data_at,
    data_sets,
    in_one_line,
    is_ours,
    strategy_at,
    strategy_files,
)
from tidemark.errors import DataError, SettingsError


def test_names_lead_to_files_of_the_folders(tmp_path: Path) -> None:
    fill(tmp_path, candles=10)
    told = job(tmp_path)

    assert strategy_at(told, "slow.py") == str(tmp_path / "strategies" / "slow.py")
    assert strategy_at(told, "slow.py:Slow") == str(tmp_path / "strategies" / "slow.py:Slow")
    assert strategy_at(told, "rules:confluence") == "rules:confluence"
    assert data_at(told, "made") == tmp_path / "candles" / "made"
    assert data_at(told, "archive") == tmp_path / "archive"
    assert "slow.py" in [path.name for path in strategy_files(told)]
    assert "notes.txt" not in [path.name for path in strategy_files(told)]
    assert data_sets(told) == [("made", tmp_path / "candles" / "made")]


def test_an_archive_with_candles_is_the_first_data_set(tmp_path: Path) -> None:
    fill(tmp_path, candles=10)
    (tmp_path / "archive" / "candles").mkdir(parents=True)
    # It would be mistaken for the archive.
    (tmp_path / "candles" / "archive").mkdir()

    assert data_sets(job(tmp_path)) == [("archive", tmp_path / "archive"), ("made", tmp_path / "candles" / "made")]


@pytest.mark.parametrize("name", ["", ".", "..", "../out.py", "/etc/passwd", ".slow.py", "a/b.py", "a\0.py", "made"])
def test_no_name_leads_out_of_a_folder(tmp_path: Path, name: str) -> None:
    fill(tmp_path, candles=10)
    (tmp_path / "out.py").write_text("")

    with pytest.raises(SettingsError, match="there is no strategy"):
        strategy_at(job(tmp_path), name)


@given(name=st.text(max_size=60))
def test_whatever_is_named_lies_in_the_folder_or_is_not_there(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    store = tmp_path_factory.getbasetemp() / "any"
    (store / "candles").mkdir(parents=True, exist_ok=True)
    (store / "secret").write_text("")
    try:
        found = data_at(job(store), name)
    except DataError:
        return
    assert found.parent == (store / "candles").resolve() or name == "archive"


def test_links_count_for_where_they_lead(tmp_path: Path) -> None:
    fill(tmp_path, candles=10)
    (tmp_path / "outside.py").write_text("")
    (tmp_path / "strategies" / "out.py").symlink_to(tmp_path / "outside.py")
    (tmp_path / "strategies" / "in.py").symlink_to(tmp_path / "strategies" / "slow.py")
    told = job(tmp_path)

    with pytest.raises(SettingsError):
        strategy_at(told, "out.py")
    assert strategy_at(told, "in.py") == str(tmp_path / "strategies" / "slow.py")


def test_a_run_of_before_is_ours_where_its_strategy_is(tmp_path: Path) -> None:
    fill(tmp_path, candles=10)
    told, ours = job(tmp_path), str(tmp_path / "strategies" / "slow.py")

    assert is_ours(told, ours)
    assert is_ours(told, f"{ours}:Slow")
    assert is_ours(told, "rules:confluence")
    assert not is_ours(told, str(tmp_path / "slow.py"))
    assert not is_ours(told, "slow.py")


def test_without_folders_there_is_nothing(tmp_path: Path) -> None:
    told = job(tmp_path / "nowhere")

    assert (strategy_files(told), data_sets(told)) == ([], [])


def test_what_went_wrong_is_told_in_one_line_without_where_things_lie() -> None:
    assert in_one_line(ValueError("/a/b/c.py,\n line 3"), Path("/a/b/c.py")) == "c.py, line 3"
    assert len(in_one_line(ValueError("x" * 1000), None)) == 300
