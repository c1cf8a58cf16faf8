"""Detectors on planted markets: those who know score one, those who do not score what they deserve."""

import tracemalloc

import msgspec
import numpy as np
import pytest
from tests.wyckoff_truth import SERIES_BARS, Broken, Inventor, Oracles, Silent, found, nothing

from tidemark.analysis.wyckoff.reading import Bars, Found, Read
from tidemark.proof.accuracy.matching import HORIZON
from tidemark.proof.accuracy.tally import Cases
from tidemark.proof.accuracy.tester import (
    PICTURES_A_TEMPLATE,
    Factory,
    Outcome,
    Run,
    Trial,
    evaluate,
    negative_series,
    planted,
)
from tidemark.sim.schematics.label import NAMES, TEMPLATES
from tidemark.sim.schematics.market import BLOCK, Market, blocks
from tidemark.sim.schematics.parameters import REPORT, TUNE

BARS = 20_000


def tried(factory: Factory, block: int = BLOCK, negative_bars: int = 0) -> Run:
    return evaluate(factory, TUNE, BARS, 4, series_bars=SERIES_BARS, block=block, negative_bars=negative_bars)


def f1(outcome: Outcome) -> list[float | None]:
    return [one.f1.value for one in outcome.events]


def test_who_knows_the_truth_scores_one() -> None:
    run = tried(Oracles(TUNE, BARS, 4))
    outcome = run.outcome

    assert set(f1(outcome)) == {1.0}
    assert {one.delay_median for one in outcome.events} == {0.0}
    assert outcome.phases_known.accuracy == outcome.phases_known.within == 1.0
    assert outcome.phases_drawn.within > 0.98
    assert sum(one.planted for one in outcome.schematics) > 30
    assert all(one.named == one.planted for one in outcome.schematics)
    assert outcome.false_schematics == 0
    assert (outcome.bars, outcome.series) == (BARS, BARS // SERIES_BARS)
    assert not run.cases.kept


def test_three_bars_off_is_a_hit_and_late_is_a_delay() -> None:
    outcome = tried(Oracles(TUNE, BARS, 4, late=7, off=3)).outcome

    assert set(f1(outcome)) == {1.0}
    assert {(one.delay_median, one.delay_p90) for one in outcome.events} == {(7.0, 7.0)}


def test_forty_bars_off_is_a_miss_and_a_false_alarm() -> None:
    outcome = tried(Oracles(TUNE, BARS, 4, off=40)).outcome

    climax = next(one for one in outcome.events if one.event == "CLIMAX")
    assert climax.hits == 0
    assert climax.false == climax.missed > 30


def test_who_says_nothing_scores_zero() -> None:
    run = tried(lambda _: Silent(), negative_bars=5000)
    outcome = run.outcome

    assert set(f1(outcome)) == {0.0}
    assert all(one.recall.value == 0.0 and one.precision.value is None for one in outcome.events)
    assert outcome.phases_known.within == outcome.phases_drawn.within == 0.0
    assert all(one.named == one.otherwise == 0 for one in outcome.schematics)
    assert [one.alarms_in_all for one in outcome.negatives] == [0.0, 0.0]
    assert set(run.cases.kept) == {("missed", event) for event in NAMES}


def test_who_raises_ends_the_run() -> None:
    with pytest.raises(ZeroDivisionError, match="no range has a width of 0"):
        tried(lambda _: Broken(), block=512)


def test_who_invents_has_it_counted() -> None:
    run = tried(lambda _: Inventor(), block=1000, negative_bars=5000)
    outcome = run.outcome

    climax = next(one for one in outcome.events if (one.event, one.direction) == ("CLIMAX", 1))
    assert climax.hits + climax.false == BARS
    assert climax.missed == 0
    assert climax.precision.value is not None
    assert climax.precision.value < 0.01
    assert outcome.false_schematics + sum(one.named + one.otherwise for one in outcome.schematics) == BARS // 1000
    for negative in outcome.negatives:
        assert negative.alarms["CLIMAX"] == 1000.0
        assert negative.schematics_per_10k == 10.0
    assert len(run.cases.kept["false", "CLIMAX"]) == 100
    beyond = [max(count - 100, 0) for one in outcome.events if not one.direction for count in (one.false, one.missed)]
    assert run.outcome.cases_left_out == sum(beyond) > climax.false - 101


@pytest.mark.parametrize("wrong", ["shape", "event", "direction"])
def test_a_reading_that_is_none_ends_the_run(wrong: str) -> None:
    class Odd:
        def take(self, bars: Bars) -> Read:
            count = len(bars.time)
            events = {"shape": [], "event": [found("SPRINGS", 1, 5)], "direction": [found("SPRING", 0, 5)]}[wrong]
            phases = np.zeros(count - (wrong == "shape"), np.int8)
            return Read(events=events, phases=phases, completed=[], spans=[])

    with pytest.raises(ValueError, match="phases for" if wrong == "shape" else "which is no event"):
        tried(lambda _: Odd())


def test_an_event_may_be_told_by_its_name() -> None:
    class Named:
        def __init__(self, inner: object) -> None:
            self._inner = inner

        def take(self, bars: Bars) -> Read:
            told = self._inner.take(bars)  # type: ignore[attr-defined]
            renamed: list[Found] = [
                msgspec.structs.replace(one, event=NAMES[one.event][one.direction < 0]) for one in told.events
            ]
            return Read(events=renamed, phases=told.phases, completed=told.completed, spans=told.spans)

    oracles = Oracles(TUNE, BARS, 4)

    assert set(f1(tried(lambda timeframe: Named(oracles(timeframe))).outcome)) == {1.0}


def test_the_size_of_blocks_does_not_matter() -> None:
    one = tried(lambda _: Inventor(), block=300).outcome
    other = tried(lambda _: Inventor(), block=300 * 7).outcome

    assert one.events == other.events
    assert one.phases_known == other.phases_known


def test_every_template_has_its_pictures() -> None:
    run = tried(Oracles(TUNE, BARS, 4))

    templates = [one.labels[0].template for one in run.pictures]
    assert set(TEMPLATES) <= set(templates)
    assert max(templates.count(name) for name in templates) == PICTURES_A_TEMPLATE
    for picture in run.pictures:
        assert len(picture.bars.time) <= 600
        assert picture.begin <= picture.labels[0].at < picture.begin + len(picture.bars.time)
        assert picture.bars.close.base is None
        assert picture.found


def test_progress_is_told_in_bars_over_everything() -> None:
    told: list[int] = []

    evaluate(lambda _: Silent(), TUNE, 10_000, 1, series_bars=5000, negative_bars=5000, each=told.append)

    assert told == sorted(told)
    assert told[-1] == 10_000 + 2 * 5000


def test_real_candles_are_a_third_negative() -> None:
    real = [next(blocks(Market(REPORT, 1, 0).pieces(), 2000, 2000)).bars]

    run = evaluate(lambda _: Silent(), TUNE, 5000, 1, negative_bars=3000, candles=real)

    assert [(one.name, one.bars) for one in run.outcome.negatives] == [
        ("random walk", 3000), ("GARCH", 3000), ("shuffled candles", 3000),
    ]  # fmt: skip
    assert negative_series(0, 1, 1, real, 1000, 500) == {}


def test_phases_are_drawn_over_those_known_before() -> None:
    class Afterwards:
        """Knows nothing at the time, and everything a block later."""

        def __init__(self, inner: object) -> None:
            self._inner = inner

        def take(self, bars: Bars) -> Read:
            told = self._inner.take(bars)  # type: ignore[attr-defined]
            return Read(events=[], phases=nothing(len(bars.time)).phases, completed=[], spans=told.spans)

    oracles = Oracles(TUNE, BARS, 4)
    outcome = tried(lambda timeframe: Afterwards(oracles(timeframe))).outcome

    assert outcome.phases_known.within == 0.0
    assert outcome.phases_drawn.within > 0.98


def peak(bars: int) -> int:
    series = planted(TUNE, bars, 2, bars, 2048)
    tracemalloc.start()
    Trial(Cases()).run(lambda _: Inventor(), series, lambda _: None)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_memory_does_not_grow_with_the_series() -> None:
    short, long = peak(8 * HORIZON), peak(32 * HORIZON)

    assert long < short * 1.3
    assert long < 16 << 20
