import json
from collections.abc import Callable
from pathlib import Path

from tidemark.backtest.strategies.loading import load

Tidemark = Callable[..., tuple[int, str, str]]


def test_a_strategy_is_written_that_runs(tidemark: Tidemark, tmp_path: Path) -> None:
    code, output, told = tidemark("new-strategy", str(tmp_path / "ideas" / "mean_cross"), "--json")

    assert (code, told) == (0, "")
    assert json.loads(output) == {"file": str(tmp_path / "ideas" / "mean_cross.py"), "strategy": "MeanCross"}
    assert load(json.loads(output)["file"]).kind.__name__ == "MeanCross"


def test_it_says_how_it_is_tried(tidemark: Tidemark, tmp_path: Path) -> None:
    path = tmp_path / "cross.py"

    code, output, _ = tidemark("new-strategy", str(path))

    assert code == 0
    assert f"tidemark backtest run {path}" in output.replace("\n", "")


def test_nothing_is_written_over(tidemark: Tidemark, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("mine")

    code, _, told = tidemark("new-strategy", str(path))

    assert (code, path.read_text()) == (2, "mine")
    assert "is there already" in told


def test_a_name_that_is_none_is_told(tidemark: Tidemark, tmp_path: Path) -> None:
    code, _, told = tidemark("new-strategy", str(tmp_path / "1st idea"))

    assert code == 2
    assert "is no name for a strategy" in told


def test_a_place_that_cannot_be_written_is_told(tidemark: Tidemark, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    code, _, told = tidemark("new-strategy", str(tmp_path / "file" / "mine"))

    assert code == 2
    assert "cannot be written: " in told
