from itertools import pairwise

import pytest

from tidemark.proof.simulation.schedule import NARROWED, SWITCHES
from tidemark.proof.soak.schedule import CALM_S, ENDS, QUIET_S, draw

HOURS = 72.0


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_faults_are_in_order_and_leave_the_beginning_and_the_end_alone(seed: int, venue: str) -> None:
    faults = draw(seed, venue, HOURS)

    assert [fault.at_s for fault in faults] == sorted(fault.at_s for fault in faults)
    assert faults[0].at_s >= CALM_S
    assert all(fault.at_s + fault.for_s <= HOURS * 3600 - QUIET_S for fault in faults)
    assert all(not fault.channels or fault.kind in NARROWED for fault in faults)


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    assert draw(3, "bybit", HOURS) == draw(3, "bybit", HOURS)
    assert draw(3, "bybit", HOURS) != draw(4, "bybit", HOURS)


def test_three_days_have_every_kind_of_fault() -> None:
    kinds = {fault.kind for fault in draw(1, "bybit", HOURS)}

    assert kinds >= {*SWITCHES, "cut", "down", "clock jump", "stall", "disk full", "database busy", "burst"}
    assert {"kill", "restart"} <= kinds


@pytest.mark.parametrize("hours", [1.0, 3.0, 72.0])
def test_between_the_ends_lies_a_long_life(hours: float) -> None:
    ends = [0.0, *(f.at_s for f in draw(1, "bybit", hours) if f.kind in {"kill", "restart"}), hours * 3600]

    assert max(later - sooner for sooner, later in pairwise(ends)) > 0.6 * hours * 3600
    assert len(ends) - 2 in {len(ENDS), len(ENDS) - 1}
