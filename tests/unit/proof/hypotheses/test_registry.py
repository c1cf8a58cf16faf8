import importlib
import inspect
from pathlib import Path

import pytest
from tests.samples import recording, run, sample, series

import tidemark.proof.hypotheses
from tidemark.memory.growth import Growth
from tidemark.proof.hypotheses.registry import find_all, names
from tidemark.proof.run import Run

FOUND = dict(find_all())


def test_every_module_of_the_folder_is_found() -> None:
    folder = Path(next(iter(tidemark.proof.hypotheses.__path__)))
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "base", "registry"}

    assert set(names()) == set(FOUND) == files
    assert len(files) >= 20


@pytest.mark.parametrize("name", names())
def test_a_hypothesis_is_a_claim_in_a_sentence_and_a_judge(name: str) -> None:
    module = importlib.import_module(f"tidemark.proof.hypotheses.{name}")
    claim = (module.__doc__ or "").splitlines()[0]

    assert claim.endswith(".")
    assert claim.count(".") == 1
    assert list(inspect.signature(module.judge).parameters) == ["run"]
    assert inspect.getdoc(module.judge)


@pytest.mark.parametrize("name", names())
def test_a_process_in_order_makes_no_claim_valid(name: str) -> None:
    answer = FOUND[name].judge(run(sample))

    assert answer.verdict is Growth.INVALID
    assert answer.words
    assert "\n" not in answer.words


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("count", [1, 2, 20])
def test_the_shortest_run_is_answered_too(name: str, count: int) -> None:
    samples = [sample(0.0)] if count == 1 else series(sample, 10.0, count)

    answer = FOUND[name].judge(Run(recording(samples)))

    assert answer.verdict is not Growth.VALID
    assert answer.words
