import json
from collections.abc import Callable
from pathlib import Path

import pytest

Tidemark = Callable[..., tuple[int, str, str]]
SMALL = ("soak", "--days", "0.021", "--symbols", "2", "--rate", "5", "--calm")


def test_a_small_soak_tells_its_figures_and_every_point(tidemark: Tidemark, tmp_path: Path) -> None:
    page, folder = tmp_path / "soak.html", tmp_path / "kept"
    code, output, errors = tidemark(*SMALL, "--json", "--report", str(page), "--keep", str(folder))
    told = json.loads(output)

    assert (code, errors) == (0, "")
    assert told["passes"]
    assert told["simulated_s"] == pytest.approx(0.021 * 86_400, abs=5)
    assert told["messages"] > 3_000
    assert told["delivered"]["made"] == told["delivered"]["sent"]
    assert told["delivered"]["overdue"] == []
    assert {point["verdict"] for point in told["judgement"]["points"]} <= {"INVALID", "INCONCLUSIVE"}
    assert "anonymous memory grows" in page.read_text(encoding="utf-8")
    assert (folder / "samples-1.jsonl").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--report", "soak.pdf"), "--report soak.pdf: a soak is written as a page; use .html"),
        (("--set", "memory.budget"), "KEY=VALUE"),
        (("--set", "memory.budgt=1GB"), "memory.budgt"),
        (("--days", "0.001"), "--days"),
        (("--profile", "long"), "--profile"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(tidemark: Tidemark, arguments: tuple[str, ...], said: str) -> None:
    code, output, errors = tidemark("soak", *arguments)

    assert code == 2
    assert output == ""
    assert said in errors


def test_a_folder_that_holds_something_is_left_alone(tidemark: Tidemark, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    code, _, errors = tidemark("soak", "--keep", str(tmp_path))

    assert code == 2
    assert "the folder is not empty; name a new one" in errors
