from pathlib import Path

import pytest

from tidemark.model.gap import Gap
from tidemark.proof.simulation.outcome import Kept, Outcome
from tidemark.proof.simulation.pair import _calm, pair, world_of
from tidemark.proof.simulation.schedule import LEAST_S, draw


def test_the_seed_says_what_a_world_is_like() -> None:
    assert world_of(5) == world_of(5)
    assert {world_of(seed)[0] for seed in range(4)} == {"bybit", "binance"}
    assert all(3 <= world_of(seed)[1] <= 8 for seed in range(50))


@pytest.mark.parametrize("lost", [0, 1])
def test_a_world_without_faults_loses_nothing(lost: int) -> None:
    gap = Gap(venue="bybit", symbol="A", channel="trades", gap_from=1, gap_to=2, cause="x", lost=lost)
    twin = Outcome(
        seed=1, broken=(), digest="", outputs=0, connections=1, requests=1, until_ns=0, kept=Kept({}, {}, (gap,))
    )

    assert len(_calm(twin)) == lost


def test_both_worlds_of_a_seed_are_held_against_each_other(tmp_path: Path) -> None:
    result = pair(11, LEAST_S, tmp_path)

    assert result.broken == ()
    assert result.faults == tuple(draw(11, result.venue, LEAST_S))
    assert result.simulated_s == 2 * LEAST_S
    assert result.candles > 100
    assert sorted(path.name for path in tmp_path.iterdir()) == ["twin", "world"]
