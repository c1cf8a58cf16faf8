import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.sweeps import CROSS, Home, home

Tidemark = Callable[..., tuple[int, str, str]]
GRID = ("--grid", "fast=3,6,9", "--grid", "slow=12,24")
# Sleeps in each trial for as long as a file is there.
SLOW = CROSS.replace(
    "        return np.where",
    """
        import pathlib, time
        while self.fast == 9 and pathlib.Path(PLACE).exists():
            time.sleep(0.02)
        return np.where""",
)


@pytest.fixture
def made(tmp_path: Path) -> Home:
    return home(tmp_path)


def swept(tidemark: Tidemark, made: Home, *more: str) -> dict[str, Any]:
    code, output, told = tidemark(
        "backtest", "sweep", "run", made.strategy, "--data", made.data, "--json", *more
    )  # fmt: skip
    assert (code, told) == (0, "")
    found: dict[str, Any] = json.loads(output)
    return found


def test_a_sweep_is_told_listed_shown_and_removed(tidemark: Tidemark, made: Home) -> None:
    found = swept(tidemark, made, *GRID, "--jobs", "1", "--name", "first")

    assert (found["state"], found["done"], found["failed"]) == ("done", 6, 0)
    assert found["top"][0] == found["summary"]["best"]
    values = [one["value"] for one in found["top"]]
    assert values == sorted(values, reverse=True)

    _, ran, _ = tidemark(
        "backtest", "run", made.strategy, "--data", made.data, "--json", "--shuffles", "0",
        *(f"--param={name}={value}" for name, value in found["top"][0]["parameters"].items()),
    )  # fmt: skip
    assert json.loads(ran)["result"]["digest"] == found["top"][0]["digest"]

    _, listed, _ = tidemark("backtest", "sweep", "list")
    assert found["id"] in listed
    assert "6 of 6" in listed

    _, shown, _ = tidemark("backtest", "sweep", "show", "first", "--top", "2")
    assert "grid over fast, slow" in shown
    assert "probability of overfitting" in shown
    assert shown.count("%  ") >= 4

    assert tidemark("backtest", "sweep", "rm", "first")[1] == f"removed {found['id']}\n"
    assert "no sweeps yet" in tidemark("backtest", "sweep", "list")[1]


def test_a_walk_forward_tells_its_windows_and_all_tests_joined(tidemark: Tidemark, made: Home) -> None:
    how = (*GRID, "--walk", "train=20d,test=5d,purge=1d,embargo=1d", "--by", "total_return", "--jobs", "2")
    found = swept(tidemark, made, *how)
    code, shown, _ = tidemark("backtest", "sweep", "show", found["id"])

    walked = found["summary"]["walked"]
    assert len(walked["windows"]) == 3
    assert len(found["equity"]) == 15
    assert found["equity"][-1][1] == pytest.approx(walked["end"])
    assert code == 0
    assert "total return in training" in shown
    assert "windows that were worse in test" in shown
    assert "no whole test, and were not used: 4" in shown


def test_the_same_comes_of_a_local_cluster(tidemark: Tidemark, made: Home) -> None:
    one = swept(tidemark, made, *GRID, "--jobs", "1")
    many = swept(tidemark, made, *GRID, "--local-cluster", "2")

    assert one["summary"] == many["summary"]
    assert one["top"] == many["top"]


def test_ctrl_c_keeps_what_is_done_and_resume_goes_on(tidemark: Tidemark, made: Home) -> None:
    place = made.folder / "wait"
    Path(made.strategy).write_text(
        "from tidemark.backtest.strategies.base import Context, Strategy\n" + SLOW.replace("PLACE", repr(str(place)))
    )
    place.touch()
    environment = {"HOME": str(made.folder / "home"), "PATH": ""}
    arguments = ["backtest", "sweep", "run", made.strategy, "--data", made.data, *GRID, "--jobs", "2"]
    with subprocess.Popen(
        [sys.executable, "-m", "tidemark", *arguments], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        for _ in range(600):
            _, listed, _ = tidemark("backtest", "sweep", "list", "--json", HOME=environment["HOME"])
            during = json.loads(listed)["sweeps"]
            if during and during[0]["done"] == 4:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        said = process.stderr.read()
    place.unlink()
    _, listed, _ = tidemark("backtest", "sweep", "list", "--json", HOME=environment["HOME"])
    (left,) = json.loads(listed)["sweeps"]

    code, output, _ = tidemark("backtest", "sweep", "resume", left["id"], "--json", HOME=environment["HOME"])

    assert (during[0]["state"], left["state"], left["done"]) == ("running", "interrupted", 4)
    assert f"go on with: tidemark backtest sweep resume {left['id']}" in said
    assert process.returncode == 2
    whole = json.loads(output)
    assert (code, whole["state"], whole["done"]) == (0, "done", 6)
    assert whole["top"] == swept(tidemark, made, *GRID, "--jobs", "1")["top"]


def test_a_recording_is_no_data_of_a_sweep(tidemark: Tidemark, made: Home) -> None:
    recording = made.folder / "capture.zst"
    recording.touch()

    code, _, told = tidemark("backtest", "sweep", "run", made.strategy, "--data", str(recording), *GRID)

    assert code == 2
    assert "is a recording; a sweep goes over candles" in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--grid", "length=1,2"), "Cross has no parameter 'length'"),
        ((), "nothing is to be tried"),
        ((*GRID, "--by", "luck"), "'luck' is no figure"),
        ((*GRID, "--jobs", "2", "--local-cluster", "2"), "--jobs and --local-cluster both say who does the trials"),
        ((*GRID, "--walk", "train=90d,test=30d"), "one window takes 120"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    tidemark: Tidemark, made: Home, arguments: tuple[str, ...], words: str
) -> None:
    code, output, told = tidemark("backtest", "sweep", "run", made.strategy, "--data", made.data, *arguments)

    assert (code, output) == (2, "")
    assert words in told
    assert told.count("\n") == 1
