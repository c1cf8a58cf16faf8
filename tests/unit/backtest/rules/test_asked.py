import pytest

from tidemark.backtest.rules.asked import (
    Trading,
    asked,
    digest_of,
    is_rules,
    parameters_from,
    parameters_of,
    settable,
    text_of,
)
from tidemark.errors import SettingsError
from tidemark.settings.settings import load


def test_all_rules_that_trade_are_asked_for_or_those_that_are_named() -> None:
    everything = asked("rules", {"whale_flow.enabled": "false"})
    some = asked("rules:spring_long, utad_short", {})

    assert "confluence" in everything.rules
    # One that only tells something is on, and trades nothing.
    assert not {"whale_flow", "regime_change"} & set(everything.rules)
    assert everything.settings.ruled()[0]["regime_change"].enabled
    assert some.rules == ("spring_long", "utad_short")
    assert not some.settings.ruled()[0]["confluence"].enabled
    assert is_rules("rules")
    assert not is_rules("rules.py")


def test_parameters_are_of_rules_of_the_engine_and_of_the_trading() -> None:
    made = asked("rules", {"spring_long.depth": "0.2", "wyckoff.signals": "5m", "risk": "0.005", "target": "first"})

    assert made.settings.ruled()[0]["spring_long"].depth == 0.2  # type: ignore[attr-defined]
    assert made.settings.wyckoff.signals == "5m"
    assert made.trading == Trading(risk=0.005, target="first")
    assert parameters_of(made) == {
        "risk": 0.005, "share": 0.25, "target": "first", "warm_up": "30m", "spring_long.depth": "0.2",
        "wyckoff.signals": "5m",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "parameters", "said"),
    [
        ("rules:spring", {}, "'spring' is no rule; those that trade are confluence, "),
        ("rules:regime_change", {}, "'regime_change' only tells something; those that trade are confluence, "),
        ("rules:", {}, "'rules:' names no rule; write rules, or rules:confluence"),
        ("rules", {"signals.enabled": "false"}, "no rule that trades is on"),
        ("rules", {"spring_long.deep": "1"}, "there is no setting rules.spring_long.deep"),
        ("rules", {"spring_long.depth": "99"}, "rules.spring_long.depth = '99' .*allowed is a number"),
        ("rules", {"risc": "1"}, "there is no setting risc .* the nearest is risk"),
        ("rules", {"risk": "2"}, "risk = '2' .*at most 1"),
        ("rules", {"spring_long.stop_least": "9"}, "rules.spring_long.stop_least is 9.0 and .*stop_most 4.0"),
    ],
)
def test_what_is_not_there_or_not_allowed_is_said(strategy: str, parameters: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        asked(strategy, parameters)


def test_what_the_settings_say_of_the_engine_becomes_parameters() -> None:
    loaded = load(None, {}, {"rules.spring_long.depth": "0.2", "analysis.weights.volume": "0.5", "api.port": "1234"})

    made = parameters_from(loaded.effective())

    assert made == {"spring_long.depth": "0.2", "analysis.weights.volume": "0.5"}
    assert asked("rules", made).settings.analysis.weights.volume == 0.5


def test_the_code_is_that_of_the_rules_that_are_on() -> None:
    one, other = asked("rules:spring_long", {}), asked("rules:utad_short", {})

    assert "a spring" in text_of(one)
    assert text_of(one) != text_of(other)
    assert digest_of(one) == digest_of(asked("rules:spring_long", {"spring_long.depth": "0.2"})) != digest_of(other)


def test_all_that_may_be_set_is_named() -> None:
    there = settable(asked("rules:spring_long", {}))

    assert {"risk", "warm_up", "spring_long.depth", "analysis.weights.volume", "wyckoff.signals"} <= set(there)
    assert not any(name.startswith(("utad_short.", "rules.", "api.")) for name in there)
    # Each of them is taken.
    assert asked("rules:spring_long", {"spring_long.depth": "0.1", "wyckoff.signals": "4h", "share": "1"}).rules
