import json
from collections.abc import Callable

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
