"""`tidemark evaluate` as a user runs it."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.candles_of_prices import walk

Tidemark = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    count = 12 * 1440
    made = {name: column for name, column in walk(count).items() if name != "bought"}
    times = 1_700_000_000_000 // 60_000 * 60_000 + np.arange(count) * 60_000
    parquet.write_table(pa.table({**made, "ts": times, "symbol": ["AUSDT"] * count}), folder / "a_1m.parquet")
    return folder


def test_every_figure_is_measured_for_every_horizon(tidemark: Tidemark, data: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    code, output, error = tidemark(
        "evaluate", "--data", str(data), "--horizons", "5m,1h", "--json", "--report", str(page)
    )

    assert (code, error) == (0, "")
    told = json.loads(output)
    names = {(row["kind"], row["name"]) for row in told["rows"]}
    assert ("score", "score") in names
    assert ("factor", "rsi") in names
    assert len(told["rows"]) == 2 * len(names)
    for row in told["rows"]:
        measured = row["measured"]["correlation"]
        assert measured["low"] <= measured["value"] <= measured["high"]
    assert page.is_file()
    assert page.with_suffix(".svg").is_file()
    assert str(data.parent) not in page.read_text()


def test_people_get_a_table(tidemark: Tidemark, data: Path) -> None:
    code, output, _ = tidemark("evaluate", "--data", str(data), "--horizons", "15m", COLUMNS="80")

    assert code == 0
    assert max(map(len, output.splitlines())) <= 80
    # Nothing had to be cut.
    assert "…" not in output
    assert "1 markets" in output
    assert "the score's percentiles" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--timeframe", "7m"), "--timeframe '7m' is none"),
        (("--every", "90s"), "--every 90s is no whole number of 1m candles"),
        (("--horizons", "5m,0s"), "--horizons '0s'"),
        (("--report", "x.html"), "name a file that ends in .md"),
        (("--match", "b*"), "holds no file that matches 'b*'"),
        (("--timeframe", "5m"), "holds no market with 5m candles"),
    ],
)
def test_what_cannot_be_done_says_why(tidemark: Tidemark, data: Path, arguments: tuple[str, ...], words: str) -> None:
    code, output, error = tidemark("evaluate", "--data", str(data), *arguments)

    assert (code, output) == (2, "")
    assert words in error
