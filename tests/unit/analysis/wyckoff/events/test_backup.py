import pytest
from tests.structures_events import decides, each_rule, facts

from tidemark.analysis.wyckoff.events.base import Rule


def test_it_states_how_far_above_the_creek_the_second_pullback_held() -> None:
    told = facts("backup", 129)

    # 31.875, from a peak of 34.125, twenty bars after the sign.
    assert told["height"] == pytest.approx(1.75 / 6.25)
    assert (told["volume"], told["bars"], told["distance"], told["sign_volume"]) == (0.625, 20.0, 1.75, 0.3125)
    assert told["peak"] == pytest.approx(4.0 / 6.25)
    assert told["pullback"] == 2.25


@each_rule("backup")
def test_each_rule_decides(rule: Rule) -> None:
    assert decides("backup", rule, 129)
