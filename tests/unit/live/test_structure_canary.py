import msgspec
import pytest
from tests.planted_schematics import planted

from tidemark.analysis.wyckoff import profile
from tidemark.live.structure_canary import StructureCanary, not_found, schematics
from tidemark.units import SECOND

# Neither a climax nor compression begins a range.
BLIND = {"climax_volume": 1e6, "compression_bars": 0.0}


@pytest.mark.parametrize("name", profile.names())
def test_every_profile_finds_what_is_planted(name: str) -> None:
    assert StructureCanary(profile.load(name), 0).missing(0) == ()


def test_the_file_holds_what_is_drawn_today() -> None:
    assert schematics() == planted()


def test_a_whole_schematic_is_planted_each_way() -> None:
    told = schematics()

    assert {one.name for one in told["accumulation"].events} >= {"SC", "AR", "ST", "SPRING", "TEST", "SOS", "LPS"}
    assert {one.name for one in told["distribution"].events} >= {"BC", "AR", "ST", "UTAD", "TEST", "SOW", "LPSY"}


def test_an_engine_that_sees_nothing_is_told_event_by_event() -> None:
    good = profile.load("crypto")
    blind = msgspec.structs.replace(good, parameters={**good.parameters, **BLIND})

    assert StructureCanary(blind, 0).missing(0) == (
        "the accumulation's SC", "the accumulation's AR", "the accumulation's ST", "the accumulation's SPRING",
        "the accumulation's TEST", "the accumulation's SOS", "the accumulation's LPS",
        "the distribution's BC", "the distribution's AR", "the distribution's ST", "the distribution's UTAD",
        "the distribution's TEST", "the distribution's SOW", "the distribution's LPSY",
    )  # fmt: skip


def test_an_engine_that_misses_one_kind_is_told_that_kind_alone() -> None:
    good = profile.load("crypto")
    rules = {**good.rules, "test": {**good.rules["test"], "volume": profile.Threshold(at=-1.0)}}

    assert list(not_found(msgspec.structs.replace(good, rules=rules), schematics()["accumulation"])) == ["TEST"]


def test_it_is_run_anew_a_minute_later() -> None:
    good = profile.load("crypto")
    canary = StructureCanary(good, 0)
    canary._profile = msgspec.structs.replace(good, parameters={**good.parameters, **BLIND})

    assert canary.missing(59 * SECOND) == ()
    assert len(canary.missing(60 * SECOND)) == 14


def test_an_event_that_is_found_elsewhere_is_not_found() -> None:
    whole = schematics()["accumulation"]
    spring = next(one for one in whole.events if one.name == "SPRING")
    moved = [msgspec.structs.replace(one, at=one.at + 6) if one is spring else one for one in whole.events]

    assert list(not_found(profile.load("crypto"), msgspec.structs.replace(whole, events=moved))) == ["SPRING"]
