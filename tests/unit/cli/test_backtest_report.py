import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from tests.backtest_files import begun, environment

Tidemark = Callable[..., tuple[int, str, str]]
NAME = "<b>mean</b> & cross"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The home of somebody who began with a strategy, and ran it once."""
    home = tmp_path_factory.mktemp("home")
    return home, begun(home, ("AUSDT", "BUSDT"), 10_000, "--param", "stop=0.01", "--name", NAME)


@pytest.fixture
def home(first: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """It, in which commands are called."""
    monkeypatch.chdir(first[0])
    return first[0]


@pytest.fixture
def run(first: tuple[Path, dict[str, Any]]) -> dict[str, Any]:
    return first[1]


def test_a_run_is_written_as_a_page_and_as_a_pdf(tidemark: Tidemark, run: dict[str, Any], home: Path) -> None:
    code, output, said = tidemark("backtest", "report", run["id"], HOME=str(home))
    page = (home / f"{run['id']}.html").read_text(encoding="utf-8")

    assert (code, said) == (0, "")
    assert output.startswith(f"{run['id']}.html: ")
    assert "&lt;b&gt;mean&lt;/b&gt; &amp; cross" in page
    assert "<b>mean" not in page
    assert page.count("<svg") == page.count("</svg>") > 5
    assert run["result"]["digest"] in page

    code, output, said = tidemark("backtest", "report", run["id"], "--out", "made/report.pdf", "--json", HOME=str(home))
    assert (code, said) == (0, "")
    told = json.loads(output)
    assert (told["run"], told["file"]) == (run["id"], "made/report.pdf")
    assert (home / "made" / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert [path.name for path in (home / "made").iterdir()] == ["report.pdf"]


def test_trips_and_equity_are_written_for_other_programs(tidemark: Tidemark, run: dict[str, Any], home: Path) -> None:
    trips = run["result"]["trips"]

    assert tidemark("backtest", "export", run["id"], "--out", "trips.parquet", HOME=str(home))[0] == 0
    code, output, _ = tidemark("backtest", "export", run["id"], "--out", "trips.csv", "--json", HOME=str(home))
    assert code == 0
    assert json.loads(output)["rows"] == trips
    table = parquet.read_table(home / "trips.parquet")
    with (home / "trips.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["profit"]) for row in rows] == table["profit"].to_pylist()
    assert len(rows) == trips > 20

    code, printed, said = tidemark("backtest", "export", run["id"], "--what", "equity", "--out", "-", HOME=str(home))
    assert (code, said) == (0, "")
    last = list(csv.DictReader(io.StringIO(printed)))[-1]
    assert float(last["equity"]) == run["result"]["end"]


def test_who_reads_what_is_printed_may_stop_early(run: dict[str, Any], home: Path) -> None:
    """As `| head -1` does: many more rows than a pipe takes, and nobody for them."""
    command = [sys.executable, "-m", "tidemark", "backtest", "export", run["id"], "--out", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(home)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"number,")
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (0, b"")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "{id}", "--out", "report.doc"], "--out report.doc: its ending says"),
        (["report", "{id}", "--out", "mean_cross.py/report.html"], "cannot be written"),
        (["report", "nothing"], "no run 'nothing'"),
        (["export", "{id}", "--out", "trips.xlsx"], "--out trips.xlsx: its ending says"),
        (["export", "{id}", "--out", "trips.csv", "--what", "orders"], "--what 'orders' is none"),
        (["export", "{id}", "--out", "-", "--json"], "take one of them"),
        (["export", "nothing", "--out", "-"], "no run 'nothing'"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    tidemark: Tidemark, run: dict[str, Any], home: Path, arguments: list[str], said: str
) -> None:
    code, output, told = tidemark("backtest", *(one.replace("{id}", run["id"]) for one in arguments), HOME=str(home))

    assert (code, output) == (2, "")
    assert told.count("\n") == 1
    assert said in told
