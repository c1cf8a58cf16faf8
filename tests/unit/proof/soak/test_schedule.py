from itertools import pairwise

import pytest

from tidemark.proof.simulation.schedule import NARROWED, SWITCHES
from tidemark.proof.soak.schedule import ALERTS_EVERY_S, CALM_S, ENDS, MANNERS, QUIET_S, draw

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
    assert {"kill", "restart", *MANNERS} <= kinds


@pytest.mark.parametrize("seed", range(20))
def test_sinks_fail_one_after_the_other_and_each_in_its_turn(seed: int) -> None:
    faults = [fault for fault in draw(seed, "bybit", HOURS) if fault.kind in MANNERS]
    rounds = [faults[at : at + len(MANNERS)] for at in range(0, len(faults) - len(MANNERS), len(MANNERS))]

    assert all(later.at_s >= sooner.at_s + sooner.for_s for sooner, later in pairwise(faults))
    assert all({fault.kind for fault in each} == set(MANNERS) for each in rounds)
    assert len({tuple(fault.kind for fault in each) for each in rounds}) > 1
    assert all(0 < fault.for_s <= 1200.0 for fault in faults)


@pytest.mark.parametrize("seed", range(20))
def test_who_tells_is_killed_where_that_is_wanted_and_lives_long_in_between(seed: int) -> None:
    calm, killing = draw(seed, "bybit", HOURS), draw(seed, "bybit", HOURS, kills_alerts=True)
    kills = [fault.at_s for fault in killing if fault.kind == "alerts kill"]

    assert calm == tuple(fault for fault in killing if fault.kind != "alerts kill")
    assert len(kills) >= 4
    assert min(later - sooner for sooner, later in pairwise(kills)) >= 0.75 * ALERTS_EVERY_S


@pytest.mark.parametrize("hours", [1.0, 3.0, 72.0])
def test_between_the_ends_lies_a_long_life(hours: float) -> None:
    ends = [0.0, *(f.at_s for f in draw(1, "bybit", hours) if f.kind in {"kill", "restart"}), hours * 3600]

    assert max(later - sooner for sooner, later in pairwise(ends)) > 0.6 * hours * 3600
    assert len(ends) - 2 in {len(ENDS), len(ENDS) - 1}
