import json
from collections.abc import Callable

from tidemark.signals.rules import registry

Tidemark = Callable[..., tuple[int, str, str]]


def test_every_rule_is_listed_with_what_is_set(tidemark: Tidemark) -> None:
    code, output, error = tidemark(
        "rules", "--set", "rules.confluence.enter=71", "--set", "signals.overrides=BTCUSDT whale_flow.enabled=false",
        "--set", "rules.quiet_pause.enabled=false", COLUMNS="80",
    )  # fmt: skip

    assert (code, error) == (0, "")
    for name in (*registry.names(), "enter=71.0", "quiet_pause (off)", "BTCUSDT"):
        assert name in output
    assert "…" not in output


def test_one_rule_is_told_as_json(tidemark: Tidemark) -> None:
    code, output, _ = tidemark("rules", "confluence", "--json", "--set", "rules.confluence.cooldown=2m")

    assert code == 0
    (rule,) = json.loads(output)
    parameters = {one["name"]: one for one in rule["parameters"]}
    assert (rule["name"], rule["kind"], rule["conditions"]) == ("confluence", "trade", {"long": 1, "short": -1})
    assert (parameters["cooldown"]["value"], parameters["cooldown"]["default"]) == ("2m", "15m")
    assert parameters["cooldown"]["source"] == "flag rules.confluence.cooldown"
    assert all(one["help"] and one["allowed"] for one in parameters.values())


def test_a_wrong_parameter_and_a_rule_that_is_not_there_are_one_line(tidemark: Tidemark) -> None:
    for arguments, words in (
        (("rules", "nosuch"), "there is no rule 'nosuch'; there are: confluence"),
        (("rules", "--set", "rules.confluence.enter=7"), "rules.confluence.enter = '7'"),
        (("run", "--set", "rules.confluence.leave=90"), "rules.confluence.leave is 90.0"),
    ):
        code, output, error = tidemark(*arguments)
        assert (code, output, error.count("\n")) == (2, "", 1)
        assert words in error
