"""`tidemark wyckoff` as a user runs it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Tidemark = Callable[..., tuple[int, str, str]]


def test_a_truth_is_made_and_a_reader_held_against_it(tidemark: Tidemark, tmp_path: Path) -> None:
    folder = tmp_path / "truth"
    made = tidemark("wyckoff", "generate", "--out", str(folder), "--bars", "5000", "--seed", "7", "--json")
    code, output, error = tidemark("wyckoff", "accuracy", "--dataset", str(folder / "labels.parquet"), "--json")

    assert made[0] == 0
    assert json.loads(made[1])["bars"] == 5000
    assert (code, error) == (0, "")
    told = json.loads(output)
    assert (told["dataset"], told["bars"], told["seed"]) == ("labels.parquet", 5000, None)
    assert len(told["events"]) == 30


def test_people_get_tables_and_a_page(tidemark: Tidemark, tmp_path: Path) -> None:
    page = tmp_path / "accuracy.html"
    code, output, _ = tidemark("wyckoff", "accuracy", "--bars", "4000", "--report", str(page), COLUMNS="80")

    assert code == 0
    assert max(map(len, output.splitlines())) <= 80
    assert "…" not in output
    assert "drawn from the report set with seed 1" in output
    assert "the sets differ in what they are drawn from" in output
    heads = next(line for line in output.splitlines() if line.startswith("event"))
    assert heads.split() == ["event", "hits", "false", "missed", "precision", "recall", "F1", "wanted", "delay", "p90"]
    assert "strength" in output
    assert page.read_text().startswith("<!doctype html>")
    assert page.with_suffix(".cases.jsonl").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nosuch",), "wyckoff 'nosuch' is neither a market (they are written like BTCUSDT) nor one of scan, generate"),
        (("tune",), "wyckoff tune needs --out FILE"),
        (("tune", "--out", "x.txt"), "name a file that ends in .json"),
        (("BTCUSDT", "7h"), "TIMEFRAME '7h' is none; there are 10s, 1m"),
        (("BTCUSDT", "1h", "--data", "nosuch"), "nosuch holds no file"),
        (("scan", "--phase", "Q", "--socket", "x"), "--phase 'Q' is none"),
        (("scan", "--timeframe", "7h"), "--timeframe '7h' is none"),
        (("generate",), "wyckoff generate needs --out FOLDER"),
        (("generate", "--out", "x", "--dataset", "mine"), "--dataset 'mine' cannot be generated"),
        (("accuracy", "--dataset", "nosuch.parquet"), "'nosuch.parquet' is neither tune nor report, and no file"),
        (("accuracy", "--reader", "oracle"), "--reader 'oracle' is none; there are"),
        (("accuracy", "--report", "x.md"), "use .html"),
        (("accuracy", "--bars", "5"), "--bars"),
    ],
)
def test_what_cannot_be_done_says_why(tidemark: Tidemark, arguments: tuple[str, ...], words: str) -> None:
    code, output, error = tidemark("wyckoff", *arguments)

    assert (code, output) == (2, "")
    assert words in error
