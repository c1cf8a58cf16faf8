import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.backtests import QUICK, file_of, walk
from tests.recorded_rules import ASKED, lived

from tidemark.backtest.strategies.template import written
from tidemark.model.signal import Signal
from tidemark.units import MILLISECOND

Tidemark = Callable[..., tuple[int, str, str]]
CANDLES = 3000
SLOW = """
import time

class Slow(Strategy):
    def on_candle(self, ctx: Context) -> None:
        ctx.target(1.0 if ctx.candles % 20 < 10 else -1.0)
        if ctx.candles == 2000:
            print("there", flush=True)
            time.sleep(WAIT)
"""
AHEAD = """
import numpy as np

class Ahead(Strategy):
    def signals(self, stretch):
        return np.where(stretch.close > stretch.close.mean(), 1, -1)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with candles of two markets and a strategy."""
    for number, name in enumerate(("AUSDT", "BUSDT")):
        bars = walk(CANDLES, number + 1)
        columns: dict[str, Any] = {
            name: getattr(bars, name) for name in ("open", "high", "low", "close", "volume")
        }  # fmt: skip
        (tmp_path / "candles").mkdir(exist_ok=True)
        parquet.write_table(
            pa.table({"ts": bars.open_time // MILLISECOND, **columns}), tmp_path / "candles" / f"{name}.parquet"
        )
    (tmp_path / "mean_cross.py").write_text(written("mean_cross"))
    return tmp_path


def ran(tidemark: Tidemark, home: Path, *more: str) -> dict[str, Any]:
    code, output, told = tidemark(
        "backtest", "run", str(home / "mean_cross.py"), "--data", str(home / "candles"), "--json", *more
    )  # fmt: skip
    assert (code, told) == (0, "")
    made: dict[str, Any] = json.loads(output)
    return made


def test_a_run_is_told_listed_shown_compared_and_removed(tidemark: Tidemark, home: Path) -> None:
    one = ran(tidemark, home, "--param", "fast=5", "--param", "slow=20", "--name", "first")
    other = ran(tidemark, home, "--param", "fast=5", "--param", "slow=20", "--model", "fees.use=none")

    assert one["state"] == "done"
    assert one["data"]["markets"] == ["AUSDT", "BUSDT"]
    assert one["result"]["trips"] == other["result"]["trips"] > 20
    assert other["result"]["all"]["fees"]["value"] == 0.0
    assert one["result"]["end"] < other["result"]["end"]

    _, listed, _ = tidemark("backtest", "list", "--json")
    assert [run["id"] for run in json.loads(listed)["runs"]] == [other["id"], one["id"]]

    _, shown, _ = tidemark("backtest", "show", "first", "--trips", "2")
    assert f"{one['id']}: done" in shown
    assert "fast=5, slow=20" in " ".join(shown.split())
    assert shown.count("USDT  ") >= 2

    _, compared, _ = tidemark("backtest", "compare", "first", other["id"], "--json")
    told = json.loads(compared)
    assert {row["name"]: (row["first"], row["second"]) for row in told["asked"]}["model fees.use"] == ("venue", "none")
    assert told["same"] is False

    assert tidemark("backtest", "rm", one["id"], other["id"])[0] == 0
    assert "no runs yet" in tidemark("backtest", "list")[1]


def test_markets_and_days_are_chosen(tidemark: Tidemark, home: Path) -> None:
    made = ran(tidemark, home, "--symbol", "BUSDT", "--from", "2024-01-02", "--to", "2024-01-02T12:00")

    assert made["data"]["markets"] == ["BUSDT"]
    assert made["data"]["candles"] == 720
    assert set(made["result"]["groups"]["symbol"]) <= {"BUSDT"}


def test_a_run_that_is_killed_keeps_what_it_had_and_is_resumed(tidemark: Tidemark, home: Path) -> None:
    path = Path(file_of(home / "slow.py", SLOW))
    path.write_text(
        path.read_text().replace("WAIT", "60 if (__import__('pathlib').Path(__file__).parent / 'wait').exists() else 0")
    )
    (home / "wait").touch()
    arguments = ["backtest", "run", str(path), "--data", str(home / "candles"), "--symbol", "AUSDT", "--batch", "10"]
    environment = {"HOME": str(home / "home"), "PATH": ""}
    with subprocess.Popen(
        [sys.executable, "-m", "tidemark", *arguments], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        _, during, _ = tidemark("backtest", "list", "--json", HOME=str(home / "home"))
        process.send_signal(signal.SIGKILL)
    (home / "wait").unlink()

    _, listed, _ = tidemark("backtest", "list", "--json", HOME=str(home / "home"))
    (left,) = json.loads(listed)["runs"]
    code, output, _ = tidemark("backtest", "resume", left["id"], "--json", HOME=str(home / "home"))
    _, whole, _ = tidemark(*arguments, "--json", HOME=str(home / "home"))

    assert json.loads(during)["runs"][0]["state"] == "running"
    assert (left["state"], left["error"]) == ("interrupted", "its process ended before it was done")
    assert code == 0
    assert json.loads(output.splitlines()[-1])["result"] == json.loads(whole.splitlines()[-1])["result"]


def test_who_looks_ahead_does_not_pass(tidemark: Tidemark, home: Path) -> None:
    where, candles = file_of(home / "ahead.py", AHEAD), str(home / "candles")

    code, output, _ = tidemark("backtest", "check", where, "--data", candles, "--symbol", "AUSDT")
    clean, told, _ = tidemark("backtest", "check", str(home / "mean_cross.py"), "--data", candles, "--json")

    assert code == 1
    assert "looks ahead: where the candles end at 2024-01-" in output.replace("\n", " ")
    assert clean == 0
    assert json.loads(told)["changes"] == []
    assert [one["name"] for one in json.loads(told)["forgetting"]] == ["fast", "slow"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "{home}/nothing.py", "--data", "{home}/candles"], "no strategy at"),
        (["run", "{home}/mean_cross.py", "--data", "{home}/nothing"], "nothing"),
        (["run", "{home}/mean_cross.py", "--data", "{home}/candles", "--param", "fast"], "--param 'fast'"),
        (["run", "{home}/mean_cross.py", "--data", "{home}/candles", "--param", "fats=1"], "no parameter 'fats'"),
        (["run", "{home}/mean_cross.py", "--data", "{home}/candles", "--model", "fees.us=none"], "fees.use"),
        (["run", "{home}/mean_cross.py", "--data", "{home}/candles", "--symbol", "XUSDT"], "'XUSDT'"),
        (["run", "{home}/mean_cross.py", "--data", "{home}/candles", "--from", "soon"], "--from 'soon' is no date"),
        (["run", "{home}/mean_cross.py", "--data", "{home}/candles", "--from", "2030-01-01"], "2024-01-01 to"),
        (["run", "{home}/mean_cross.py", "--data", "{home}/candles", "--timeframe", "7m"], "--timeframe '7m'"),
        (["show", "nothing"], "no run 'nothing'"),
        (["rm", "nothing"], "no run 'nothing'"),
        (["resume", "nothing"], "no run 'nothing'"),
        (["compare", "a", "b"], "no run 'a'"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tidemark: Tidemark, home: Path, arguments: list[str], said: str) -> None:
    code, output, told = tidemark("backtest", *(one.replace("{home}", str(home)) for one in arguments))

    assert (code, output) == (2, "")
    assert told.count("\n") == 1
    assert said in told
    assert "no runs yet" in tidemark("backtest", "list")[1]


def test_rules_are_run_told_and_checked_as_strategies_are(tidemark: Tidemark, home: Path) -> None:
    given = [part for name, text in QUICK.items() for part in ("--param", f"{name}={text}")]
    asked = ("--data", str(home / "candles"), "--symbol", "AUSDT", "--to", "2024-01-01T05:00", "--shuffles", "0")
    # What the settings say of the engine holds as well, and what is given for the run wins.
    code, output, _ = tidemark(
        "backtest", "run", "rules", *asked, "--json", "--set", "rules.confluence.first_target=0.5",
        "--set", "rules.confluence.wait=9m", *given,
    )  # fmt: skip

    assert code == 0
    made = json.loads(output)
    assert made["state"] == "done"
    assert made["result"]["trips"] > 0
    assert list(made["result"]["groups"]["tag"]) == ["confluence"]
    assert made["settings"]["parameters"]["confluence.first_target"] == "0.5"
    assert made["settings"]["parameters"]["confluence.wait"] == "2m"
    missing = {one["rule"]: one["missing"] for one in made["result"]["rules"]}
    assert missing["whale_flow"] == ["large_bought", "large_sold", "usual_turnover"]

    _, shown, _ = tidemark("backtest", "show", "rules")
    assert "could not speak" in shown
    assert "whale_flow" in shown


def test_a_rule_that_there_is_none_of_is_told_with_those_that_there_are(tidemark: Tidemark, home: Path) -> None:
    code, _, told = tidemark("backtest", "run", "rules:sprong", "--data", str(home / "candles"))

    assert code == 2
    assert "'sprong' is no rule; those that trade are confluence," in told


def test_rules_are_run_over_what_was_recorded(tidemark: Tidemark, tmp_path: Path) -> None:
    told = lived(tmp_path / "recording")
    given = [part for name, text in ASKED.items() for part in ("--param", f"{name}={text}")]

    code, output, _ = tidemark("backtest", "run", "rules", "--data", str(tmp_path / "recording"), "--json", *given)

    assert code == 0
    made = json.loads(output)
    signals = {one["rule"]: one["signals"] for one in made["result"]["rules"]}
    assert signals["confluence"] == sum(isinstance(one, Signal) and one.rule == "confluence" for one in told)
    assert made["data"]["markets"] == ["BTCUSDT", "ETHUSDT"]
    assert made["result"]["luck"]["shuffled"]["p"]["why"] == "a recording can be read in its order alone"
    code, _, said = tidemark("backtest", "check", "rules", "--data", str(tmp_path / "recording"))
    assert code == 2
    assert "a recording is not cut" in said
