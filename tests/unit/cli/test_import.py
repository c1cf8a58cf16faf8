"""`tidemark import` as a user runs it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Tidemark = Callable[..., tuple[int, str, str]]
TEXT = """Date,Open,High,Low,Close,Volume
2024-01-04,100,102,99,101,1000
2024-01-05,101,103,100,102,1100
2024-01-08,25.5,26,25,25.5,4400
2024-01-09,26,27,28,26.5,4500
2024-01-10,26,28,25,27,4600
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ACME.csv"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_what_was_read_and_what_was_not_is_told(tidemark: Tidemark, file: Path, tmp_path: Path) -> None:
    code, output, error = tidemark(
        "import", str(file), "--out", str(tmp_path / "out"), "--most-bad", "20", COLUMNS="200"
    )

    assert (code, error) == (0, "")
    lines = dict(line.split("  ", 1) for line in output.splitlines())
    told = {name: " ".join(text.split()) for name, text in lines.items()}
    assert told[str(file)] == "4 candles of 1d from 5 rows"
    assert told["from"] == "2024-01-04 to 2024-01-10 UTC"
    assert told["volume"] == "Volume"
    # Saturday, Sunday and the Tuesday that was no candle.
    assert told["gaps"].startswith(
        "2, 1 of them over a weekend, 3 candles in all; the longest from 2024-01-05 to 2024-01-08"
    )
    assert told["splits"].endswith("ACME 2024-01-08 102 to 25.5, like 4 for 1")
    assert told["no candles"] == "1 high below low"
    assert Path(told["see"]).read_text(encoding="utf-8").splitlines()[1].startswith("5,high below low,")
    assert Path(told["written to"]) == tmp_path / "out" / "ACME_1d.parquet"


def test_the_same_is_told_as_json(tidemark: Tidemark, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "EURUSD.csv"
    other.write_text("Date,Open,High,Low,Close\n01/02/2024,1,1,1,1\n01/03/2024,1,1,1,1\n", encoding="utf-8")

    code, output, error = tidemark(
        "import", str(file), str(other), "--out", str(tmp_path), "--most-bad", "20", "--dates", "month-first", "--json"
    )

    assert (code, error) == (0, "")
    first, second = json.loads(output)["files"]
    assert (first["candles"], first["bad"], first["splits_found"]) == (4, {"high below low": 1}, 1)
    assert (second["symbols"], second["has_volume"], second["quarantine"]) == (["EURUSD"], False, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--timeframe", "1w"], "'1w' is none; there are 10s, 1m"),
        (["--timezone", "Mars/Olympus"], "'Mars/Olympus' is none"),
        (["--dates", "sometimes"], "there are day-first and month-first"),
        ([], "1 of 5 rows (20 %) are no candles, more than 5 %"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    tidemark: Tidemark, file: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    code, output, error = tidemark("import", str(file), "--out", str(tmp_path / "out"), *arguments)

    assert (code, output, error.count("\n")) == (2, "", 1)
    assert message in error


def test_files_that_would_be_one_are_refused(tidemark: Tidemark, file: Path, tmp_path: Path) -> None:
    twin = tmp_path / "other" / "ACME_1d.csv"
    twin.parent.mkdir()
    twin.write_text(TEXT, encoding="utf-8")

    assert "two files are called 'ACME'" in tidemark("import", str(file), str(twin))[2]
    assert "names one market" in tidemark("import", str(file), str(tmp_path / "b.csv"), "--symbol", "A")[2]


def test_paths_are_told_whole_where_the_screen_is_narrow(tidemark: Tidemark, file: Path, tmp_path: Path) -> None:
    out = tmp_path / ("deep" * 30)

    code, output, _ = tidemark("import", str(file), "--out", str(out), "--most-bad", "20", COLUMNS="80")

    assert code == 0
    assert "…" not in output
    assert str(out / "ACME_1d.parquet") in "".join(output.split())
