import msgspec
import pytest

from tidemark.analysis.wyckoff import profile
from tidemark.live.structure_canary import SEEDS, WANTED, StructureCanary, not_found
from tidemark.sim.schematics.example import example
from tidemark.units import SECOND

# Neither a climax nor compression begins a range.
BLIND = {"climax_volume": 1e6, "compression_bars": 0.0}


@pytest.mark.parametrize("name", profile.names())
def test_every_profile_finds_what_is_planted(name: str) -> None:
    assert StructureCanary(profile.load(name), 0).missing(0) == ()


@pytest.mark.parametrize("seed", SEEDS.values())
def test_all_that_is_wanted_is_planted(seed: int) -> None:
    assert {label.event for label in example(seed).labels} >= set(WANTED)


def test_an_engine_that_finds_no_climax_is_told_event_by_event() -> None:
    good = profile.load("crypto")
    blind = msgspec.structs.replace(good, parameters={**good.parameters, **BLIND})

    missing = StructureCanary(blind, 0).missing(0)

    assert "the accumulation's SC" in missing
    assert "the distribution's BC" in missing
    assert "the distribution's UTAD" in missing
    assert len(missing) == 2 * len(WANTED)


def test_an_engine_that_misses_one_kind_is_told_that_kind_alone() -> None:
    good = profile.load("crypto")
    rules = {**good.rules, "test": {**good.rules["test"], "volume": profile.Threshold(at=-1.0)}}

    assert list(not_found(msgspec.structs.replace(good, rules=rules), example(SEEDS["accumulation"]))) == ["TEST"]


def test_it_is_run_anew_a_minute_later() -> None:
    canary = StructureCanary(profile.load("crypto"), 0)
    good = profile.load("crypto")
    canary._profile = msgspec.structs.replace(good, parameters={**good.parameters, **BLIND})

    assert canary.missing(59 * SECOND) == ()
    assert len(canary.missing(60 * SECOND)) == 2 * len(WANTED)
