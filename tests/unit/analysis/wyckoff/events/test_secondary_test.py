import pytest
from tests.structures_events import decides, each_rule, facts

from tidemark.analysis.wyckoff.events.base import Rule


def test_it_states_how_near_it_came_on_how_much() -> None:
    told = facts("secondary_test", 72)

    # 24.375, where the climax was at 23.875; on 0.9 of 3; phase B began at 53.
    assert (told["height"], told["distance"], told["bars"]) == (0.08, 0.5, 19.0)
    assert told["volume"] == pytest.approx(0.3)
    assert (told["width"], told["is_first"], told["tests"]) == (6.25, 0.0, 1.0)
    assert told["own_volume"] == pytest.approx(0.9)


@each_rule("secondary_test")
def test_each_rule_decides(rule: Rule) -> None:
    assert decides("secondary_test", rule, 72)
