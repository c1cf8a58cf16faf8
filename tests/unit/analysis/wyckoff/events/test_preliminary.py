import pytest
from tests.structures_events import decides, each_rule, facts

from tidemark.analysis.wyckoff.events.base import Rule


def test_it_states_how_heavy_it_was_how_far_it_bounced_and_how_far_it_went_on() -> None:
    told = facts("preliminary", 20)

    # A low of 29.875 on 1.5, back to 32.125, on to 23.875, 16 bars before the climax; the trend is from 40.125.
    assert (told["volume"], told["bounce"], told["further"], told["before"]) == (1.5, 2.25, 6.0, 16.0)
    assert told["trend"] == 16.25
    assert told["mean_volume"] == pytest.approx(3.5 / 3)


@each_rule("preliminary")
def test_each_rule_decides(rule: Rule) -> None:
    assert decides("preliminary", rule, 20)
