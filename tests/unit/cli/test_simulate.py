import json
from collections.abc import Callable, Iterator

import pytest
import typer

from tidemark.cli.simulate import command
from tidemark.proof.simulation.pair import Result
from tidemark.proof.simulation.schedule import Fault

Tidemark = Callable[..., tuple[int, str, str]]


def test_a_seed_that_holds_is_told_with_its_digest(tidemark: Tidemark) -> None:
    code, output, errors = tidemark("simulate", "--seed", "4", "--length", "5m")
    assert (code, errors) == (0, "")
    assert "everything held; digest" in output

    code, again, _ = tidemark("simulate", "--seed", "4", "--length", "5m", "--json")
    told = json.loads(again)
    assert code == 0
    assert told["failed"] == []
    assert (told["seeds"], told["simulated_s"]) == (1, 600.0)
    assert told["digest"] in output


def test_a_world_that_is_too_short_is_refused(tidemark: Tidemark) -> None:
    code, _, errors = tidemark("simulate", "--length", "1m")

    assert code == 2
    assert errors == "tidemark: --length 1m is too short: faults and their repair take 5m\n"


def test_a_seed_that_fails_is_told_with_its_faults_and_the_way_back_to_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = (
        Fault(kind="gap", at_s=41.5, for_s=9.0, channels=("trade", "book")),
        Fault(kind="clock jump", at_s=60.0, amount=-90.0),
    )

    def worlds(seeds: list[int], **_: object) -> Iterator[Result]:
        for seed in reversed(seeds):
            broken = ("at 99.000 s: the service ended by itself",) if seed == 17 else ()
            yield Result(seed=seed, venue="binance", symbols=5, faults=faults, broken=broken, digest=f"d{seed}")

    monkeypatch.setattr("tidemark.cli.simulate.simulate", worlds)

    with pytest.raises(typer.Exit) as end:
        command(seeds=3, first=16)
    output, errors = capsys.readouterr()
    assert (end.value.exit_code, errors) == (1, "")
    assert "Seed 17: binance, 5 markets" in output
    assert "41.5 s  gap of trade, book, for 9 s" in output
    assert "60.0 s  clock jump, -90" in output
    assert "the service ended by itself" in " ".join(output.split())
    assert "again: tidemark simulate --seed 17 --length 6m --keep failures" in output
    assert "3 seeds, 0.0 simulated hours, 6 faults" in output
    assert output.endswith(": 1 failed\n")

    with pytest.raises(typer.Exit) as end:
        command(seeds=3, first=16, json=True)
    (failed,) = json.loads(capsys.readouterr().out)["failed"]
    assert end.value.exit_code == 1
    assert (failed["seed"], failed["broken"]) == (17, ["at 99.000 s: the service ended by itself"])
    assert [fault["kind"] for fault in failed["faults"]] == ["gap", "clock jump"]
