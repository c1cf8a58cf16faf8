import pytest
from tests.structures_events import decides, each_rule, facts

from tidemark.analysis.wyckoff.events.base import Rule


def test_it_states_its_effort_the_trend_that_it_ended_and_what_came_of_it() -> None:
    told = facts("climax", 36)

    assert (told["volume"], told["spread"], told["trend"], told["reaction"]) == (3.0, 2.0, 16.25, 6.25)
    # It closed 1/8 above its low, in a bar from 24 2/3 + 1/8 to 24 - 1/8.
    assert told["position"] == pytest.approx(0.125 / (2 / 3 + 0.25))
    # The test came 8 bars after the rally, which took 8; half of 6.25 / 6.25 higher; on 1.2 of 3.
    assert (told["reaction_bars"], told["test_bars"]) == (8.0, 8.0)
    assert told["test_height"] == pytest.approx(0.5 / 6.25)
    assert told["test_volume"] == pytest.approx(0.4)


@each_rule("climax")
def test_each_rule_decides(rule: Rule) -> None:
    assert decides("climax", rule, 36)
