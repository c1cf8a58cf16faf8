import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.backtest_files import begun

from tidemark.backtest.baselines.checking import Moved, Outcome, Verdict
from tidemark.cli.backtest_baseline import line_of

Tidemark = Callable[..., tuple[int, str, str]]
CHECK = ("backtest", "baseline", "check")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The home of somebody who began with a strategy, and the id of its run."""
    home = tmp_path_factory.mktemp("home")
    (home / "empty.json").write_text('{"baselines": {}}')
    return home, str(begun(home, ("AUSDT",), 3000, "--shuffles", "0")["id"])


@pytest.fixture
def home(first: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """It, in which commands are called."""
    monkeypatch.chdir(first[0])
    return first[0]


@pytest.fixture
def team(first: tuple[Path, str]) -> str:
    return first[1]


def test_a_team_sets_a_baseline_and_sees_what_becomes_of_it(tidemark: Tidemark, team: str, home: Path) -> None:
    code, output, said = tidemark(
        "backtest", "baseline", "set", team, "--tolerance", "total_return=0.5", HOME=str(home)
    )
    assert (code, said) == (0, "")
    assert output.startswith("mean_cross is new in baselines.json: ")
    assert tidemark("backtest", "baseline", "set", team, "--name", "again", "--json", HOME=str(home))[0] == 0
    kept = json.loads((home / "baselines.json").read_text())["baselines"]
    assert list(kept) == ["again", "mean_cross"]
    assert kept["mean_cross"]["figures"]["total_return"]["tolerance"] == "0.5"
    assert kept["mean_cross"]["request"]["strategy"] == "mean_cross.py"

    code, output, said = tidemark(*CHECK, HOME=str(home))
    assert (code, said) == (0, "")
    lines = output.splitlines()
    assert [line.partition(";")[0] for line in lines] == ["again: golden-equal", "mean_cross: golden-equal"]
    # What was run again has left nothing behind.
    assert len(json.loads(tidemark("backtest", "list", "--json", HOME=str(home))[1])["runs"]) == 1

    strategy = home / "mean_cross.py"
    kept_text = strategy.read_text()
    strategy.write_text(kept_text.replace("target(-1.0", "target(-0.5"))
    code, output, said = tidemark(*CHECK, "--json", HOME=str(home))
    told = json.loads(output)
    assert (code, said, told["passed"]) == (1, "", False)
    assert {one["name"]: one["outcome"] for one in told["baselines"]}["again"] == "outside"
    moved = {one["figure"]: one["is_within"] for one in told["baselines"][1]["moved"]}
    assert moved["total_return"]
    assert tidemark(*CHECK, team, "--name", "again", HOME=str(home))[:2] == (0, lines[0] + "\n")
    strategy.write_text(kept_text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set", "{id}", "--tolerance", "sharpe"], "--tolerance 'sharpe' is not understood"),
        (["set", "{id}", "--tolerance", "sharpe=wide"], "a tolerance of 'wide' is none"),
        (["set", "{id}", "--tolerance", "sharp=1"], "there is no figure 'sharp'"),
        (["set", "nothing"], "no run 'nothing'"),
        (["check", "--file", "nothing.json"], "there is no nothing.json"),
        (["check", "--file", "empty.json", "--name", "mean"], "has no baseline 'mean'; it has none"),
        (["check", "{id}", "--file", "empty.json"], "has no baseline 'mean_cross'"),
        (["check", "--file", "mean_cross.py"], "is no file of baselines"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    tidemark: Tidemark, team: str, home: Path, arguments: list[str], said: str
) -> None:
    code, output, told = tidemark(
        "backtest", "baseline", *(one.replace("{id}", team) for one in arguments), HOME=str(home)
    )

    assert (code, output) == (2, "")
    assert told.count("\n") == 1
    assert said in told


def test_a_line_says_what_is_beyond_its_band_first_and_what_is_other() -> None:
    near = Moved(figure="win_rate", was=0.5, now=0.501, tolerance="1%", is_within=True)
    far = Moved(figure="sharpe", was=None, now=1.25, tolerance="0.05", is_within=False)
    verdict = Verdict(
        name="a", outcome=Outcome.OUTSIDE, trips=7, moved=(near, far), differs=("code 1 is now 2",)
    )  # fmt: skip

    assert line_of(verdict) == (
        "a: outside; sharpe was not defined and is 1.25, beyond 0.05; win_rate was 0.5 and is 0.501; code 1 is now 2"
    )
    assert line_of(Verdict(name="b", outcome=Outcome.FAILED, error="of\ntwo lines")) == "b: failed; of two lines"
