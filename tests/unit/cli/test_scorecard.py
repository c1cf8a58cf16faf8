import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tests.signal_records import outcome, signal

from tidemark.cli.scorecard import bar
from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Record, Side
from tidemark.signals.scorecard import BLOCK_NS
from tidemark.signals.statistics import Interval
from tidemark.store.signal_log import SignalLog
from tidemark.units import MIB, MINUTE

Tidemark = Callable[..., tuple[int, str, str]]
APART = BLOCK_NS // MINUTE


def lived(folder: Path, count: int) -> str:
    """So many graded signals with a random entry each, in blocks of their own; every other one is short."""
    rng = np.random.default_rng(5)
    records: list[Record] = []
    for number in range(count):
        side, name = (Side.LONG, "long") if number % 2 else (Side.SHORT, "short")
        one = signal(number * APART, side=side, name=name, score=72.0 if side is Side.LONG else 28.0)
        records += [one, outcome(one, 1.0 + float(rng.normal()) / 4), outcome(one, float(rng.normal()), is_null=True)]
    SignalLog(folder / "bybit" / "signals", MIB, Ledger()).offer(records)
    return f"store.folder={folder}"


def test_what_is_worth_something_is_told_with_its_intervals(tidemark: Tidemark, tmp_path: Path) -> None:
    code, output, error = tidemark("scorecard", "--set", lived(tmp_path, 40))

    assert (code, error) == (0, "")
    row = next(line for line in output.splitlines() if line.startswith("confluence"))
    assert row.split()[1:3] == ["40", "40"]
    assert "better than chance (p = 0.0005)" in " ".join(output.split())
    assert "●" in row
    assert "70 to 75" in output
    assert "40 trades" in output


def test_the_same_as_json_grouped_by_two_keys(tidemark: Tidemark, tmp_path: Path) -> None:
    store = lived(tmp_path, 40)
    code, output, _ = tidemark("scorecard", "--set", store, "--by", "rule,side", "--json")

    assert code == 0
    told = json.loads(output)
    assert [(card["rule"], card["side"], card["n"]) for card in told["cards"]] == [
        ("confluence", -1, 20),
        ("confluence", 1, 20),
    ]
    assert (told["outcomes"], told["is_cut"], told["calibration"]["n"]) == (80, False, 40)


def test_too_few_is_said(tidemark: Tidemark, tmp_path: Path) -> None:
    _, output, _ = tidemark("scorecard", "--set", lived(tmp_path, 5))

    assert "too few: 5 trades in 5 blocks" in " ".join(output.split())


def test_nothing_and_what_is_not_understood(tidemark: Tidemark, tmp_path: Path) -> None:
    store = f"store.folder={tmp_path}"
    assert "nothing has ended yet" in tidemark("scorecard", "--set", store)[1]
    for arguments, words in (
        (("--by", "colour"), "--by 'colour' is not understood; there are: rule, symbol, regime, side"),
        (("--by", "rule,rule"), "each once"),
        (("--rule", "nosuch"), "--rule 'nosuch' is not known"),
    ):
        code, output, error = tidemark("scorecard", "--set", store, *arguments)
        assert (code, output) == (2, "")
        assert words in error


def test_a_bar_stays_within_its_ends() -> None:
    assert bar(9.0, Interval(-9.0, 9.0), -1.0, 1.0).plain == "━" * 20 + "●"
    assert bar(None, None, -1.0, 1.0).plain == " " * 21
    assert bar(0.0, None, -1.0, 1.0).plain == "·" * 10 + "●" + "·" * 10
