import pytest
from tests.structures import RANGE, START, TREND, Leg, draw
from tests.structures_events import decides, each_rule, facts

from tidemark.analysis.wyckoff.events.base import Rule

# On too much volume for a test of the climax, whose 3 allow 2.7.
DRAWN = draw(START, (*TREND, *RANGE, Leg(23.375, 10, volume=2.75, spread=2.0), Leg(27.0, 4)))


def test_it_states_how_violent_it_was_and_how_soon_it_was_over() -> None:
    told = facts("shakeout", 92, DRAWN)

    # 23.25 is 0.625 below the ice; the next bar closed above it; the range began at 20.
    assert told["depth"] == pytest.approx(0.1)
    assert (told["volume"], told["spread"], told["bars"], told["built"]) == (2.75, 2.0, 1.0, 72.0)
    assert (told["distance"], told["tests"], told["most_volume"]) == (0.625, 2.0, 2.75)


@each_rule("shakeout")
def test_each_rule_decides(rule: Rule) -> None:
    assert decides("shakeout", rule, 92, DRAWN)
