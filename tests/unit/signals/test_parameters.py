import msgspec
import numpy as np
import pytest

from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger
from tidemark.signals import parameters
from tidemark.signals.parameters import Ruled
from tidemark.signals.rules import registry

DEFAULTS = parameters.load({})


def test_every_rule_has_its_parameters_at_their_defaults() -> None:
    assert set(DEFAULTS) == set(registry.names())
    assert all(one == registry.find(name).Parameters() for name, one in DEFAULTS.items())


def test_the_table_names_every_parameter_with_its_bounds() -> None:
    row = next(row for row in parameters.schema() if row.key == "confluence.enter")

    assert row.default == "65.0"
    assert row.type == "a number, at least 50.0, at most 100.0"


def test_what_is_set_is_typed_and_holds() -> None:
    made = parameters.load({"confluence.cooldown": "2m", "whale_flow.enabled": "false"})

    assert msgspec.structs.asdict(made["confluence"])["cooldown"] == 120.0
    assert made["whale_flow"].enabled is False


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"confluence.enter": "101"}, "confluence.enter = '101'.*at most 100"),
        ({"confluence.entre": "70"}, "no setting confluence.entre.*the nearest is confluence.enter"),
        ({"confluence.leave": "70"}, "rules.confluence.leave is 70.0 and rules.confluence.enter 65.0"),
        ({"whale_flow.share_kept": "0.9"}, "rules.whale_flow.share_kept is 0.9 and rules.whale_flow.share 0.5"),
        ({"whale_flow.stop_least": "4"}, "rules.whale_flow.stop_least is 4.0 and rules.whale_flow.stop_most 3.0"),
        ({"quiet_pause.wait": "2h"}, "rules.quiet_pause.wait is 7200.0 and rules.quiet_pause.life 3600.0"),
    ],
)
def test_what_is_wrong_stops_with_the_key_and_the_values(given: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        parameters.load(given)


def test_an_override_is_a_text_of_one_market() -> None:
    (one,) = parameters.overrides(["BTCUSDT confluence.enter = 70"], DEFAULTS)

    assert (one.symbol, one.rule, one.parameter, one.value) == ("BTCUSDT", "confluence", "enter", 70.0)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["BTCUSDT"], "not understood"),
        (["BTCUSDT confluence.enter"], "not understood"),
        ([f"{'B' * 41} confluence.enter=70"], "not understood"),
        (["BTCUSDT confluence.enter=40"], "override 'BTCUSDT confluence.enter=40': confluence.enter = '40'"),
        (["BTCUSDT whales.enter=40"], "no setting whales.enter"),
        (["BTCUSDT confluence.leave=70"], "overrides of BTCUSDT: rules.confluence.leave is 70.0"),
        (["A confluence.enter=70", "A confluence.enter=71"], "another value of confluence.enter already"),
    ],
)
def test_an_override_that_is_wrong_stops_with_its_text(texts: list[str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        parameters.overrides(texts, DEFAULTS)


def test_the_overrides_of_a_market_are_held_against_each_other_and_not_against_the_defaults() -> None:
    made = parameters.overrides(["A confluence.leave=70", "A confluence.enter=75"], DEFAULTS)

    assert len(made) == 2


def test_there_are_not_more_overrides_than_have_a_place() -> None:
    with pytest.raises(SettingsError, match="at most 10000"):
        parameters.overrides(["A confluence.enter=70"] * 10_001, DEFAULTS)


def test_without_overrides_a_limit_is_one_number_and_nothing_is_reserved() -> None:
    ruled = Ruled(DEFAULTS, (), rows=3, ledger=Ledger())

    assert ruled.limits["confluence"]["enter"] == 65.0
    assert Ruled.reserve((), rows=3) == []


def test_an_override_holds_for_its_market_wherever_that_joins() -> None:
    others = parameters.overrides(["BTCUSDT confluence.enter=70"], DEFAULTS)
    ledger = Ledger()
    ruled = Ruled(DEFAULTS, others, rows=3, ledger=ledger)

    ruled.join(1, "BTCUSDT")
    assert ruled.limits["confluence"]["enter"].tolist() == [65.0, 70.0, 65.0]
    assert (ruled.at("confluence", 1)["enter"], ruled.at("confluence", 1)["leave"]) == (70.0, 58.0)
    ruled.join(1, "ETHUSDT")
    ruled.join(2, "BTCUSDT")

    assert np.array_equal(ruled.limits["confluence"]["enter"], [65.0, 65.0, 70.0])
    assert [one.bytes for one in Ruled.reserve(others, rows=3)] == [
        line.bytes_reserved for line in ledger.report() if line.owner == parameters.OWNER
    ]
