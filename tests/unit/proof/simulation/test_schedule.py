import pytest

from tidemark.proof.simulation.schedule import (
    CALM_S,
    CHANNELS,
    LEAST_S,
    MACHINE,
    NETWORK,
    QUIET_S,
    SWITCHES,
    Fault,
    draw,
    switched,
)
from tidemark.sim.faults import Faults

ALL = {*SWITCHES, *NETWORK, *MACHINE, "burst"}


@pytest.mark.parametrize("venue", CHANNELS)
def test_a_seed_gives_the_same_faults_again_and_another_gives_others(venue: str) -> None:
    assert draw(7, venue, LEAST_S) == draw(7, venue, LEAST_S)
    assert len({tuple(draw(seed, venue, LEAST_S)) for seed in range(50)}) == 50


@pytest.mark.parametrize("venue", CHANNELS)
def test_all_of_them_happen_sooner_or_later_and_leave_time_to_mend(venue: str) -> None:
    seen = set()
    for seed in range(400):
        faults = draw(seed, venue, LEAST_S)
        seen |= {fault.kind for fault in faults}
        assert faults == sorted(faults, key=lambda fault: fault.at_s)
        for fault in faults:
            assert fault.at_s >= CALM_S
            assert fault.at_s + fault.for_s <= LEAST_S - QUIET_S + 0.001
            assert set(fault.channels) <= set(CHANNELS[venue])
    assert seen == ALL


def test_what_is_switched_is_what_lasts_now() -> None:
    faults = [
        Fault(kind="gap", at_s=10.0, for_s=5.0, channels=("book",)),
        Fault(kind="duplicate", at_s=12.0, for_s=5.0, channels=("trade",)),
        Fault(kind="book break", at_s=13.0, for_s=1.0),
        Fault(kind="cut", at_s=13.0),
    ]

    assert switched(faults, 9.0) == Faults()
    assert switched(faults, 10.0) == Faults(gap=0.2, channels=("book",))
    assert switched(faults, 13.0) == Faults(gap=0.2, duplicate=0.3, book_break=0.05, channels=("book", "trade"))
    assert switched(faults, 15.0) == Faults(duplicate=0.3, channels=("trade",))
    assert switched(faults, 17.0) == Faults()


def test_a_fault_of_everything_is_not_narrowed_by_another() -> None:
    faults = [Fault(kind="gap", at_s=1.0, for_s=5.0), Fault(kind="delay", at_s=1.0, for_s=5.0, channels=("trade",))]

    assert switched(faults, 2.0).channels == ()


@pytest.mark.parametrize("kind", sorted(ALL))
def test_a_world_without_faults_has_the_same_trades_at_the_same_times(kind: str) -> None:
    assert Fault(kind=kind, at_s=1.0).is_of_the_market is (kind in {"burst", "skewed clock"})
