import pytest
from tests.structures_events import decides, each_rule, facts

from tidemark.analysis.wyckoff.events.base import Rule


def test_it_states_how_far_it_went_in_how_many_bars() -> None:
    told = facts("reaction", 44)

    assert (told["size"], told["move"], told["bars"]) == (6.25, 6.25, 8.0)
    assert told["volume"] == pytest.approx(1 / 3)


@each_rule("reaction")
def test_each_rule_decides(rule: Rule) -> None:
    assert decides("reaction", rule, 44)
