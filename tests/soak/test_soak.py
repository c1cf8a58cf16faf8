"""Whole soaks, small ones: a service in order passes with every kind of end, and one that is not is caught."""

from pathlib import Path
from typing import Any

import pytest

from tidemark.memory.growth import Growth
from tidemark.proof.audit import audit
from tidemark.proof.recording import read_samples
from tidemark.proof.simulation.schedule import Fault
from tidemark.proof.soak.conductor import Conductor, Outcome, Sighting
from tidemark.proof.soak.plan import Plan
from tidemark.proof.soak.verdict import Judgement, judge_soak

HERE = Path(__file__).parent
FAULTS = (
    Fault(kind="sink refuses", at_s=60.0, for_s=240.0),
    Fault(kind="alerts kill", at_s=350.0),
    Fault(kind="burst", at_s=400.0, amount=2.0),
    Fault(kind="down", at_s=500.0, for_s=40.0),
    Fault(kind="kill", at_s=600.0, for_s=45.0),
    Fault(kind="sink gone", at_s=700.0, for_s=120.0),
    Fault(kind="restart", at_s=800.0, for_s=2.0),
    Fault(kind="disk full", at_s=900.0, for_s=30.0),
    Fault(kind="clock jump", at_s=950.0, amount=-90.0),
    Fault(kind="stall", at_s=1_000.0, amount=5.0),
    Fault(kind="gap", at_s=1_050.0, for_s=20.0),
    Fault(kind="cut", at_s=1_100.0, amount=0.5),
    Fault(kind="sink hangs up", at_s=1_200.0, for_s=300.0),
)


def soak(
    folder: Path, *program: str, hours: float, rate: float = 20.0, faults: tuple[Fault, ...] = (), **more: Any
) -> Outcome:  # fmt: skip
    told: list[float] = []

    def tell(share: float, newest: Sighting | None) -> None:
        assert newest is not None
        told.append(share)

    plan = Plan(seed=3, venue="bybit", symbols=4, rate=rate, hours=hours, faults=faults, **more)
    outcome = Conductor(plan, folder, tell, program or ("-m", "tidemark.proof.soak.service")).run()
    assert told == sorted(told)
    assert told[-1] > 0.9
    return outcome


def wrong(judgement: Judgement) -> list[str]:
    return [one.name for one in judgement.points if one.verdict is Growth.VALID]


def test_a_service_in_order_passes_with_every_kind_of_end(tmp_path: Path) -> None:
    archived = {"archive.every": "10m"}
    outcome = soak(tmp_path, hours=0.6, faults=FAULTS, told=archived, backtest_s=1_750.0)

    assert wrong(judge_soak(outcome, None)) == []
    assert [(end.is_killed, end.code) for end in outcome.ends] == [(True, -9), (False, 0), (False, 0)]
    assert outcome.simulated_s == pytest.approx(0.6 * 3600, abs=30)
    assert outcome.candles.compared > 80
    assert outcome.candles.equal + outcome.candles.recorded == outcome.candles.compared
    assert outcome.messages > 20_000
    assert outcome.ends[0].alerts_killed == 1
    assert outcome.sightings[-1].facts.backtests == 1
    assert outcome.delivered.made == outcome.delivered.sent > 4
    assert outcome.delivered.reception.taken == outcome.delivered.sent // 2


def test_a_service_that_only_begins_is_looked_at_when_it_can_tell_how_it_is(tmp_path: Path) -> None:
    # 0.6 s apart: the first look comes while it begins.
    outcome = soak(tmp_path, hours=0.02)

    assert outcome.problems == ()
    assert len(outcome.sightings) > 50


def test_a_service_that_cannot_start_ends_the_soak_at_once_and_says_why(tmp_path: Path) -> None:
    plan = Plan(
        seed=3, venue="bybit", symbols=4, rate=20.0, hours=72.0, faults=(), told={"memory.budget": "40MB"},
    )  # fmt: skip
    outcome = Conductor(plan, tmp_path, lambda _share, _newest: None).run()
    found = {point.name: point.details for point in judge_soak(outcome, None).points}

    assert outcome.simulated_s < 600
    (words,) = found["something else went wrong"]
    assert words.endswith(" s: the service ended by itself")
    assert "memory.budget is 40.0 MB" in found["something is left over"][0]


def test_a_leak_is_seen_and_its_samples_can_be_audited(tmp_path: Path) -> None:
    # Growth is judged from two hours on.
    outcome = soak(tmp_path, str(HERE / "leaking.py"), hours=2.2, rate=8.0)
    recording = outcome.recordings[0]
    found = audit(recording, lambda: 0)

    assert {"anonymous memory grows", "Python's blocks grow"} & set(wrong(judge_soak(outcome, found)))
    assert any("_kept" in suspect.name for suspect in found.ranked), [suspect.name for suspect in found.ranked]
    outcome.write_samples(tmp_path)
    assert len(list(read_samples(tmp_path / "samples-1.jsonl"))) == len(recording.looks) + len(recording.counts)


def test_a_candle_and_a_notification_that_are_lost_without_a_word_are_seen(tmp_path: Path) -> None:
    outcome = soak(tmp_path, str(HERE / "losing.py"), hours=0.6)
    judgement = judge_soak(outcome, None)

    assert wrong(judgement) == [
        "a candle is wrong and nothing says so",
        "a notification did not arrive as it was sent",
    ]
    assert "1m of ETHUSDT at " in outcome.candles.words[0]
    assert outcome.delivered.lost[0].endswith("was sent to receiver and is not there")
