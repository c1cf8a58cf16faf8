from itertools import count

import msgspec
import numpy as np
from tests.samples import dear, held, owner, recording, sample, series

from tidemark.live.interpreter import Handlers, Logging
from tidemark.live.probe import Sample
from tidemark.memory.growth import Growth
from tidemark.memory.maintenance import Cleanup
from tidemark.proof.audit import Code, Report, audit
from tidemark.proof.findings import Finding
from tidemark.proof.hypotheses import registry
from tidemark.units import MIB


def judged(samples: list[Sample]) -> Report:
    ticks = count(0, 1_000_000)
    return audit(recording(samples), lambda: next(ticks))


def answer(report: Report, name: str) -> Finding:
    (found,) = [finding for finding in report.findings if finding.hypothesis == name]
    return found


def test_888_mb_an_hour_in_the_first_two_minutes_is_inconclusive() -> None:
    """An alarm of the past: "+888 MB/h from 32.1 to 61.7 MB". It was the warm-up."""

    def make(at_s: float) -> Sample:
        return sample(at_s, anonymous=(32.1 + (61.7 - 32.1) * at_s / 120) * MIB)

    report = judged(series(make, seconds=120.0))

    assert report.verdict is Growth.INCONCLUSIVE
    assert report.code is Code.INCONCLUSIVE
    assert report.missing_s == 180.0
    assert report.per_hour is None
    assert report.summary == "too short to judge: 2m with 120 samples; it needs 3m more"


def test_395_to_1774_mb_in_ten_minutes_is_growth_and_the_cleanup_no_cure() -> None:
    """A failure of the past: "trimmed 0, freed 0 MB" again and again. The candles had never been the leak."""

    def make(at_s: float) -> Sample:
        cleanup = Cleanup(rounds=int(at_s // 60), trimmed=0, freed=0)
        return sample(at_s, anonymous=(395 + (1774 - 395) * at_s / 600) * MIB, cleanup=cleanup, budget=6 * 1024 * MIB)

    report = judged(series(make))

    assert report.verdict is Growth.VALID
    assert report.code is Code.GROWS
    assert report.per_hour is not None
    assert round(report.per_hour / MIB, -2) == 8_300
    cure = answer(report, "cleanup")
    assert cure.verdict is Growth.INVALID
    assert cure.words == "10 rounds trimmed 0 items and freed 0 B, while 1.3 GB came"


def test_a_flat_process_is_flat_and_every_hypothesis_was_asked() -> None:
    report = judged(series(sample))

    assert (report.verdict, report.code) == (Growth.INVALID, Code.FLAT)
    assert report.summary == "flat: growth is ruled out, and every bound holds"
    assert [finding.hypothesis for finding in report.findings] == registry.names()
    assert {finding.verdict for finding in report.findings} == {Growth.INVALID}
    assert all(finding.took_ms == 1.0 for finding in report.findings)
    assert report.ranked == ()


def test_who_explains_the_growth_is_ranked_and_what_explains_little_is_not_named() -> None:
    def make(at_s: float) -> Sample:
        names = (
            held("a.Small.rows", int(1_000 + at_s), "list", each=50),
            held("a.Some.rows", int(1_000 + at_s), "list", each=4_000),
            held("a.Most.rows", int(1_000 + at_s), "list", each=12_000),
        )
        return sample(at_s, anonymous=50 * MIB + at_s * MIB / 60, blocks=200_000 + int(at_s * 100), dear=dear(*names))

    report = judged(series(make))

    assert [suspect.name for suspect in report.ranked] == [
        "unregistered list a.Most.rows",
        "unregistered list a.Some.rows",
    ]
    assert report.ranked[0].share is not None
    assert round(report.ranked[0].share, 1) == 0.7
    assert report.summary == "grows by 60.5 MB an hour; unregistered list a.Most.rows"


def test_a_broken_bound_is_exact_and_needs_no_long_run() -> None:
    over = [owner("dedup", "window", used=11, capacity=10)]

    report = judged([sample(0, owners=over, dear=dear()), sample(1, owners=over)])

    assert (report.verdict, report.code) == (Growth.VALID, Code.GROWS)
    assert report.summary == "dedup holds 11 items of 10; dedup holds 1.1 KB of 1000 B"


def test_what_is_wrong_beside_memory_is_growth_too() -> None:
    def make(at_s: float) -> Sample:
        handlers = [Handlers(logger="root", to="StreamHandler <stderr>", count=2)]
        return sample(at_s, logging=Logging(handlers=handlers, queued=0, queue_limit=None))

    report = judged(series(make))

    assert report.verdict is Growth.VALID
    assert report.summary == "logger root has 2 handlers to StreamHandler <stderr>"


def test_a_run_whose_canary_is_not_seen_is_void() -> None:
    rng = np.random.default_rng(7)
    report = judged(series(lambda at_s: sample(at_s, blocks=200_000 + int(rng.normal(0.0, 100_000.0)))))

    assert report.is_void
    assert report.verdict is Growth.INCONCLUSIVE
    assert report.summary.startswith("void: ")


def test_a_run_that_is_not_certain_asks_for_twice_the_time() -> None:
    # About what matters, no more and no less: 1.28 MB in the run, give or take.
    rng = np.random.default_rng(7)
    report = judged(series(lambda at_s: sample(at_s, anonymous=(50 + at_s / 600 * 1.28 + rng.normal(0.0, 0.2)) * MIB)))

    assert report.verdict is Growth.INCONCLUSIVE
    assert report.summary.endswith("let it run twice as long (10m more)")


def test_a_report_goes_through_json() -> None:
    report = judged(series(sample))

    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report
