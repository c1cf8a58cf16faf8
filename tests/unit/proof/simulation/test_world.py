"""Whole worlds: what the parts promise each other is only true when it is true here."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from tidemark.errors import TidemarkError
from tidemark.proof.simulation.outcome import differences
from tidemark.proof.simulation.schedule import Fault
from tidemark.proof.simulation.world import Plan, World


def plan(*faults: Fault, length_s: float = 150.0, venue: str = "bybit", seed: int = 3) -> Plan:
    return Plan(seed=seed, venue=venue, symbols=3, rate=30.0, length_s=length_s, faults=faults)


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_a_world_without_faults_is_whole_and_the_same_again(tmp_path: Path, venue: str) -> None:
    once = World(plan(venue=venue), tmp_path / "once").live()
    again = World(plan(venue=venue), tmp_path / "again").live()

    assert once.broken == ()
    assert differences(once, None) == []
    assert len(once.kept.truth) >= 3
    assert {timeframe for timeframe, _, _ in once.kept.rows} == {"10s", "1m", "5m"}
    assert once.digest == again.digest
    assert differences(once, again) == []
    assert World(plan(venue=venue, seed=4), tmp_path / "other").live().digest != once.digest


def test_a_killed_service_goes_on_from_its_files_and_a_full_disk_is_survived(tmp_path: Path) -> None:
    faults = (
        Fault(kind="disk full", at_s=20.0, for_s=15.0),
        Fault(kind="cut", at_s=45.0, amount=1.0),
        Fault(kind="kill", at_s=62.0),
        Fault(kind="stall", at_s=70.0, amount=2.0),
        Fault(kind="clock jump", at_s=72.0, amount=3.0),
        Fault(kind="down", at_s=75.0, for_s=5.0),
    )

    outcome = World(plan(*faults, length_s=300.0), tmp_path).live()

    assert outcome.broken == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["life-0", "life-1"]
    assert outcome.connections >= 3
    assert {gap.cause for gap in outcome.kept.gaps if gap.channel == "trades"} >= {"restart"}


def test_a_candle_that_the_service_got_wrong_is_found(tmp_path: Path) -> None:
    outcome = World(plan(length_s=200.0), tmp_path).live()
    spoiled = {
        name: msgspec.structs.replace(row, close=row.close * 1.01, high=row.high * 1.01)
        for name, row in outcome.kept.rows.items()
    }
    wrong = msgspec.structs.replace(outcome, kept=msgspec.structs.replace(outcome.kept, rows=spoiled))

    assert differences(outcome, None) == []
    assert len(differences(wrong, None)) >= 3


def test_a_service_that_ends_by_itself_or_does_not_end_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gives_up(*arguments: object) -> None:
        await asyncio.sleep(5.0)
        raise TidemarkError("had enough")

    async def goes_on(*arguments: object) -> None:
        while True:
            try:
                await asyncio.sleep(3_600.0)
            except asyncio.CancelledError:
                return

    monkeypatch.setattr("tidemark.proof.simulation.world.run", gives_up)
    ended = World(plan(length_s=30.0), tmp_path / "ended").live()
    monkeypatch.setattr("tidemark.proof.simulation.world.run", goes_on)
    stayed = World(plan(length_s=30.0), tmp_path / "stayed").live()

    assert any("ended by itself" in words for words in ended.broken)
    assert any("had enough" in words for words in ended.broken)
    assert any("did not stop within 10 s" in words for words in stayed.broken)


def test_a_fault_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TidemarkError, match="'earthquake' is not known"):
        World(plan(Fault(kind="earthquake", at_s=1.0), length_s=10.0), tmp_path).live()
