import pytest
from tests.structures_events import decides, each_rule, facts

from tidemark.analysis.wyckoff.events.base import Rule


def test_it_states_how_far_it_stayed_from_the_spring() -> None:
    told = facts("test", 100)

    # 24.375: 1.125 above the spring, 0.5 above the ice, 8 bars later; on 0.5 where the spring had 0.75.
    assert told["above"] == pytest.approx(1.125 / 6.25)
    assert told["height"] == pytest.approx(0.5 / 6.25)
    assert (told["bars"], told["own_volume"]) == (8.0, 0.5)
    assert told["volume"] == pytest.approx(2 / 3)


@each_rule("test")
def test_each_rule_decides(rule: Rule) -> None:
    assert decides("test", rule, 100)
