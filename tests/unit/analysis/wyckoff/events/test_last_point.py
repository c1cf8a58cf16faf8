import pytest
from tests.structures_events import decides, each_rule, facts

from tidemark.analysis.wyckoff.events.base import Rule


def test_it_states_how_far_above_the_creek_it_held() -> None:
    told = facts("last_point", 118)

    assert told["height"] == pytest.approx(0.25 / 6.25)
    assert (told["volume"], told["bars"], told["distance"], told["sign_volume"]) == (0.625, 9.0, 0.25, 0.3125)
    # From a peak of 33.125.
    assert told["peak"] == pytest.approx(3.0 / 6.25)
    assert told["pullback"] == 2.75


@each_rule("last_point")
def test_each_rule_decides(rule: Rule) -> None:
    assert decides("last_point", rule, 118)
