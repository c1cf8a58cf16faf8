"""What the command does, in this process."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.candles_of_prices import walk

from tidemark.analysis.wyckoff.profile import DEFAULT
from tidemark.cli import wyckoff_truth
from tidemark.cli.wyckoff_truth import accuracy, generate
from tidemark.errors import CaptureError


def test_real_candles_are_shuffled_for_a_third_negative(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = {name: column for name, column in walk(2000).items() if name != "bought"}
    times = 1_700_000_000_000 // 3_600_000 * 3_600_000 + np.arange(2000) * 3_600_000
    parquet.write_table(pa.table({**made, "ts": times, "symbol": ["AUSDT"] * 2000}), tmp_path / "a_1h.parquet")

    accuracy("tune", 2000, 1, "textbook", tmp_path, None, quick=False, json=True)

    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told["negatives"]] == ["random walk", "GARCH", "shuffled candles"]
    assert told["dataset"] == "tune"


def test_a_folder_without_enough_candles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError):
        accuracy("tune", 2000, 1, "textbook", tmp_path, None, quick=False, json=True)


def test_quick_is_a_tenth(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wyckoff_truth, "TESTED_BARS", 20_000)

    accuracy("report", None, 1, "textbook", None, None, quick=True, json=True)

    assert json.loads(capsys.readouterr().out)["bars"] == 2000


def test_the_engine_does_better_than_the_plain_rules(capsys: pytest.CaptureFixture[str]) -> None:
    f1 = {}
    for reader in (DEFAULT, "textbook"):
        accuracy("report", 20_000, 1, reader, None, None, quick=False, json=True)
        events = json.loads(capsys.readouterr().out)["events"]
        f1[reader] = next(one["f1"]["value"] for one in events if one["event"] == "CLIMAX")

    assert f1[DEFAULT] > f1["textbook"] + 0.2


def test_what_was_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate(tmp_path, "tune", 2000, 1, json=False)

    told = capsys.readouterr().out
    assert told.startswith(f"2,000 bars of 1 series: {tmp_path / 'candles.parquet'}\n")
    assert str(tmp_path / "labels.parquet") in told
