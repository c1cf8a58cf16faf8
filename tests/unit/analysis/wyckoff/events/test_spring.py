import pytest
from tests.structures_events import decides, each_rule, facts

from tidemark.analysis.wyckoff.events.base import Rule


def test_it_states_how_far_it_went_and_how_soon_it_was_back() -> None:
    told = facts("spring", 92)

    # 23.25 is 0.625 below the ice; the next bar closed above it; the range began at 20.
    assert told["depth"] == pytest.approx(0.1)
    assert (told["volume"], told["spread"], told["bars"], told["built"]) == (0.75, 1.0, 1.0, 72.0)
    assert (told["distance"], told["depth_atr"], told["climax"]) == (0.625, 0.625, 1.0)


@each_rule("spring")
def test_each_rule_decides(rule: Rule) -> None:
    assert decides("spring", rule, 92)
