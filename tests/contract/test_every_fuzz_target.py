"""Whatever module is put into `tests/fuzz/targets` is found and fed; and a run finds every kind of fault."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.fuzz.child import LEAP_BYTES, Alarm, Explorer, Options, Told
from tests.fuzz.minimise import minimised
from tests.fuzz.parent import Outcome, run
from tests.fuzz.target import load, names

ROOT = Path(__file__).resolve().parents[2]
PLANTED = "tests.fuzz.planted"


def fed(**options: object) -> Outcome:
    """What came of a target in a process of its own."""
    plan = msgspec.convert({"target": PLANTED, "seconds": 60.0, "patience_s": 1.0, **options}, Options)
    return run(plan, dict(os.environ), lambda name, told: None)


def explored(folder: Path, name: str, inputs: int, seed: int = 1) -> tuple[Explorer, list[Told]]:
    """A target in this process, without alarm and fence."""
    told: list[Told] = []
    (folder / "work").mkdir(parents=True)
    options = Options(target=name, folder=str(folder), inputs=inputs, seed=seed, patience_s=0.0, follow=4)
    target = load(name)
    explorer = Explorer(options, target, target.opened(folder / "work"), told.append, Alarm())
    explorer.run()
    return explorer, told


def test_those_of_the_readers_are_there() -> None:
    known = {
        "faults", "file_archive", "file_capture", "file_gaps", "file_journal", "file_state", "file_trades",
        "frames_binance", "frames_bybit", "messages_binance", "messages_bybit", "queries_binance", "queries_bybit",
        "questions", "replies_binance", "replies_bybit", "settings_file", "settings_words",
    }  # fmt: skip
    assert known <= set(names())


@pytest.mark.parametrize("name", names())
def test_a_target_says_what_it_feeds_and_takes_its_own_seeds(name: str, tmp_path: Path) -> None:
    target = load(name)
    assert target.__doc__ is not None
    assert len(target.__doc__.splitlines()[0]) > 20
    assert target.seeds() == target.seeds()

    explorer, told = explored(tmp_path, name, inputs=len(target.seeds()) + 60)

    assert [one.finding for one in told if one.finding is not None] == []
    assert told[-1].accepted > 0
    assert told[-1].refused > 0
    assert len(explorer.branches.seen) > 10


def test_the_same_seed_feeds_the_same_inputs(tmp_path: Path) -> None:
    runs = [explored(tmp_path / str(number), "frames_bybit", 1500, seed)[0] for number, seed in enumerate((7, 7, 8))]

    assert runs[0]._corpus == runs[1]._corpus
    assert runs[0]._corpus != runs[2]._corpus


def test_what_reaches_something_is_kept(tmp_path: Path) -> None:
    seeds = len(load("settings_words").seeds())

    explorer, _ = explored(tmp_path, "settings_words", seeds + 150)

    assert len(explorer._corpus) > seeds


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"this is wrong", "error"),
        (b"endless", "hang"),
        (b"stuck", "hang"),
        (b"large", "memory"),
        (b"boundless", "error"),
        (b"dead", "death"),
    ],
)
def test_every_kind_of_fault_is_found_with_its_input(data: bytes, kind: str) -> None:
    outcome = fed(only=base64.b64encode(data).decode())

    assert [(finding.kind, finding.data) for finding in outcome.findings] == [(kind, data)]
    assert not outcome.is_sound


def test_a_leak_of_a_little_an_input_is_found() -> None:
    outcome = fed(target="tests.fuzz.planted_leak", inputs=100_000, fence=0)

    assert [finding.kind for finding in outcome.findings] == ["memory"]
    assert int(outcome.findings[0].where) > LEAP_BYTES


def test_a_fault_is_found_by_itself_and_made_small() -> None:
    outcome = fed(inputs=200_000)

    (finding,) = outcome.findings
    assert (finding.kind, finding.what) == ("error", "ValueError: a fault that nobody planned")
    assert finding.where.startswith("planted.py:")
    assert len(finding.data) <= 5


def test_what_is_honest_or_refused_is_no_fault() -> None:
    for data in (b"honest", b"refused"):
        outcome = fed(only=base64.b64encode(data).decode())
        assert outcome.findings == []
        assert outcome.told is not None
        assert (outcome.told.accepted, outcome.told.refused) == (int(data == b"honest"), int(data == b"refused"))


def test_an_input_is_made_as_small_as_it_goes() -> None:
    assert minimised(b"..a....b...", lambda data: b"a" in data and b"b" in data, lambda: True) == b"ab"
    assert minimised(b"abc", lambda data: False, lambda: True) == b"abc"
    assert minimised(b"abc", lambda data: True, lambda: False) == b"abc"


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_run_ends_with_a_table_and_says_its_seed() -> None:
    done = command("replies_bybit", "queries_bybit", "--inputs", "300", "--seed", "5")

    assert done.returncode == 0, done.stderr
    assert "seed 5" in done.stderr
    assert all(word in done.stdout for word in ("replies_bybit", "queries_bybit", "branches", "300"))


def test_a_finding_fails_the_run_and_says_how_to_see_it_again() -> None:
    found = command(PLANTED, "--input", base64.b64encode(b"wrong").decode())
    fine = command(PLANTED, "--input", base64.b64encode(b"honest").decode())

    assert (found.returncode, fine.returncode) == (1, 0)
    assert "a fault that nobody planned" in found.stdout
    assert "taken" in fine.stdout


def test_help_shows_examples_and_every_target() -> None:
    done = command("--help")

    assert "Examples:" in done.stdout
    assert all(name in done.stdout for name in names())


@pytest.mark.parametrize("arguments", [["nosuch"], ["--for", "soon"], ["--input", "x"], ["faults", "--input", "?"]])
def test_what_is_not_understood_is_refused(arguments: list[str]) -> None:
    assert command(*arguments).returncode == 2
