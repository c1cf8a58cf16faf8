import pytest

from tidemark.errors import SettingsError
from tidemark.settings.settings import Settings, load


def test_every_rule_has_its_section() -> None:
    settings = load(None, {"TIDEMARK_RULES_CONFLUENCE_ENTER": "70"}, {"rules.quiet_pause.short": "true"}).settings
    parameters, overrides = settings.ruled()

    assert parameters["confluence"].enter == 70.0  # type: ignore[attr-defined]
    assert parameters["quiet_pause"].short is True  # type: ignore[attr-defined]
    assert overrides == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rules.confluence.enter": "101"}, "rules.confluence.enter = '101'.*at most 100"),
        ({"rules.confluence.entre": "70"}, "the nearest is rules.confluence.enter"),
        ({"rules.confluence.leave": "70"}, "rules.confluence.leave is 70.0 and rules.confluence.enter 65.0"),
        ({"signals.overrides": "BTCUSDT confluence.enter=1000"}, "override 'BTCUSDT confluence.enter=1000'"),
        ({"signals.overrides": "BTCUSDT"}, "write BTCUSDT confluence.enter=70"),
        ({"signals.capacity": "1"}, "signals.capacity = '1'"),
    ],
)
def test_a_wrong_parameter_stops_in_one_line(given: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        load(None, {}, given)
    assert "\n" not in str(caught.value)


def test_a_market_has_its_own_parameters() -> None:
    settings = load(None, {}, {"signals.overrides": "BTCUSDT confluence.enter=70,DOGEUSDT whale_flow.enabled=false"})
    _, overrides = settings.settings.ruled()

    assert [(one.symbol, one.rule, one.parameter, one.value) for one in overrides] == [
        ("BTCUSDT", "confluence", "enter", 70.0),
        ("DOGEUSDT", "whale_flow", "enabled", 0.0),
    ]


def test_costs_are_what_is_set() -> None:
    costs = load(None, {}, {"signals.fee_bps": "2", "signals.slippage_bps": "0.5"}).settings.signals.costs

    assert costs.side == pytest.approx(2.5e-4)
    assert Settings().signals.costs.side == pytest.approx(6.5e-4)
