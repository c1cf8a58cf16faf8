import os
from pathlib import Path

import pytest

from tidemark.proof.simulation import seeds
from tidemark.proof.simulation.schedule import LEAST_S
from tidemark.proof.simulation.seeds import simulate


def dies(answer: object, seed: int, length_s: float, folder: str) -> None:
    """Stands for a process that a fault of an extension module ends."""
    del answer, length_s
    Path(folder, "file").write_text(str(seed))
    os._exit(11)


def test_a_seed_gives_the_same_in_another_process() -> None:
    one, again = simulate([4, 4], length_s=LEAST_S, jobs=2)

    assert one == again
    assert one.broken == ()
    assert one.digest


def test_a_process_that_dies_is_a_finding_and_its_files_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeds, "child", dies)

    results = list(simulate([1, 2], length_s=LEAST_S, jobs=1, keep=tmp_path / "kept"))

    assert [result.seed for result in results] == [1, 2]
    assert all("ended with code 11 and without a word" in result.broken[0] for result in results)
    assert all(result.faults for result in results)
    assert (tmp_path / "kept" / "seed-2" / "file").read_text() == "2"


def test_what_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeds, "_PATIENCE_S", 0.0)

    (result,) = simulate([1], length_s=LEAST_S, jobs=1)

    assert "was not done" in result.broken[0]


def test_the_environment_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeds, "child", dies)
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    list(simulate([1], length_s=LEAST_S, jobs=1))
    assert os.environ["PYTHONHASHSEED"] == "7"

    monkeypatch.delenv("PYTHONHASHSEED")
    list(simulate([1], length_s=LEAST_S, jobs=1))
    assert "PYTHONHASHSEED" not in os.environ
