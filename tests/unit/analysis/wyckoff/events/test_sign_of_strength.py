import pytest
from tests.structures_events import decides, each_rule, facts

from tidemark.analysis.wyckoff.events.base import Rule


def test_it_states_how_far_it_closed_beyond_and_with_which_effort() -> None:
    told = facts("sign_of_strength", 109)

    # 31.875 is 1.75 above the creek; known with the second close there; the range began at 20.
    assert told["beyond"] == pytest.approx(1.75 / 6.25)
    assert (told["volume"], told["spread"], told["closes"], told["built"]) == (2.0, 2.0, 2.0, 90.0)
    assert (told["spring"], told["width"], told["climax_volume"]) == (1.0, 6.25, 3.0)
    assert told["distance"] == pytest.approx(1.75)
    # Of 56 bars since 55 those of 92, 109 and 110 closed outside.
    assert told["contained"] == pytest.approx(53 / 56)


@each_rule("sign_of_strength")
def test_each_rule_decides(rule: Rule) -> None:
    assert decides("sign_of_strength", rule, 109)
