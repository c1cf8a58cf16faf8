from tests.api_process import Lived

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Nothing
from tidemark.api.routes.rules import ROUTES, RuleList, RuleOverride
from tidemark.settings.settings import load
from tidemark.signals.parameters import schema
from tidemark.signals.rules import registry


def rules(monitor: Monitor) -> RuleList:
    told = ROUTES[0].give(monitor, Nothing())
    assert isinstance(told, RuleList)
    return told


def test_every_rule_is_told_with_all_its_parameters(monitor: Monitor) -> None:
    told = rules(monitor)

    assert told.is_on
    assert [one.name for one in told.rules] == list(registry.names())
    assert [f"{rule.name}.{one.name}" for rule in told.rules for one in rule.parameters] == [
        row.key for row in schema()
    ]
    (confluence,) = [one for one in told.rules if one.name == "confluence"]
    assert (confluence.title, confluence.kind, confluence.is_enabled) == ("Confluence", "trade", True)
    assert [(one.name, one.side) for one in confluence.conditions] == [("long", 1), ("short", -1)]
    assert "{score:.1f}" in confluence.fact


def test_what_was_set_says_who_said_so_and_what_single_markets_have_instead(process: Lived) -> None:
    given = {
        "rules.confluence.enter": "70",
        "rules.whale_flow.enabled": "false",
        "signals.overrides": "BTCUSDT confluence.enter=75,ETHUSDT quiet_pause.cooldown = 30m",
    }
    told = rules(Monitor(process.parts, load(None, {}, given), process.history))

    by_name = {one.name: one for one in told.rules}
    (enter,) = [one for one in by_name["confluence"].parameters if one.name == "enter"]
    assert (enter.value, enter.default, enter.source) == ("70.0", "65.0", "flag rules.confluence.enter")
    assert enter.allowed == "a number, at least 50.0, at most 100.0"
    assert not by_name["whale_flow"].is_enabled
    assert by_name["confluence"].overrides == (RuleOverride(symbol="BTCUSDT", parameter="enter", value="75"),)
    assert by_name["quiet_pause"].overrides == (RuleOverride(symbol="ETHUSDT", parameter="cooldown", value="30m"),)
